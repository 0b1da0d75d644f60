/* SPDX-License-Identifier: Apache-2.0 */
/* A backend's server options: taken apart, checked, stored one keyword each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"

#include "model/server_options.h"

#include <string.h>
static const struct {
    const char *given, *stored; /* elements parted by '|' */
} options[] = {
    {"maxconn 100", "maxconn 100"},
    {"ssl verify none check-ssl", "ssl|verify none|check-ssl"},
    {"ssl|verify none", "ssl|verify none"},
    {"ssl ca-file /etc/ca.pem", "ssl|ca-file /etc/ca.pem"},
    {"  send-proxy   fall 3 ", "send-proxy|fall 3"},
    {"fastinter 500", "fastinter 500ms"},
    {"fastinter 500ms downinter 2s slowstart 1m", "fastinter 500ms|downinter 2s|slowstart 1m"},
    {"", ""},
};

static void check_options(struct arena *a, const char *given, struct str_list *list, int want,
                          struct err *e)
{
    struct str rest = str_z(given);

    *list = (struct str_list){0};
    while (rest.p)
        *ARENA_PUSH(a, list->items, list->count) = str_cut(&rest, '|');
    if (server_options_check(a, list, e) != want)
        fail_msg("%s: %s", given, want ? "is taken" : e->text);
}

static void test_server_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct arena a = ARENA_INIT;
        struct str joined = STR("");
        struct str_list list;
        struct err e = {0};

        check_options(&a, options[i].given, &list, 0, &e);
        for (size_t k = 0; k < list.count; k++)
            joined = arena_printf(&a, STR_FMT "%s" STR_FMT, STR_ARG(joined), k ? "|" : "",
                                  STR_ARG(list.items[k]));
        assert_string_equal(joined.p, options[i].stored);
        arena_free(&a);
    }
}

static void test_server_options_refused(void **state)
{
    static const struct {
        const char *given, *field, *words;
    } refused[] = {
        {"weight 5", "server[0]", "use the member's weight"},
        {"fall 3|backup", "server[1]", "use the member's backup"},
        {"inter 2s", "server[0]", "use health.interval"},
        {"check", "server[0]", "always checked"},
        {"cookie x", "server[0]", "use cookie"},
        {"disabled", "server[0]", "the member's state"},
        {"track x/y", "server[0]", "is not a server option"},
        {"init-addr none", "server[0]", "is not a server option"},
        {"maxconn", "server[0]", "maxconn needs an argument"},
        {"maxconn many", "server[0]", "not a number"},
        {"maxconn -1", "server[0]", "not a number"},
        {"maxconn 2147483648", "server[0]", "not a number"},
        {"fastinter soon", "server[0]", "not a time"},
        {"fastinter 5y", "server[0]", "not a time"},
        {"fastinter ms", "server[0]", "not a time"},
        {"fastinter 1234567890", "server[0]", "not a time"},
        {"sni 'x'", "server[0]", "character '''"},
        {"sni a#b", "server[0]", "character '#'"},
        {"sni a;b", "server[0]", "character ';'"},
        {"sni $x", "server[0]", "character '$'"},
        {"ssl", "server", "ssl needs \"verify none\" or \"ca-file FILE\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct arena a = ARENA_INIT;
        struct str_list list;
        struct err e = {0};

        check_options(&a, refused[i].given, &list, -1, &e);
        assert_string_equal(e.field, refused[i].field);
        if (!strstr(e.text, refused[i].words))
            fail_msg("%s: %s", refused[i].given, e.text);
        arena_free(&a);
    }
}

static void test_server_options_are_bounded(void **state)
{
    struct arena a = ARENA_INIT;
    struct str text = STR("");
    struct str_list list = {0};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < 300; i++)
        text = arena_printf(&a, STR_FMT " tfo", STR_ARG(text));
    for (size_t i = 0; i < 4; i++)
        *ARENA_PUSH(&a, list.items, list.count) = text;
    assert_int_equal(server_options_check(&a, &list, &e), -1);
    assert_string_equal(e.text, "server[3]: too many options");
    arena_free(&a);
}

static void test_server_options_are_found_by_keyword(void **state)
{
    struct str items[] = {STR("ssl"), STR("verify none")};
    struct str_list list = {items, 2};

    (void)state;
    assert_true(server_options_have(&list, "ssl"));
    assert_true(server_options_have(&list, "verify"));
    assert_false(server_options_have(&list, "none"));
    assert_false(server_options_have(&list, "ss"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_options),
        cmocka_unit_test(test_server_options_refused),
        cmocka_unit_test(test_server_options_are_bounded),
        cmocka_unit_test(test_server_options_are_found_by_keyword),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
