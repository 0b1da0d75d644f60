/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/address.h"
#include "registry/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void test_places_of_a_registry(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned port;
        bool tls;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", 8500, false},
        {"consul.example", "consul.example", 8500, false},
        {"127.0.0.1:18500", "127.0.0.1", 18500, false},
        {"https://consul.example", "consul.example", 8500, true},
        {"https://consul.example:8501/", "consul.example", 8501, true},
        {"http://10.0.0.1:1", "10.0.0.1", 1, false},
        {"::1", "::1", 8500, false},
        {"[::1]", "::1", 8500, false},
        {"https://[2001:db8::1]:65535", "2001:db8::1", 65535, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct registry_address a;
        struct err e = {.kind = ERR_NONE};
        if (registry_address_parse(cases[i].text, 8500, &a, &e))
            fail_msg("%s: %s", cases[i].text, e.text);
        assert_string_equal(a.host, cases[i].host);
        assert_int_equal(a.port, cases[i].port);
        assert_int_equal(a.tls, cases[i].tls);
        assert_false(a.is_file);
    }
}

static void test_what_is_no_place(void **state)
{
    static const char *const texts[] = {
        "",          "http://", "a b",       "host:0",    "host:65536", "host:x",
        "host:",     "[::1",    "[::1]x",    "[]",        "a:1:2",      "ftp://host",
        "host/path", "file:",   "file:a\nb", "user@host", "[host]:1x",  "::1]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct registry_address a;
        struct err e = {.kind = ERR_NONE};
        if (!registry_address_parse(texts[i], 8500, &a, &e))
            fail_msg("taken: %s as %s port %u", texts[i], a.host, a.port);
        if (e.kind)
            assert_non_null(strstr(e.text, "serviceReg"));
    }
    struct registry_address a;
    assert_int_equal(registry_address_parse("host", 0, &a, NULL), -1);
    assert_int_equal(registry_address_parse("host", 65536, &a, NULL), -1);
}

static void test_a_file(void **state)
{
    struct registry_address a;
    char longer[5000] = "file:";

    (void)state;
    assert_int_equal(registry_address_parse("file:/etc/x y.json", 8500, &a, NULL), 0);
    assert_true(a.is_file);
    assert_string_equal(a.path, "/etc/x y.json");
    memset(longer + 5, 'a', sizeof longer - 6);
    assert_int_equal(registry_address_parse(longer, 8500, &a, NULL), -1);
}

static void test_percent_encoding(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 256);
    http_encode(&b, STR("aZ09-._~/ %?&#\xc3\xa4\x7f\0x"));
    assert_string_equal(b.p, "aZ09-._~%2F%20%25%3F%26%23%C3%A4%7F%00x");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_of_a_registry),
        cmocka_unit_test(test_what_is_no_place),
        cmocka_unit_test(test_a_file),
        cmocka_unit_test(test_percent_encoding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
