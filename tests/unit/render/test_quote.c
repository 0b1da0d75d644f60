/* SPDX-License-Identifier: Apache-2.0 */
#include "render/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

typedef int quoter(struct buf *to, struct str word, struct err *e);

static void check(quoter *quote, const char *word, const char *want)
{
    struct err e = {0};
    struct buf b;
    int rc;

    buf_init(&b, 1024);
    rc = quote(&b, str_z(word), &e);
    if (want) {
        assert_int_equal(rc, 0);
        assert_string_equal(b.p ? b.p : "", want);
    } else {
        assert_int_equal(rc, -1);
        assert_int_equal(e.kind, ERR_INVALID);
        assert_true(e.text[0] != 0);
    }
    buf_free(&b);
}

static void test_cfg_word(void **state)
{
    (void)state;
    check(quote_cfg, "127.0.0.1:80", "127.0.0.1:80");
    check(quote_cfg, "*:8080", "*:8080");
    check(quote_cfg, "", "''");
    check(quote_cfg, "/x y", "'/x y'");
    check(quote_cfg, "/x#y", "'/x#y'");
    check(quote_cfg, "it's", "'it'\\''s'");
    check(quote_cfg, "$HOME", "'$HOME'");
    check(quote_cfg, "a\\b", "'a\\b'");
    check(quote_cfg, "||", "'||'");
    check(quote_cfg, "\xc3\xa9", "'\xc3\xa9'");
    check(quote_cfg, "a\nuse_backend evil", NULL);
    check(quote_cfg, "a\rb", NULL);
    check(quote_cfg, "a\x7f", NULL);
}

static void test_cfg_patterns_have_no_flags(void **state)
{
    (void)state;
    check(quote_cfg_patterns, "-f /etc/passwd", "-- -f /etc/passwd");
    check(quote_cfg_patterns, "  /a   '/b'  ", "-- /a ''\\''/b'\\'''");
    check(quote_cfg_patterns, "", "--");
    check(quote_cfg_patterns, "/a\x01", NULL);
}

static void test_cfg_raw_line(void **state)
{
    (void)state;
    check(quote_cfg_raw, "acl a path_beg \"/x y\" # why", "acl a path_beg \"/x y\" # why");
    check(quote_cfg_raw, "acl a\n", NULL);
    check(quote_cfg_raw, "acl\ta", NULL);
}

static void test_cfg_path_ends_no_argument(void **state)
{
    (void)state;
    check(quote_cfg_path, "/etc/haproxy/thalassa.d", "/etc/haproxy/thalassa.d");
    check(quote_cfg_path, "/a,b", NULL);
    check(quote_cfg_path, "/a)b", NULL);
    check(quote_cfg_path, "/a b", NULL);
    check(quote_cfg_path, "/a'b", NULL);
    check(quote_cfg_path, "", NULL);
}

static void check_map(const char *key, const char *value, const char *want)
{
    struct err e = {0};
    struct buf b;
    int rc;

    buf_init(&b, 1024);
    rc = quote_map_line(&b, str_z(key), str_z(value), &e);
    assert_int_equal(rc, want ? 0 : -1);
    if (want)
        assert_string_equal(b.p, want);
    buf_free(&b);
}

static void test_map_line(void **state)
{
    (void)state;
    check_map("/k#1", "a b", "/k#1 a b\n");
    check_map("'q'", "1", "'q' 1\n");
    check_map("#k", "1", NULL);
    check_map("a b", "1", NULL);
    check_map("a\tb", "1", NULL);
    check_map("a\nb", "1", NULL);
    check_map("", "1", NULL);
    check_map("a", "", NULL);
    check_map("a", " 1", NULL);
    check_map("a", "1\r", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cfg_word),     cmocka_unit_test(test_cfg_patterns_have_no_flags),
        cmocka_unit_test(test_cfg_raw_line), cmocka_unit_test(test_cfg_path_ends_no_argument),
        cmocka_unit_test(test_map_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
