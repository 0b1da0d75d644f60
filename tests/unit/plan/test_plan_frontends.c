/* SPDX-License-Identifier: Apache-2.0 */
/* Frontends that a hand has closed. */
#include "plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct plan plan_of(struct have_proxy *proxies, size_t count)
{
    static struct frontend web = {.name = {"web", 3}}, api = {.name = {"api", 3}};
    static struct frontend *frontends[] = {&api, &web};
    struct desired want = {.frontends = frontends, .frontend_count = 2};
    struct have have = {.proxies = proxies, .proxy_count = count};
    struct plan_input in = {.want = &want, .have = &have};
    struct plan p = {.wake_ms = -1};

    plan_frontends(&in, &p);
    return p;
}

static void open_frontends_are_left_alone(void **state)
{
    struct have_proxy proxies[] = {{.name = STR("web"), .frontend = true},
                                   {.name = STR("api"), .frontend = true}};
    struct plan p = plan_of(proxies, 2);

    (void)state;
    assert_int_equal(p.count + p.reasons.count, 0);
    plan_free(&p);
}

static void a_disabled_one_is_enabled(void **state)
{
    struct have_proxy proxies[] = {{.name = STR("web"), .frontend = true, .state = PROXY_PAUSED}};
    struct plan p = plan_of(proxies, 1);

    (void)state;
    assert_int_equal(p.count, 1);
    assert_true(str_eq_z(p.ops[0].command, "enable frontend web"));
    assert_int_equal(p.ops[0].kind, REPLY_ENABLE_FRONTEND);
    assert_int_equal(reply_classify(p.ops[0].kind, STR("\n")), REPLY_OK);
    plan_free(&p);
}

static void one_that_was_shut_down_needs_a_reload(void **state)
{
    struct have_proxy proxies[] = {{.name = STR("api"), .frontend = true, .state = PROXY_STOPPED}};
    struct plan p = plan_of(proxies, 1);

    (void)state;
    assert_int_equal(p.count, 0);
    assert_int_equal(p.reasons.count, 1);
    assert_true(str_eq_z(p.reasons.items[0].object, "frontend/api"));
    assert_true(str_eq_z(p.reasons.items[0].field, "state"));
    plan_free(&p);
}

static void what_is_not_ours_is_left_alone(void **state)
{
    struct have_proxy proxies[] = {
        {.name = STR("foreign"), .frontend = true, .state = PROXY_PAUSED},
        {.name = STR("foreign"), .frontend = true, .state = PROXY_STOPPED},
        {.name = STR("web"), .frontend = false, .state = PROXY_PAUSED}};
    struct plan p = plan_of(proxies, 3);

    (void)state;
    assert_int_equal(p.count + p.reasons.count, 0);
    plan_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_frontends_are_left_alone),
        cmocka_unit_test(a_disabled_one_is_enabled),
        cmocka_unit_test(one_that_was_shut_down_needs_a_reload),
        cmocka_unit_test(what_is_not_ours_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
