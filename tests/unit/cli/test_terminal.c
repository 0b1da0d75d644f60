/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"
#include "cli/terminal.h"

#include "base/json_in.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

typedef void put_function(struct buf *out, struct str text);

static void expect(put_function *put, struct str text, const char *wanted)
{
    struct buf out;

    buf_init(&out, 4096);
    put(&out, text);
    buf_add_char(&out, 0);
    assert_string_equal(out.p, wanted);
    buf_free(&out);
}

static void test_what_a_terminal_obeys_becomes_a_question_mark(void **state)
{
    (void)state;
    expect(terminal_put, STR("plain \xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80"),
           "plain \xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80");
    expect(terminal_put, STR("a\033[2Jb\r\n\tc\x7f"), "a?[2Jb???c?");
    expect(terminal_put,
           STR("\xc2\x9b"
               "31m \xc2\x80"),
           "?31m ?"); /* C1: CSI in UTF-8 */
    expect(terminal_put,
           STR("\xe2\x80\xae"
               "evil \xe2\x81\xa6"),
           "?evil ?");                              /* turns direction */
    expect(terminal_put, STR("\xe2\x80\xa8"), "?"); /* line separator */
}

static void test_bytes_that_are_not_utf8_become_question_marks(void **state)
{
    (void)state;
    expect(terminal_put,
           STR("\x9b"
               "31m"),
           "?31m");
    expect(terminal_put, STR("\xff\xfe"), "??");
    expect(terminal_put, STR("\xc0\x9b"), "??");           /* overlong */
    expect(terminal_put, STR("\xe0\x82\x9b"), "???");      /* overlong */
    expect(terminal_put, STR("\xed\xa0\x80"), "???");      /* surrogate */
    expect(terminal_put, STR("\xf4\x90\x80\x80"), "????"); /* above U+10FFFF */
    expect(terminal_put, STR("\xe6\xbc"), "??");           /* cut */
    expect(terminal_put,
           STR("\xe6"
               "a"),
           "?a");
}

static void test_lines_keep_newlines_and_tabs_and_nothing_else(void **state)
{
    (void)state;
    expect(terminal_put_lines, STR("a\n\tb\r\033c\n"), "a\n\tb??c\n");
}

static void test_json_stays_the_same_json(void **state)
{
    struct arena a = ARENA_INIT;
    struct buf out;
    struct json *o, *p;
    struct str text = STR("{\"k\":\"\xc2\x9b\x7f \xc3\xa9 \xe2\x80\xae \\u001b\"}");

    (void)state;
    buf_init(&out, 4096);
    terminal_put_json(&out, text);
    for (size_t i = 0; i < out.n; i++)
        assert_true((unsigned char)out.p[i] != 0x7f && (unsigned char)out.p[i] != 0x9b);
    assert_int_equal(json_parse(&a, text, 4, &o, NULL), 0);
    assert_int_equal(json_parse(&a, buf_str(&out), 4, &p, NULL), 0);
    assert_true(str_eq(json_get(o, "k")->text, json_get(p, "k")->text));
    buf_free(&out);
    arena_free(&a);
}

static void test_width_counts_columns(void **state)
{
    (void)state;
    assert_int_equal(terminal_width(STR("")), 0);
    assert_int_equal(terminal_width(STR("abc")), 3);
    assert_int_equal(terminal_width(STR("\xc3\xa9")), 1);
    assert_int_equal(terminal_width(STR("e\xcc\x81")), 1); /* combining */
    assert_int_equal(terminal_width(STR("\xe6\xbc\xa2\xe5\xad\x97")), 4);
    assert_int_equal(terminal_width(STR("\033\xff")), 2); /* as terminal_put shows them */
}

static void test_only_whole_characters_fit(void **state)
{
    (void)state;
    assert_int_equal(terminal_fit(STR("abc"), 2), 2);
    assert_int_equal(terminal_fit(STR("abc"), 7), 3);
    assert_int_equal(terminal_fit(STR(""), 7), 0);
    assert_int_equal(terminal_fit(STR("a\xe6\xbc\xa2z"), 2), 1); /* two columns wide */
    assert_int_equal(terminal_fit(STR("a\xe6\xbc\xa2z"), 3), 4);
    assert_int_equal(terminal_fit(STR("e\xcc\x81z"), 1), 3); /* its accent goes with it */
}

/* Whatever the bytes are: nothing that a terminal obeys, and as wide as it is said to be. */
static void test_any_bytes_are_made_safe(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 20000; round++) {
        char bytes[12];
        struct str text = {bytes, (size_t)rand() % sizeof bytes};
        struct buf out;
        for (size_t i = 0; i < text.n; i++)
            bytes[i] = (char)(rand() % 3 ? rand() % 256 : 0xc2 + rand() % 50);
        buf_init(&out, 256);
        terminal_put(&out, text);
        assert_false(str_has_control(buf_str(&out)));
        assert_int_equal(terminal_width(buf_str(&out)), terminal_width(text));
        for (size_t i = 1; i < out.n; i++) /* no C1 in UTF-8 */
            assert_false((unsigned char)out.p[i - 1] == 0xc2 && (unsigned char)out.p[i] < 0xa0);
        buf_free(&out);
    }
}

static const char *const titles[] = {"NAME", ">N", "WHAT", NULL};

static void test_columns_are_as_wide_as_their_cells(void **state)
{
    struct arena a = ARENA_INIT;
    struct table t;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    table_init(&t, &a, titles);
    table_add_z(&t, "\xe6\xbc\xa2");
    table_add_z(&t, "7");
    table_add_z(&t, "");
    table_add_z(&t, "longer name");
    table_add_z(&t, "12345");
    table_add_z(&t, "x\033y");
    table_put(&t, &out);
    buf_add_char(&out, 0);
    assert_string_equal(out.p, "NAME             N  WHAT\n"
                               "\xe6\xbc\xa2               7  -\n"
                               "longer name  12345  x?y\n");
    buf_free(&out);
    arena_free(&a);
}

static void test_a_table_in_pieces_keeps_its_columns(void **state)
{
    struct arena a = ARENA_INIT;
    struct table t;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    table_init(&t, &a, titles);
    t.widths[0] = 6;
    table_add_z(&t, "a");
    table_add_z(&t, "1");
    table_add_z(&t, "x");
    table_put(&t, &out);
    for (int i = 0; i < 2; i++) {
        table_clear(&t);
        table_add_z(&t, i ? "b" : "a longer one");
        table_add_z(&t, "234");
        table_add_z(&t, "y");
        table_put_rows(&t, &out);
    }
    buf_add_char(&out, 0);
    assert_string_equal(out.p, "NAME    N  WHAT\n"
                               "a       1  x\n"
                               "a longer one  234  y\n"
                               "b             234  y\n");
    buf_free(&out);
    arena_free(&a);
}

static void test_a_table_without_rows_says_so(void **state)
{
    struct arena a = ARENA_INIT;
    struct table t;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    table_init(&t, &a, titles);
    table_put_or(&t, "nobody", &out);
    assert_true(str_eq_z(buf_str(&out), "nobody\n"));
    buf_free(&out);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_terminal_obeys_becomes_a_question_mark),
        cmocka_unit_test(test_bytes_that_are_not_utf8_become_question_marks),
        cmocka_unit_test(test_lines_keep_newlines_and_tabs_and_nothing_else),
        cmocka_unit_test(test_json_stays_the_same_json),
        cmocka_unit_test(test_width_counts_columns),
        cmocka_unit_test(test_only_whole_characters_fit),
        cmocka_unit_test(test_any_bytes_are_made_safe),
        cmocka_unit_test(test_columns_are_as_wide_as_their_cells),
        cmocka_unit_test(test_a_table_in_pieces_keeps_its_columns),
        cmocka_unit_test(test_a_table_without_rows_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
