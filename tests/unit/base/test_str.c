/* SPDX-License-Identifier: Apache-2.0 */
/* Views of bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/str.h"

#include <string.h>

static void test_equality_and_order(void **state)
{
    (void)state;
    assert_true(str_eq(STR_NONE, STR("")));
    assert_true(str_eq(str_z(NULL), STR("")));
    assert_true(str_eq((struct str){"a\0b", 3}, (struct str){"a\0b", 3}));
    assert_false(str_eq((struct str){"a\0b", 3}, (struct str){"a\0c", 3}));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_eq_z(STR("ab"), "ab"));
    assert_true(str_eq_nocase(STR("aB-1"), STR("Ab-1")));
    assert_false(str_eq_nocase(STR("a"), STR("b")));
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("a"), STR("aa")) < 0);
    assert_true(str_cmp(STR("b"), STR("aa")) > 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0); /* bytes, not signed characters */
    assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
}

static void test_ends(void **state)
{
    (void)state;
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR_NONE));
    assert_false(str_starts(STR("ab"), STR("abc")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_true(str_ends(STR("abc"), STR("")));
    assert_false(str_ends(STR("bc"), STR("abc")));
    assert_true(str_eq(str_trim(STR(" \t\r\na b\n")), STR("a b")));
    assert_int_equal(str_trim(STR(" \n ")).n, 0);
    assert_int_equal(str_trim(STR_NONE).n, 0);
}

static void test_cut_gives_every_part(void **state)
{
    static const char *const parts[] = {"a", "", "b", ""};
    struct str rest = STR("a,,b,");
    size_t n = 0, at;

    (void)state;
    while (rest.p) {
        assert_true(n < 4);
        assert_true(str_eq_z(str_cut(&rest, ','), parts[n++]));
    }
    assert_int_equal(n, 4);
    rest = STR("");
    assert_int_equal(str_cut(&rest, ',').n, 0);
    assert_null(rest.p);
    assert_true(str_find(STR("ab"), 'b', &at));
    assert_int_equal(at, 1);
    assert_false(str_find(STR("ab"), 'c', &at));
    assert_false(str_find(STR_NONE, 'c', &at));
}

static void test_words(void **state)
{
    struct str rest = STR("  one\ttwo\r\n three ");

    (void)state;
    assert_true(str_eq(str_word(&rest), STR("one")));
    assert_true(str_eq(str_word(&rest), STR("two")));
    assert_true(str_eq(str_word(&rest), STR("three")));
    assert_int_equal(str_word(&rest).n, 0);
    assert_int_equal(str_word(&rest).n, 0);
}

static void test_control_characters(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        char byte = (char)c;
        assert_int_equal(str_has_control((struct str){&byte, 1}), c < 32 || c == 127);
    }
    assert_false(str_has_control(STR_NONE));
    assert_true(str_has_control((struct str){"a\0", 2}));
}

static void test_numbers(void **state)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x1",
                                      "--1",
                                      "1a",
                                      "18446744073709551616",
                                      "99999999999999999999999"};
    uint64_t u = 7;
    int64_t i = 7;

    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_int_equal(str_u64(str_z(bad[k]), &u), -1);
        assert_int_equal(str_i64(str_z(bad[k]), &i), -1);
    }
    assert_int_equal(u, 7); /* left alone */
    assert_int_equal(i, 7);
    assert_int_equal(str_u64(STR("18446744073709551615"), &u), 0);
    assert_true(u == UINT64_MAX);
    assert_int_equal(str_u64(STR("0007"), &u), 0);
    assert_int_equal(u, 7);
    assert_int_equal(str_u64(STR("-1"), &u), -1);
    assert_int_equal(str_i64(STR("-9223372036854775808"), &i), 0);
    assert_true(i == INT64_MIN);
    assert_int_equal(str_i64(STR("9223372036854775807"), &i), 0);
    assert_true(i == INT64_MAX);
    assert_int_equal(str_i64(STR("9223372036854775808"), &i), -1);
    assert_int_equal(str_i64(STR("-9223372036854775809"), &i), -1);
    assert_int_equal(str_i64(STR("-0"), &i), 0);
    assert_int_equal(i, 0);
}

static void test_copy_cuts(void **state)
{
    char out[4] = "xxx";

    (void)state;
    assert_string_equal(str_copy(out, sizeof out, STR("abcdef")), "abc");
    assert_string_equal(str_copy(out, sizeof out, STR("a")), "a");
    assert_string_equal(str_copy(out, sizeof out, STR_NONE), "");
    assert_string_equal(str_copy(out, 1, STR("abc")), "");
}

static void test_hash(void **state)
{
    char hex[17];

    (void)state;
    assert_true(hash_str(STR("a")) == hash_str(STR("a")));
    assert_true(hash_str(STR("a")) != hash_str(STR("b")));
    assert_true(hash_str(STR_NONE) == hash_str(STR("")));
    assert_string_equal(hash_hex(0xabc, hex), "0000000000000abc");
    assert_string_equal(hash_hex(UINT64_MAX, hex), "ffffffffffffffff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality_and_order),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_cut_gives_every_part),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_copy_cuts),
        cmocka_unit_test(test_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
