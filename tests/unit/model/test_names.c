/* SPDX-License-Identifier: Apache-2.0 */
/* Names and addresses as HAProxy takes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"

#include "model/names.h"

#include <string.h>

static void test_addresses(void **state)
{
    static const struct {
        const char *text;
        bool literal, ipv6, usable;
    } cases[] = {
        {"10.0.0.1", true, false, true},
        {"0.0.0.0", true, false, false},
        {"::1", true, true, true},
        {"::", true, true, false},
        {"fe80::1%eth0", false, false, false},
        {"[::1]", false, false, false},
        {"127.1", false, false, false},
        {"010.0.0.1", false, false, false},
        {"10.0.0.256", false, false, false},
        {"", false, false, false},
        {"::ffff:10.0.0.1", true, true, true},
        {"localhost", false, false, false},
        {"1:2:3:4:5:6:7:8:9", false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str s = str_z(cases[i].text);
        if (address_is_literal(s) != cases[i].literal || address_is_ipv6(s) != cases[i].ipv6 ||
            address_is_usable(s) != cases[i].usable)
            fail_msg("%s", cases[i].text);
    }
    assert_false(address_is_literal((struct str){"10.0.0.1\0", 9}));
}

static void test_host_names(void **state)
{
    struct arena a = ARENA_INIT;
    char *longest = arena_alloc(&a, 255);

    (void)state;
    assert_true(host_is_name(STR("a")));
    assert_true(host_is_name(STR("a-b_c.example.org")));
    assert_false(host_is_name(STR("")));
    assert_false(host_is_name(STR("-a")));
    assert_false(host_is_name(STR(".a")));
    assert_false(host_is_name(STR("a:80")));
    assert_false(host_is_name(STR("a/b")));
    memset(longest, 'a', 254);
    assert_true(host_is_name((struct str){longest, 253}));
    assert_false(host_is_name((struct str){longest, 254}));
    arena_free(&a);
}

static void test_names_carry_only_what_haproxy_takes(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        char text[2] = {(char)c, 0};
        bool good =
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-", c) != NULL;
        assert_int_equal(name_check(str_z(text), "f", NULL) == 0, good);
    }
    assert_int_equal(name_check((struct str){"a\0b", 3}, "f", NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_host_names),
        cmocka_unit_test(test_names_carry_only_what_haproxy_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
