/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "render/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void check_args(const struct backend *b, const struct member *m,
                       const struct render_caps *caps, const char *want)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct str got = STR("");
    int rc = server_args(&a, b, m, caps, &got, &e);

    if (want) {
        assert_int_equal(rc, 0);
        assert_string_equal(got.p, want);
    } else {
        assert_int_equal(rc, -1);
        assert_string_equal(e.field, "server");
    }
    arena_free(&a);
}

static const struct member plain = {.host = {"10.0.0.1", 8}, .port = 80};

static void test_address_of_ipv6_is_in_brackets(void **state)
{
    struct arena a = ARENA_INIT;

    (void)state;
    assert_string_equal(server_address(&a, STR("10.0.0.1"), 80).p, "10.0.0.1:80");
    assert_string_equal(server_address(&a, STR("::1"), 65535).p, "[::1]:65535");
    arena_free(&a);
}

static void test_args_by_version(void **state)
{
    struct str options[] = {STR("ssl"), STR("verify none"), STR("check-ssl")};
    struct backend b = {
        .name = STR("live"), .health = {.interval_ms = 500}, .server = {options, 3}};
    struct member backup = plain;

    (void)state;
    backup.backup = true;
    check_args(&b, &plain, &fixture_caps_26,
               "check inter 500ms rise 2 fall 3 pool-max-conn 100 pool-purge-delay 5s ssl verify "
               "none check-ssl");
    check_args(&b, &backup, &fixture_caps_30,
               "check inter 500ms rise 2 fall 3 ssl verify none check-ssl backup");
}

static void test_args_mean_the_same_in_file_and_command(void **state)
{
    static const char *const wrong[] = {"sni 'x'", "sni \"x\"", "sni a\\b", "sni a#b",
                                        "sni a;b", "sni $X",    "sni a<<b", "sni a\nb"};
    struct str option;
    struct backend b = {
        .name = STR("live"), .health = {.interval_ms = 2000}, .server = {&option, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        option = str_z(wrong[i]);
        check_args(&b, &plain, &fixture_caps_30, NULL);
    }
    option = STR("sni a<b");
    check_args(&b, &plain, &fixture_caps_30, "check inter 2000ms rise 2 fall 3 sni a<b");
}

static void test_args_are_bounded(void **state)
{
    enum { FIT = 43 }; /* and 11 of ours: 54 */
    static char words[] = "x x x x x x x x x x x x x x x x x x x x x x x "
                          "x x x x x x x x x x x x x x x x x x x x x ";
    static char bytes[9000];
    struct str option;
    struct backend b = {
        .name = STR("live"), .health = {.interval_ms = 2000}, .server = {&option, 1}};
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct str got;

    (void)state;
    assert_int_equal(sizeof words - 1, 2 * (FIT + 1));
    memset(bytes, 'x', sizeof bytes - 1);
    option = (struct str){words, sizeof words - 3};
    assert_int_equal(server_args(&a, &b, &plain, &fixture_caps_26, &got, &e), 0);
    option = (struct str){words, sizeof words - 1};
    check_args(&b, &plain, &fixture_caps_26, NULL);
    option = str_z(bytes);
    check_args(&b, &plain, &fixture_caps_26, NULL);
    arena_free(&a);
}

/* It follows the proxy, and tells the member apart from others of any backend. */
static void test_guid_of_a_server(void **state)
{
    struct arena a = ARENA_INIT;
    struct str live = STR("live"), spare = STR("thalassa.http-first.1");

    (void)state;
    assert_string_equal(server_guid_in(&a, live, live, STR("live_10.0.0.1:80")).p,
                        "sv:live:10.0.0.1:80");
    assert_string_equal(server_guid_in(&a, spare, live, STR("live_::1:80")).p,
                        "sv:thalassa.http-first.1:::1:80");
    assert_string_equal(server_guid_in(&a, live, live, STR("s1")).p, "sv:live:s1");
    assert_string_equal(server_guid_in(&a, live, live, STR("live")).p, "sv:live:live");
    arena_free(&a);
}

static void test_guid_is_legal_and_fits(void **state)
{
    struct arena a = ARENA_INIT;
    char name[200];
    struct str guid, other;

    (void)state;
    assert_string_equal(server_guid(&a, "sv", STR("live:::1:80")).p, "sv:live:::1:80");
    assert_string_equal(server_guid(&a, "sv", STR("a/b c")).p, "sv:a-b-c");
    memset(name, 'n', sizeof name);
    guid = server_guid(&a, "be", (struct str){name, 124});
    assert_int_equal(guid.n, 127);
    guid = server_guid(&a, "be", (struct str){name, 125});
    other = server_guid(&a, "be", (struct str){name, 126});
    assert_int_equal(guid.n, 19);
    assert_int_equal(other.n, 19);
    assert_false(str_eq(guid, other));
    assert_true(str_eq(guid, server_guid(&a, "be", (struct str){name, 125})));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_of_ipv6_is_in_brackets),
        cmocka_unit_test(test_args_by_version),
        cmocka_unit_test(test_args_mean_the_same_in_file_and_command),
        cmocka_unit_test(test_args_are_bounded),
        cmocka_unit_test(test_guid_of_a_server),
        cmocka_unit_test(test_guid_is_legal_and_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
