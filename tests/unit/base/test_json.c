/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in and out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json_in.h"
#include "base/json_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json *parse(struct arena *a, const char *text)
{
    struct json *o = NULL;
    struct err e = {0};

    if (json_parse(a, str_z(text), JSON_MAX_DEPTH, &o, &e))
        fail_msg("%s: %s", text, e.text);
    return o;
}

static void test_values(void **state)
{
    struct arena a = ARENA_INIT;
    const struct json *o =
        parse(&a, " {\"s\":\"a\\u00e9\\n\\\"\",\"n\":null,\"t\":true,\"f\":false,"
                  "\"i\":-12,\"d\":1.5e3,\"big\":9223372036854775808,"
                  "\"a\":[1,[],{}],\"o\":{\"k\":1}}\n");

    (void)state;
    assert_int_equal(o->type, JSON_OBJECT);
    assert_int_equal(o->count, 9);
    assert_true(str_eq(json_get(o, "s")->text, STR("a\xc3\xa9\n\"")));
    assert_int_equal(json_get(o, "n")->type, JSON_NULL);
    assert_true(json_get(o, "t")->boolean);
    assert_false(json_get(o, "f")->boolean);
    assert_true(json_get(o, "i")->is_integer);
    assert_int_equal(json_get(o, "i")->integer, -12);
    assert_false(json_get(o, "d")->is_integer);
    assert_true(str_eq(json_get(o, "d")->text, STR("1.5e3")));
    assert_false(json_get(o, "big")->is_integer); /* does not fit, the literal stays */
    assert_true(str_eq(json_get(o, "big")->text, STR("9223372036854775808")));
    assert_int_equal(json_get(o, "a")->count, 3);
    assert_int_equal(json_get(json_get(o, "o"), "k")->integer, 1);
    assert_null(json_get(o, "absent"));
    assert_null(json_get(json_get(o, "a"), "k"));
    assert_null(json_get(NULL, "k"));
    arena_free(&a);
}

static void test_order_is_kept(void **state)
{
    struct arena a = ARENA_INIT;
    int64_t n = 0;

    (void)state;
    JSON_EACH(child, parse(&a, "[0,1,2,3,4]"))
        assert_int_equal(child->integer, n++);
    assert_int_equal(n, 5);
    assert_int_equal(parse(&a, "7")->integer, 7);
    assert_true(str_eq(parse(&a, "\"x\"")->text, STR("x")));
    arena_free(&a);
}

static void test_type_names(void **state)
{
    (void)state;
    assert_string_equal(json_type_name(JSON_NULL), "null");
    assert_string_equal(json_type_name(JSON_BOOL), "a boolean");
    assert_string_equal(json_type_name(JSON_NUMBER), "a number");
    assert_string_equal(json_type_name(JSON_STRING), "a string");
    assert_string_equal(json_type_name(JSON_ARRAY), "an array");
    assert_string_equal(json_type_name(JSON_OBJECT), "an object");
}

static const struct {
    const char *text, *start; /* how the error begins */
} garbage[] = {
    {"", "JSON: the text is empty"},
    {" \n\t", "JSON: the text is empty"},
    {"{", "JSON: line 1, column 2: "},
    {"[1,", "JSON: line 1, column 4: "},
    {"{\"a\":1}\n{}", "JSON: line 2, column "},
    {"{\"a\":1} x", "JSON: line 1, column "},
    {"{\n  \"a\" 1}", "JSON: line 2, column "},
    {"{\"a\":tru}", "JSON: line 1, column "},
    {"{'a':1}", "JSON: line 1, column "},
    {"{a:1}", "JSON: line 1, column "},
    {"[1 2]", "JSON: line 1, column "},
    {"[1,]", "JSON: line 1, column "},
    {"[01]", "JSON: line 1, column "},
    {"[+1]", "JSON: line 1, column "},
    {"[NaN]", "JSON: line 1, column "},
    {"[\"a\nb\"]", "JSON: line "},
    {"[\"\\x\"]", "JSON: line 1, column "},
    {"[\"\\u12\"]", "JSON: line 1, column "},
    {"[\"\xff\"]", "JSON: line 1, column "},
    {"[\"\xc3\"]", "JSON: line 1, column "},
    {"[\"\xed\xa0\x80\"]", "JSON: line 1, column 3: not UTF-8"},
    {"[\"\xc0\xaf\"]", "JSON: line 1, column 3: not UTF-8"},
    {"\xef\xbb\xbf{}", "JSON: line 1, column "},
    {"// a\n{}", "JSON: line 1, column "},
};

static void test_garbage_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        struct arena a = ARENA_INIT;
        struct json *o;
        struct err e = {0};

        if (json_parse(&a, str_z(garbage[i].text), 32, &o, &e) == 0)
            fail_msg("%s: is taken", garbage[i].text);
        assert_int_equal(e.kind, ERR_INVALID);
        if (strncmp(e.text, garbage[i].start, strlen(garbage[i].start)) != 0)
            fail_msg("%s: %s", garbage[i].text, e.text);
        arena_free(&a);
    }
}

/* `depth` brackets of a kind. */
static int parse_deep(unsigned depth, unsigned max, bool objects, struct err *e)
{
    struct arena a = ARENA_INIT;
    struct buf text;
    struct json *o;
    int rc;

    buf_init(&text, 1 << 20);
    for (unsigned i = 0; i < depth; i++)
        buf_add_z(&text, objects ? "{\"a\":" : "[");
    buf_add_z(&text, "1");
    for (unsigned i = 0; i < depth; i++)
        buf_add_char(&text, objects ? '}' : ']');
    rc = json_parse(&a, buf_str(&text), max, &o, e);
    buf_free(&text);
    arena_free(&a);
    return rc;
}

static void test_depth_is_bounded_while_parsing(void **state)
{
    struct err e = {0};

    (void)state;
    for (int objects = 0; objects < 2; objects++) {
        assert_int_equal(parse_deep(32, 32, objects, &e), 0);
        assert_int_equal(parse_deep(33, 32, objects, &e), -1);
        assert_non_null(strstr(e.text, "nested too deeply"));
        assert_int_equal(parse_deep(100000, 32, objects, &e), -1);
        assert_int_equal(parse_deep(257, 1000, objects, &e), -1); /* the hard limit */
        assert_int_equal(parse_deep(0, 0, objects, &e), 0);
        assert_int_equal(parse_deep(1, 0, objects, &e), -1);
    }
}

static void test_every_cut_of_a_text_is_refused(void **state)
{
    static const char text[] = "{\"a\":[1,true,null,\"x\\u00e9\"],\"b\":{\"c\":-1.5e-3}}";
    struct json *o;
    struct err e;

    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        struct arena a = ARENA_INIT;
        char *copy = malloc(n + 1); /* so that reading on is seen */
        assert_non_null(copy);
        memcpy(copy, text, n);
        assert_int_equal(json_parse(&a, (struct str){copy, n}, 32, &o, &e), -1);
        free(copy);
        arena_free(&a);
    }
}

/* --- out --- */

struct writer {
    struct buf to;
    struct json_out out;
};

static void writer_init(struct writer *w, bool beautify)
{
    buf_init(&w->to, 1 << 20);
    json_out_init(&w->out, &w->to, beautify);
}

static void assert_text(struct writer *w, const char *want)
{
    json_out_fini(&w->out);
    assert_string_equal(w->to.p, want);
    buf_free(&w->to);
}

static void test_out(void **state)
{
    struct writer w;

    (void)state;
    writer_init(&w, false);
    json_open_object(&w.out, NULL);
    json_put_str(&w.out, "s", STR("a\"\\\n\x01/"));
    json_put_z(&w.out, "z", "x");
    json_put_z(&w.out, "none", NULL);
    json_put_int(&w.out, "min", INT64_MIN);
    json_put_bool(&w.out, "yes", true);
    json_put_null(&w.out, "null");
    json_open_array(&w.out, "list");
    json_put_int(&w.out, NULL, 1);
    json_put_str(&w.out, NULL, STR_NONE);
    json_close_array(&w.out);
    json_key_str(&w.out, STR("k e y"));
    json_open_object(&w.out, NULL);
    json_close_object(&w.out);
    json_close_object(&w.out);
    assert_text(&w, "{\"s\":\"a\\\"\\\\\\n\\u0001/\",\"z\":\"x\",\"none\":null,"
                    "\"min\":-9223372036854775808,\"yes\":true,\"null\":null,\"list\":[1,\"\"],"
                    "\"k e y\":{}}");
}

static void test_beautified(void **state)
{
    struct writer w;

    (void)state;
    writer_init(&w, true);
    json_open_object(&w.out, NULL);
    json_put_int(&w.out, "a", 1);
    json_close_object(&w.out);
    assert_text(&w, "{\n  \"a\": 1\n}\n");
}

static void test_what_is_not_utf8_becomes_a_question_mark(void **state)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"\xc3\xa9", "\xc3\xa9"},
        {"\xe2\x82\xac", "\xe2\x82\xac"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xff", "?"},
        {"a\xc3", "a?"}, /* cut */
        {"\xc3(", "?("},
        {"\xc0\xaf", "??"}, /* overlong '/' */
        {"\xe0\x80\xaf", "???"},
        {"\xf0\x80\x80\xaf", "????"},
        {"\xed\xa0\x80", "???"},      /* surrogate */
        {"\xf4\x90\x80\x80", "????"}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", "????"},
        {"\x80x", "?x"},
        {"\xe2\x82", "??"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[64];
        struct writer w;

        writer_init(&w, false);
        json_open_array(&w.out, NULL);
        json_put_str(&w.out, NULL, str_z(cases[i].bytes));
        json_close_array(&w.out);
        (void)snprintf(want, sizeof want, "[\"%s\"]", cases[i].text);
        assert_text(&w, want);
    }
}

static void test_whatever_goes_out_comes_in_again(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct arena a = ARENA_INIT;
        char bytes[24];
        struct writer w;
        struct json *o;
        struct err e;

        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (char)(seed >> 40);
        }
        writer_init(&w, false);
        json_open_object(&w.out, NULL);
        json_key_str(&w.out, (struct str){bytes, 7});
        json_put_str(&w.out, NULL, (struct str){bytes, sizeof bytes});
        json_close_object(&w.out);
        json_out_fini(&w.out);
        assert_int_equal(json_parse(&a, buf_str(&w.to), 4, &o, &e), 0);
        assert_int_equal(o->first->text.n, sizeof bytes);
        assert_int_equal(o->first->key.n, 7);
        buf_free(&w.to);
        arena_free(&a);
    }
}

static void test_a_tree_goes_out_as_it_came(void **state)
{
    static const char text[] =
        "{\"a\":[1,-2.50,1e400,true,false,null],\"b\":{\"c\":\"d\\n\"},\"\":\"\"}";
    struct arena a = ARENA_INIT;
    struct writer w;

    (void)state;
    writer_init(&w, false);
    json_put_tree(&w.out, NULL, parse(&a, text));
    assert_text(&w, text);
    arena_free(&a);
}

static void test_out_stops_at_the_limit_of_the_buffer(void **state)
{
    struct json_out o;
    struct buf to;

    (void)state;
    buf_init(&to, 10);
    json_out_init(&o, &to, false);
    json_open_array(&o, NULL);
    for (int i = 0; i < 100; i++)
        json_put_z(&o, NULL, "text");
    json_close_array(&o);
    json_out_fini(&o);
    assert_true(buf_failed(&to));
    assert_true(to.n <= 10);
    buf_free(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_order_is_kept),
        cmocka_unit_test(test_type_names),
        cmocka_unit_test(test_garbage_is_refused_with_its_place),
        cmocka_unit_test(test_depth_is_bounded_while_parsing),
        cmocka_unit_test(test_every_cut_of_a_text_is_refused),
        cmocka_unit_test(test_out),
        cmocka_unit_test(test_beautified),
        cmocka_unit_test(test_what_is_not_utf8_becomes_a_question_mark),
        cmocka_unit_test(test_whatever_goes_out_comes_in_again),
        cmocka_unit_test(test_a_tree_goes_out_as_it_came),
        cmocka_unit_test(test_out_stops_at_the_limit_of_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
