/* SPDX-License-Identifier: Apache-2.0 */
/* Pages on a terminal: what is written is obeyed by a small model of one, and its cells are looked
 * at. */
#include "cli/screen.h"

#include "chance.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 40, COLUMNS_MAX = 90 };

struct terminal {
    size_t rows, columns, row, column;
    char cells[ROWS_MAX][COLUMNS_MAX + 1];
    size_t scrolled;
};

static void clear_row(struct terminal *t, size_t row, size_t column)
{
    memset(t->cells[row] + column, ' ', t->columns - column);
    t->cells[row][t->columns] = 0;
}

static void erase_below(struct terminal *t)
{
    clear_row(t, t->row, t->column);
    for (size_t r = t->row + 1; r < t->rows; r++)
        clear_row(t, r, 0);
}

static void terminal_init(struct terminal *t, size_t rows, size_t columns)
{
    *t = (struct terminal){.rows = rows, .columns = columns};
    for (size_t r = 0; r < rows; r++)
        clear_row(t, r, 0);
}

static void new_line(struct terminal *t)
{
    t->column = 0;
    if (t->row + 1 < t->rows) {
        t->row++;
        return;
    }
    memmove(t->cells[0], t->cells[1], sizeof t->cells[0] * (t->rows - 1));
    clear_row(t, t->rows - 1, 0);
    t->scrolled++;
}

/* The sequence at the front of `text`, its bytes. */
static size_t obey(struct terminal *t, struct str text)
{
    size_t n = 2, number = 0;

    assert_true(text.n > 2 && text.p[1] == '[');
    while (text.p[n] >= '0' && text.p[n] <= '9')
        number = number * 10 + (size_t)(text.p[n++] - '0');
    switch (text.p[n]) {
    case 'A':
        assert_true(number >= 1 && number <= t->row);
        t->row -= number;
        break;
    case 'H': t->row = t->column = 0; break;
    case 'J': erase_below(t); break;
    case 'K': clear_row(t, t->row, t->column); break;
    default: fail_msg("no sequence of ours: %c", text.p[n]);
    }
    return n + 1;
}

static void show(struct terminal *t, struct str text)
{
    while (text.n) {
        size_t n = 1;
        if (*text.p == '\033') {
            n = obey(t, text);
        } else if (*text.p == '\n') {
            new_line(t);
        } else if (*text.p == '\r') {
            t->column = 0;
        } else {
            assert_true(t->column + 1 < t->columns); /* never the last one */
            t->cells[t->row][t->column++] = *text.p;
        }
        text = (struct str){text.p + n, text.n - n};
    }
}

static void paint(struct screen *s, struct terminal *t, const char *page)
{
    struct buf out;

    buf_init(&out, 1U << 20);
    screen_resize(s, t->rows, t->columns);
    screen_put(s, str_z(page), 4, &out);
    assert_false(buf_failed(&out));
    show(t, buf_str(&out));
    assert_int_equal(t->column, 0);
    buf_free(&out);
}

static void expect_row(const struct terminal *t, size_t row, const char *wanted)
{
    char text[COLUMNS_MAX + 1];
    size_t n = t->columns;

    memcpy(text, t->cells[row], sizeof text);
    while (n && text[n - 1] == ' ')
        n--;
    text[n] = 0;
    assert_string_equal(text, wanted);
}

static void test_the_next_page_takes_the_place_of_the_one_before(void **state)
{
    struct screen s = {0};
    struct terminal t;

    (void)state;
    terminal_init(&t, 10, 40);
    show(&t, STR("$ thalassa status --watch\n"));
    paint(&s, &t, "one\ntwo is long\nthree\n");
    paint(&s, &t, "1\n2\n");
    expect_row(&t, 0, "$ thalassa status --watch");
    expect_row(&t, 1, "1");
    expect_row(&t, 2, "2");
    expect_row(&t, 3, "");
    assert_int_equal(t.row, 3);
    paint(&s, &t, "a\nb\nc\nd\n");
    expect_row(&t, 4, "d");
    assert_int_equal(t.scrolled, 0);
}

static void test_it_goes_on_at_the_bottom_of_the_screen(void **state)
{
    struct screen s = {0};
    struct terminal t;

    (void)state;
    terminal_init(&t, 6, 40);
    for (int i = 0; i < 9; i++)
        show(&t, STR("$\n"));
    for (int i = 0; i < 3; i++)
        paint(&s, &t, "one\ntwo\nthree\n");
    expect_row(&t, 2, "one");
    expect_row(&t, 4, "three");
    expect_row(&t, 5, "");
}

static void test_long_lines_go_on_below_broken_between_words(void **state)
{
    struct screen s = {0};
    struct terminal t;

    (void)state;
    terminal_init(&t, 10, 21);
    paint(&s, &t, "key a few words that do not fit\n0123456789012345678901234\nend\n");
    expect_row(&t, 0, "key a few words that");
    expect_row(&t, 1, "    do not fit");
    expect_row(&t, 2, "01234567890123456789");
    expect_row(&t, 3, "    01234");
    expect_row(&t, 4, "end");
}

static void test_what_is_too_high_is_counted(void **state)
{
    struct screen s = {0};
    struct terminal t;

    (void)state;
    terminal_init(&t, 5, 40);
    paint(&s, &t, "1\n2\n3\n4\n");
    expect_row(&t, 3, "4");
    paint(&s, &t, "1\n2\n3\n4\n5\n");
    expect_row(&t, 2, "3");
    expect_row(&t, 3, "... 2 more lines");
    paint(&s, &t, "1\n2\n3\nword word word word word word word word word word\n");
    expect_row(&t, 3, "... 1 more line");
    assert_int_equal(t.scrolled, 0);
}

static void test_a_terminal_of_another_size_begins_at_the_top(void **state)
{
    struct screen s = {0};
    struct terminal t;

    (void)state;
    terminal_init(&t, 10, 40);
    show(&t, STR("$\n$\n"));
    paint(&s, &t, "one\ntwo\n");
    t.rows = 8;
    paint(&s, &t, "1\n2\n");
    expect_row(&t, 0, "1");
    expect_row(&t, 1, "2");
    expect_row(&t, 2, "");
    paint(&s, &t, "3\n4\n");
    expect_row(&t, 0, "3");
}

static size_t put_random_page(uint64_t *seed, char *page, size_t size)
{
    size_t n = 0, lines = chance(seed, 30);

    while (lines-- && n + 120 < size) {
        size_t length = chance(seed, 110);
        while (length--)
            page[n++] = chance(seed, 5) ? (char)('a' + chance(seed, 26)) : ' ';
        page[n++] = '\n';
    }
    page[n] = 0;
    return n;
}

/* Whatever the pages and sizes: as if the last one had been painted alone, on the same rows. */
static void test_any_pages_end_like_the_last_one_alone(void **state)
{
    static char page[4096];
    uint64_t seed = 11;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t rows = 4 + chance(&seed, 30), columns = 20 + chance(&seed, 70);
        struct screen s = {0}, alone = {0};
        struct terminal t, u;
        terminal_init(&t, rows, columns);
        terminal_init(&u, rows, columns);
        for (unsigned pages = 1 + chance(&seed, 4); pages; pages--) {
            (void)put_random_page(&seed, page, sizeof page);
            paint(&s, &t, page);
        }
        paint(&alone, &u, page);
        assert_int_equal(t.scrolled, 0);
        assert_int_equal(t.row, u.row);
        for (size_t r = 0; r < rows; r++)
            assert_string_equal(t.cells[r], u.cells[r]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_page_takes_the_place_of_the_one_before),
        cmocka_unit_test(test_it_goes_on_at_the_bottom_of_the_screen),
        cmocka_unit_test(test_long_lines_go_on_below_broken_between_words),
        cmocka_unit_test(test_what_is_too_high_is_counted),
        cmocka_unit_test(test_a_terminal_of_another_size_begins_at_the_top),
        cmocka_unit_test(test_any_pages_end_like_the_last_one_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
