/* SPDX-License-Identifier: Apache-2.0 */
#include "render/diff.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LIMIT = 1 << 22 };

static void check(const char *have, const char *want, const char *diff)
{
    struct buf out;

    buf_init(&out, LIMIT);
    buf_add_z(&out, "");
    diff_unified("a", str_z(have), "b", str_z(want), &out);
    assert_string_equal(out.p, diff);
    buf_free(&out);
}

static void test_equal_texts_have_no_diff(void **state)
{
    (void)state;
    check("", "", "");
    check("x\ny\n", "x\ny\n", "");
}

static void test_hunks_with_context(void **state)
{
    (void)state;
    check("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
          "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    check("", "x\ny\n", "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+x\n+y\n");
    check("x\n", "", "--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n");
    check("a\nb\nc\n", "b\nc\nd\n", "--- a\n+++ b\n@@ -1,3 +1,3 @@\n-a\n b\n c\n+d\n");
}

static void test_far_changes_have_hunks_of_their_own(void **state)
{
    (void)state;
    /* six equal lines between: one hunk; seven: two */
    check("x\n1\n2\n3\n4\n5\n6\nx\n", "y\n1\n2\n3\n4\n5\n6\ny\n",
          "--- a\n+++ b\n@@ -1,8 +1,8 @@\n-x\n+y\n 1\n 2\n 3\n 4\n 5\n 6\n-x\n+y\n");
    check("x\n1\n2\n3\n4\n5\n6\n7\nx\n", "y\n1\n2\n3\n4\n5\n6\n7\ny\n",
          "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-x\n+y\n 1\n 2\n 3\n"
          "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-x\n+y\n");
}

struct range {
    size_t from, count;
};

/* "-3,4" or "+3" */
static struct range read_range(struct str text)
{
    struct str from = str_cut(&text, ',');
    uint64_t line = 0, count = 1;

    assert_int_equal(str_u64((struct str){from.p + 1, from.n - 1}, &line), 0);
    if (text.p)
        assert_int_equal(str_u64(text, &count), 0);
    return (struct range){(size_t)line, (size_t)count};
}

struct patcher {
    struct str have; /* what is left of it */
    struct buf *to;
    size_t old_line, new_line;
};

/* Copies up to the hunk, and checks that both line numbers lead to one place. */
static void go_to_hunk(struct patcher *p, struct str line)
{
    struct range have, want;

    (void)str_word(&line);
    have = read_range(str_word(&line));
    want = read_range(str_word(&line));
    for (have.from += have.count == 0; p->old_line < have.from; p->old_line++, p->new_line++) {
        buf_add_str(p->to, str_cut(&p->have, '\n'));
        buf_add_char(p->to, '\n');
    }
    assert_int_equal(p->new_line, want.from + (want.count == 0));
}

static void apply_line(struct patcher *p, struct str line)
{
    struct str text = {line.p + 1, line.n - 1};

    if (line.p[0] != '+') {
        assert_true(str_eq(str_cut(&p->have, '\n'), text));
        p->old_line++;
    }
    if (line.p[0] != '-') {
        buf_add_str(p->to, text);
        buf_add_char(p->to, '\n');
        p->new_line++;
    }
}

/* Apply a diff to `have`: the text that it leads to. */
static void apply(struct str have, struct str diff, struct buf *to)
{
    struct patcher p = {have, to, 1, 1};

    while (diff.n) {
        struct str line = str_cut(&diff, '\n');

        if (str_starts(line, STR("--- ")) || str_starts(line, STR("+++ ")))
            continue;
        assert_true(line.n > 0);
        if (line.p[0] == '@')
            go_to_hunk(&p, line);
        else
            apply_line(&p, line);
    }
    buf_add_str(to, p.have);
}

static unsigned seed = 42;

static unsigned pick(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % below;
}

static void random_text(struct buf *to, unsigned lines, unsigned words)
{
    while (lines--)
        buf_printf(to, "w%u\n", pick(words));
}

static void check_applies(struct str have, struct str want)
{
    struct buf diff, got;

    buf_init(&diff, LIMIT);
    buf_init(&got, LIMIT);
    buf_add_z(&diff, "");
    buf_add_z(&got, "");
    diff_unified("a", have, "b", want, &diff);
    apply(have, buf_str(&diff), &got);
    assert_true(str_eq(buf_str(&got), want));
    buf_free(&diff);
    buf_free(&got);
}

static void test_diff_leads_from_one_text_to_the_other(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        struct buf have, want;

        buf_init(&have, LIMIT);
        buf_init(&want, LIMIT);
        buf_add_z(&have, "");
        buf_add_z(&want, "");
        random_text(&have, pick(60), 1 + pick(20));
        random_text(&want, pick(60), 1 + pick(20));
        check_applies(buf_str(&have), buf_str(&want));
        buf_free(&have);
        buf_free(&want);
    }
}

/* Longest common subsequence by the textbook's table. */
static size_t common(const char *a, size_t n, const char *b, size_t m)
{
    static size_t table[65][65];

    for (size_t i = 1; i <= n; i++) {
        for (size_t k = 1; k <= m; k++) {
            size_t best = table[i - 1][k] > table[i][k - 1] ? table[i - 1][k] : table[i][k - 1];
            table[i][k] = a[i - 1] == b[k - 1] ? table[i - 1][k - 1] + 1 : best;
        }
    }
    return n && m ? table[n][m] : 0;
}

static void test_diff_is_the_shortest(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        char a[64], b[64];
        size_t n = pick(64), m = pick(64), changes = 0;
        struct buf have, want, diff;

        buf_init(&have, LIMIT);
        buf_init(&want, LIMIT);
        buf_init(&diff, LIMIT);
        for (size_t i = 0; i < n; i++)
            buf_printf(&have, "%c\n", a[i] = (char)('a' + pick(5)));
        for (size_t i = 0; i < m; i++)
            buf_printf(&want, "%c\n", b[i] = (char)('a' + pick(5)));
        diff_unified("x", buf_str(&have), "x", buf_str(&want), &diff);
        for (size_t i = 0; i + 2 < diff.n; i++)
            changes += diff.p[i] == '\n' && (diff.p[i + 1] == '+' || diff.p[i + 1] == '-') &&
                       diff.p[i + 2] != '+';
        assert_int_equal(changes, n + m - 2 * common(a, n, b, m));
        buf_free(&have);
        buf_free(&want);
        buf_free(&diff);
    }
}

static void test_many_changes_are_shown_as_replaced(void **state)
{
    struct buf have, want;

    (void)state;
    buf_init(&have, LIMIT);
    buf_init(&want, LIMIT);
    buf_add_z(&have, "same\n");
    buf_add_z(&want, "same\n");
    for (int i = 0; i < 2 * DIFF_MAX_CHANGES; i++) {
        buf_printf(&have, "a%d\n", i);
        buf_printf(&want, "b%d\n", i);
    }
    buf_add_z(&have, "end\n");
    buf_add_z(&want, "end\n");
    check_applies(buf_str(&have), buf_str(&want));
    buf_free(&have);
    buf_free(&want);
}

static void test_limit_of_the_buffer_is_kept(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 60);
    diff_unified("a", STR("1\n2\n3\n"), "b", STR("first\nsecond\nthird\nfourth\nfifth\nsixth\n"),
                 &out);
    assert_false(buf_failed(&out));
    assert_true(out.n <= 60);
    assert_true(str_ends(buf_str(&out), STR("\n...\n")));
    assert_true(str_starts(buf_str(&out), STR("--- a\n+++ b\n@@ -1,3 +1,6 @@\n-1\n")));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_texts_have_no_diff),
        cmocka_unit_test(test_hunks_with_context),
        cmocka_unit_test(test_far_changes_have_hunks_of_their_own),
        cmocka_unit_test(test_diff_leads_from_one_text_to_the_other),
        cmocka_unit_test(test_diff_is_the_shortest),
        cmocka_unit_test(test_many_changes_are_shown_as_replaced),
        cmocka_unit_test(test_limit_of_the_buffer_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
