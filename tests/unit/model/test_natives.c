/* SPDX-License-Identifier: Apache-2.0 */
/* Natives: what Thalassa writes itself is refused with a pointer, the rest passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"

#include "model/natives.h"

#include <string.h>
static int check_natives(const char *line, bool frontend, struct err *e)
{
    struct str item = str_z(line);
    struct str_list list = {&item, 1};

    return natives_check(&list, frontend, e);
}

static void test_natives_refuse_what_is_ours(void **state)
{
    static const struct {
        bool frontend;
        const char *line, *words;
    } refused[] = {
        {true, "bind *:80", "use the field bind"},
        {true, "  no bind *:80", "use the field bind"},
        {true, "mode tcp", "use the field mode"},
        {true, "default_backend x", "use the field backend"},
        {true, "backend evil", "would start another section"},
        {true, "global", "would start another section"},
        {true, "crt-store x", "would start another section"},
        {true, "\"bind\" *:80", "plain keyword"},
        {true, "b\\ind *:80", "plain keyword"},
        {true, "'mode' tcp", "plain keyword"},
        {false, "server s 1.2.3.4:80", "use the field members and server"},
        {false, "default-server inter 5s", "use the field server"},
        {false, "server-template s 1-3 x:80", "use the field name"},
        {false, "balance first", "use the field balance"},
        {false, "hash-type consistent", "use the field balance"},
        {false, "mode tcp", "use the field mode"},
        {false, "dynamic-cookie-key x", "use the field cookie"},
        {false, "bind *:80", "use the field a frontend's bind"},
        {false, "frontend x", "would start another section"},
        {false, "listen x", "would start another section"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct err e = {0};
        assert_int_equal(check_natives(refused[i].line, refused[i].frontend, &e), -1);
        assert_string_equal(e.field, "natives[0]");
        if (!strstr(e.text, refused[i].words))
            fail_msg("%s: %s", refused[i].line, e.text);
    }
}

static void test_natives_take_the_rest(void **state)
{
    static const char *const taken[] = {"http-request set-header X \"backend x\"",
                                        "option httplog",
                                        "no option httplog",
                                        "binding x",
                                        "use_backend b if { path /x }",
                                        "acl backend path /",
                                        NULL};

    (void)state;
    for (size_t i = 0; taken[i]; i++) {
        assert_int_equal(check_natives(taken[i], true, NULL), 0);
        assert_int_equal(check_natives(taken[i], false, NULL), 0);
    }
    assert_int_equal(check_natives("balance first", true, NULL), 0); /* of a backend only */
}

static void test_natives_are_trimmed_and_empty_ones_dropped(void **state)
{
    struct str items[] = {STR("  option a "), STR("   "), STR(""), STR("option b")};
    struct str_list list = {items, 4};
    struct err e;

    (void)state;
    assert_int_equal(natives_check(&list, true, &e), 0);
    assert_int_equal(list.count, 2);
    assert_true(str_eq(list.items[0], STR("option a")));
    assert_true(str_eq(list.items[1], STR("option b")));
    assert_true(str_eq(native_keyword(STR(" no option x")), STR("option")));
    assert_int_equal(native_keyword(STR("no")).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_natives_refuse_what_is_ours),
        cmocka_unit_test(test_natives_take_the_rest),
        cmocka_unit_test(test_natives_are_trimmed_and_empty_ones_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
