/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses to listen on: what they mean, and what means nothing. */
#include "spoe/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static void ports_of_addresses_are_read(void **state)
{
    struct spop_address a;

    (void)state;
    assert_int_equal(spop_address_parse("127.0.0.1:10001", &a), 0);
    assert_int_equal(spop_address_port(&a), 10001);
    assert_int_equal(a.at.any.sa_family, AF_INET);
    assert_int_equal(spop_address_parse("*:65535", &a), 0);
    assert_int_equal(spop_address_port(&a), 65535);
    assert_int_equal(spop_address_parse("[::1]:0", &a), 0);
    assert_int_equal(a.at.any.sa_family, AF_INET6);
    assert_int_equal(spop_address_port(&a), 0);
    assert_string_equal(a.text, "[::1]:0");
}

static void paths_are_unix_sockets(void **state)
{
    struct spop_address a;

    (void)state;
    assert_int_equal(spop_address_parse("/run/x:1.sock", &a), 0);
    assert_true(spop_address_is_local(&a));
    assert_string_equal(a.at.local.sun_path, "/run/x:1.sock");
    assert_int_equal(spop_address_parse("unix@x.sock", &a), 0);
    assert_string_equal(a.at.local.sun_path, "x.sock");
    assert_int_equal(spop_address_port(&a), 0);
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "127.0.0.1",
        ":1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:65536",
        "host:1",
        "::1:1",
        "[::1]",
        "[::1:1",
        "[127.0.0.1]:1",
        "127.0.0.1:-1",
        "unix@",
        "[]:1",
        "127.0.0.1:1x",
        "127.0.0.1: 1",
        "300.0.0.1:1",
        "127.0.0.1:99999999999999999999",
    };
    struct spop_address a;
    char path[200];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (spop_address_parse(wrong[i], &a) == 0)
            fail_msg("%s", wrong[i]);
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[108] = '\0';
    assert_int_equal(spop_address_parse(path, &a), -1);
    path[107] = '\0';
    assert_int_equal(spop_address_parse(path, &a), 0);
    path[107] = 'x';
    path[199] = '\0';
    assert_int_equal(spop_address_parse(path, &a), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_of_addresses_are_read),
        cmocka_unit_test(paths_are_unix_sockets),
        cmocka_unit_test(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
