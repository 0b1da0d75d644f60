/* SPDX-License-Identifier: Apache-2.0 */
/* A frontend's bind: addresses, parameters behind the last one, what HAProxy would misread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/bind.h"

#include <string.h>

static const struct {
    const char *text, *canonical;
    size_t addresses;
    const char *params;
} forms[] = {
    {"*:80", "*:80", 1, ""},
    {":80", ":80", 1, ""},
    {"  *:80\t", "*:80", 1, ""},
    {"10.2.2.2:80,*:8080", "10.2.2.2:80,*:8080", 2, ""},
    {"10.2.2.2:80 , *:8080", "10.2.2.2:80,*:8080", 2, ""},
    {",10.2.2.2:80,, *:8080 ,", "10.2.2.2:80,*:8080", 2, ""},
    {"[::1]:80,:::8080,ipv6@::1:443", "[::1]:80,:::8080,ipv6@::1:443", 3, ""},
    {"*:8000-8010", "*:8000-8010", 1, ""},
    {"*:1,*:65535", "*:1,*:65535", 2, ""},
    {"*:443 ssl crt /etc/ssl/x.pem alpn h2,http/1.1",
     "*:443 ssl crt /etc/ssl/x.pem alpn h2,http/1.1", 1, "ssl crt /etc/ssl/x.pem alpn h2,http/1.1"},
    {"*:80, *:443   ssl crt x.pem  ", "*:80,*:443 ssl crt x.pem", 2, "ssl crt x.pem"},
    {"/run/web.sock,unix@/run/x.sock mode 660", "/run/web.sock,unix@/run/x.sock mode 660", 2,
     "mode 660"},
    {"abns@thalassa", "abns@thalassa", 1, ""},
    {"fd@7", "fd@7", 1, ""},
    {"name.example.org:80", "name.example.org:80", 1, ""},
};

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct arena a = ARENA_INIT;
        struct str_list list, again;
        struct str params, text, params_again;
        struct err e = {0};

        if (bind_parse(&a, str_z(forms[i].text), &list, &params, &e))
            fail_msg("%s: %s", forms[i].text, e.text);
        assert_int_equal(list.count, forms[i].addresses);
        assert_string_equal(params.p, forms[i].params);
        text = bind_text(&a, &list, params);
        assert_string_equal(text.p, forms[i].canonical);
        assert_int_equal(bind_parse(&a, text, &again, &params_again, &e), 0);
        assert_string_equal(bind_text(&a, &again, params_again).p, text.p);
        arena_free(&a);
    }
}

static const struct {
    const char *text, *words;
} refused[] = {
    {"", "an address is required"},
    {" , ,", "an address is required"},
    {"80", "a port is required"},
    {"10.0.0.1", "a port is required"},
    {"*:80, ssl crt x.pem", "\"ssl\": a port is required"},
    {"*:0", "within 1 and 65535"},
    {"*:65536", "within 1 and 65535"},
    {"*:80-", "within 1 and 65535"},
    {"*:-80", "within 1 and 65535"},
    {"*:http", "within 1 and 65535"},
    {"*:", "within 1 and 65535"},
    {"*:99999999999999999999", "within 1 and 65535"},
    {"*:80#", "character '#'"},
    {"'*:80'", "character '''"},
    {"\"*:80\"", "character '\"'"},
    {"${PORT}:80", "character '$'"},
    {"*:80\\", "character '\\'"},
    {"*:80 ssl # crt", "character '#' is not allowed in parameters"},
    {"*:80 name 'x'", "character ''' is not allowed in parameters"},
    {"*:80 crt $HOME", "character '$' is not allowed in parameters"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct arena a = ARENA_INIT;
        struct str_list list;
        struct str params;
        struct err e = {0};

        if (bind_parse(&a, str_z(refused[i].text), &list, &params, &e) == 0)
            fail_msg("%s: is taken", refused[i].text);
        assert_string_equal(e.field, "bind");
        if (!strstr(e.text, refused[i].words))
            fail_msg("%s: %s", refused[i].text, e.text);
        arena_free(&a);
    }
}

static void test_number_of_addresses_is_bounded(void **state)
{
    struct arena a = ARENA_INIT;
    struct str text = STR("*:1");
    struct str_list list;
    struct str params;
    struct err e = {0};

    (void)state;
    for (unsigned i = 2; i <= LIMIT_BINDS; i++)
        text = arena_printf(&a, STR_FMT ",*:%u", STR_ARG(text), i);
    assert_int_equal(bind_parse(&a, text, &list, &params, &e), 0);
    assert_int_equal(list.count, LIMIT_BINDS);
    text = arena_printf(&a, STR_FMT ",*:9999", STR_ARG(text));
    assert_int_equal(bind_parse(&a, text, &list, &params, &e), -1);
    assert_string_equal(e.text, "bind: more than 64 addresses");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_number_of_addresses_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
