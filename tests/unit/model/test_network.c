/* SPDX-License-Identifier: Apache-2.0 */
/* Networks: what is one, what it is shown as, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/network.h"

#include <string.h>

static void test_shown_as_haproxy_writes_it(void **state)
{
    static const char *const cases[][2] = {
        {"10.0.0.1", "10.0.0.1"},
        {"10.0.0.1/32", "10.0.0.1"},
        {"10.1.2.3/8", "10.0.0.0/8"},
        {"10.1.2.3/13", "10.0.0.0/13"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"2001:DB8::1", "2001:db8::1"},
        {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
        {"::/0", "::/0"},
        {"::ffff:10.0.0.1", "10.0.0.1"},
        {"::ffff:10.9.0.0/104", "10.0.0.0/8"},
        {"::ffff:0:0/95", "::fffe:0:0/95"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = ARENA_INIT;
        struct network n;
        assert_int_equal(network_parse(str_z(cases[i][0]), &n), 0);
        assert_string_equal(network_text(&a, &n).p, cases[i][1]);
        arena_free(&a);
    }
}

static void test_what_is_no_network(void **state)
{
    static const char *const cases[] = {
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "10.0.0",
        "10.0.0.256",
        "010.0.0.1x",
        "a.example",
        "::/129",
        "[::1]",
        "::1%eth0",
        "10.0.0.1/ 8",
        "1.2.3.4/0008",
        "1.2.3.4/99999999999999999999999",
    };
    struct network n;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (network_parse(str_z(cases[i]), &n) == 0)
            fail_msg("\"%s\" is taken", cases[i]);
    }
    assert_int_equal(network_parse((struct str){"10.0.0.1\0x", 10}, &n), -1);
    assert_int_equal(network_parse_address(STR("10.0.0.1"), &n), 0);
    assert_int_equal(network_parse_address(STR("10.0.0.1/32"), &n), -1);
}

static void test_from_the_bytes_of_an_address(void **state)
{
    static const char mapped[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1";
    struct network from, parsed;

    (void)state;
    assert_int_equal(network_parse(STR("10.0.0.1"), &parsed), 0);
    assert_int_equal(network_from_bytes((struct str){"\x0a\0\0\1", 4}, &from), 0);
    assert_int_equal(network_cmp(&from, &parsed), 0);
    assert_int_equal(network_from_bytes((struct str){mapped, 16}, &from), 0);
    assert_int_equal(network_cmp(&from, &parsed), 0);
    assert_int_equal(
        network_from_bytes((struct str){"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16}, &from), 0);
    assert_true(from.v6);
    assert_int_equal(network_from_bytes((struct str){mapped, 5}, &from), -1);
    assert_int_equal(network_from_bytes(STR(""), &from), -1);
}

static void test_order(void **state)
{
    static const char *const sorted[] = {"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.1",
                                         "10.0.0.2",  "::/0",       "::1",         "fe80::/10"};
    struct network a, b;

    (void)state;
    for (size_t i = 0; i + 1 < sizeof sorted / sizeof *sorted; i++) {
        assert_int_equal(network_parse(str_z(sorted[i]), &a), 0);
        assert_int_equal(network_parse(str_z(sorted[i + 1]), &b), 0);
        assert_true(network_cmp(&a, &b) < 0 && network_cmp(&b, &a) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shown_as_haproxy_writes_it),
        cmocka_unit_test(test_what_is_no_network),
        cmocka_unit_test(test_from_the_bytes_of_an_address),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
