/* SPDX-License-Identifier: Apache-2.0 */
/* The planner against a simulated HAProxy, case by case: which commands come in which order, and
 * what is not ours is not touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include <stdio.h>
#include <string.h>

static void test_new_member_serves_at_once(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    sim_add_backend(w.sim, "live");
    world_add_wanted(&w, world_want_backend(&w), "10.0.0.1", 80, 7, ADMIN_READY, "app@1.0.0");
    (void)world_expect(&w,
                       "add server live/live_10.0.0.1:80 10.0.0.1:80 weight 7 check inter 2000ms\n"
                       "enable health live/live_10.0.0.1:80\n"
                       "set server live/live_10.0.0.1:80 state ready\n",
                       false);
    world_fini(&w);
}

static void test_ipv6_is_put_into_brackets(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    sim_add_backend(w.sim, "live");
    world_add_wanted(&w, world_want_backend(&w), "::1", 80, 1, ADMIN_READY, "app@1.0.0");
    (void)world_expect(&w,
                       "add server live/live_::1:80 [::1]:80 weight 1 check inter 2000ms\n"
                       "enable health live/live_::1:80\n"
                       "set server live/live_::1:80 state ready\n",
                       false);
    world_fini(&w);
}

static void start_with_two(struct world *w)
{
    struct desired_backend *b;

    world_init(w);
    sim_add_backend(w->sim, "live");
    b = world_want_backend(w);
    world_add_wanted(w, b, "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    world_add_wanted(w, b, "10.0.0.2", 80, 1, ADMIN_READY, "app@1.0.0");
    world_settle(w);
    assert_int_equal(sim_serving(w->sim, "live"), 2);
}

static void test_lost_member_drains_before_it_goes(void **state)
{
    struct world w;

    (void)state;
    start_with_two(&w);
    sim_server(w.sim, "live", "live_10.0.0.2:80")->sessions = 3;
    world_add_wanted(&w, world_want_backend(&w), "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    (void)world_expect(&w, "set server live/live_10.0.0.2:80 state drain\n", true);
    assert_true(world_expect(&w, "", false) > w.now_ms); /* a session lives: wait */
    w.now_ms += 501;
    (void)world_expect(&w, "set server live/live_10.0.0.2:80 state maint\n", true);
    w.now_ms += 500; /* drainTimeout */
    (void)world_expect(&w,
                       "shutdown sessions server live/live_10.0.0.2:80\n"
                       "del server live/live_10.0.0.2:80\n",
                       false);
    world_fini(&w);
}

static void test_member_that_returns_is_made_ready_again(void **state)
{
    struct world w;
    struct desired_backend *b;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    sim_server(w.sim, "live", "live_10.0.0.2:80")->sessions = 3;
    world_add_wanted(&w, world_want_backend(&w), "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    p = world_plan(&w, &have);
    world_send(&w, &p, p.count, NULL);
    plan_free(&p);
    have_free(have);
    b = world_want_backend(&w);
    world_add_wanted(&w, b, "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    world_add_wanted(&w, b, "10.0.0.2", 80, 1, ADMIN_READY, "app@1.0.0");
    (void)world_expect(&w, "set server live/live_10.0.0.2:80 state ready\n", false);
    world_settle(&w);
    assert_int_equal(sim_serving(w.sim, "live"), 2);
    world_fini(&w);
}

static void test_version_switch_makes_before_it_breaks(void **state)
{
    struct world w;
    struct desired_backend *b;

    (void)state;
    start_with_two(&w);
    b = world_want_backend(&w);
    world_add_wanted(&w, b, "10.0.0.3", 80, 1, ADMIN_READY, "app@2.0.0");
    (void)world_expect(&w,
                       "add server live/live_10.0.0.3:80 10.0.0.3:80 weight 1 check inter 2000ms\n"
                       "enable health live/live_10.0.0.3:80\n"
                       "set server live/live_10.0.0.3:80 state drain\n",
                       true);
    (void)world_expect(&w, "", false); /* no check has passed yet */
    sim_server(w.sim, "live", "live_10.0.0.3:80")->check = HAVE_CHECK_PASSED;
    (void)world_expect(&w, "set server live/live_10.0.0.3:80 state ready\n", true);
    (void)world_expect(&w,
                       "set server live/live_10.0.0.1:80 state drain\n"
                       "set server live/live_10.0.0.2:80 state drain\n",
                       false);
    world_fini(&w);
}

static void test_switch_to_a_version_that_fails_keeps_the_old_one(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    world_add_wanted(&w, world_want_backend(&w), "10.0.0.3", 80, 1, ADMIN_READY, "app@2.0.0");
    p = world_plan(&w, &have);
    world_send(&w, &p, p.count, NULL);
    plan_free(&p);
    have_free(have);
    sim_server(w.sim, "live", "live_10.0.0.3:80")->check = HAVE_CHECK_FAILED;
    w.now_ms += 3600 * 1000;
    (void)world_expect(&w, "", false);
    assert_int_equal(sim_serving(w.sim, "live"), 2);
    world_fini(&w);
}

static void test_an_instance_of_both_versions_is_the_heir(void **state)
{
    struct world w;
    struct desired_backend *b;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    b = world_want_backend(&w);
    b->source = STR("app@2.0.0");
    world_add_wanted(&w, b, "10.0.0.2", 80, 1, ADMIN_READY, "app@2.0.0");
    world_settle(&w);
    assert_int_equal(sim_serving(w.sim, "live"), 1);
    b = world_want_backend(
        &w); /* the last member of the new version is lost: nothing to wait for */
    b->source = STR("app@2.0.0");
    p = world_plan(&w, &have);
    assert_string_equal(world_text(&p), "set server live/live_10.0.0.2:80 state drain\n");
    assert_false(p.waits);
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_drain_by_hand_is_left_alone(void **state)
{
    struct world w;

    (void)state;
    start_with_two(&w);
    sim_server(w.sim, "live", "live_10.0.0.1:80")->drain = true;
    (void)world_expect(&w, "", false);
    world_fini(&w);
}

static void test_weight_by_hand_is_repaired(void **state)
{
    struct world w;

    (void)state;
    start_with_two(&w);
    sim_server(w.sim, "live", "live_10.0.0.1:80")->weight = 55;
    (void)world_expect(&w, "set server live/live_10.0.0.1:80 weight 1\n", false);
    world_fini(&w);
}

static void test_foreign_server_is_not_touched(void **state)
{
    struct world w;
    struct sim_server *s;

    (void)state;
    start_with_two(&w);
    s = &w.sim->backends[0].servers[w.sim->backends[0].count++];
    *s = (struct sim_server){.name = "by-hand", .address = "10.9.9.9", .port = 1, .health = true};
    (void)world_expect(&w, "", false);
    world_fini(&w);
}

static void test_half_done_addition_is_undone_and_done_again(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    world_init(&w);
    sim_add_backend(w.sim, "live");
    world_add_wanted(&w, world_want_backend(&w), "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    p = world_plan(&w, &have);
    world_send(&w, &p, 1, NULL); /* the connection breaks behind "add server" */
    plan_free(&p);
    have_free(have);
    (void)world_expect(&w, "del server live/live_10.0.0.1:80\n", true);
    world_settle(&w);
    assert_int_equal(sim_serving(w.sim, "live"), 1);
    world_fini(&w);
}

static void test_a_static_backend_without_members_is_emptied(void **state)
{
    static struct backend object = {.type = BACKEND_STATIC};
    struct desired_backend *b;
    struct world w;

    (void)state;
    start_with_two(&w);
    b = world_want_backend(&w);
    object.name = STR("live");
    b->object = &object;
    b->source = STR("static");
    world_settle(&w);
    assert_int_equal(w.sim->backends[0].count, 0);
    world_fini(&w);
}

static void test_very_many_members_reload_only_if_that_is_allowed(void **state)
{
    struct desired_backend *b;
    struct plan_input in;
    struct have *have;
    struct world w;
    struct plan p;

    (void)state;
    world_init(&w);
    sim_add_backend(w.sim, "live");
    b = world_want_backend(&w);
    for (unsigned i = 0; i <= BULK_ADDITIONS; i++)
        world_add_wanted(&w, b, "10.0.0.1", 1000 + i, 1, ADMIN_READY, "app@1.0.0");
    have = sim_observe(w.sim, true);
    in = world_input(&w, have);
    plan_make(&in, &p);
    assert_int_equal(p.count, 3 * (BULK_ADDITIONS + 1));
    assert_int_equal(p.reasons.count, 0);
    plan_free(&p);
    in.bulk_reload = true;
    plan_make(&in, &p);
    assert_int_equal(p.count, 0);
    assert_int_equal(p.reasons.count, 1);
    assert_true(str_eq_z(p.reasons.items[0].field, "members"));
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

/* Commands and reasons of the next plan when no server may be added to `names`. */
static void check_closed(struct world *w, const struct str_list *names, size_t commands,
                         size_t reasons)
{
    struct have *have = sim_observe(w->sim, true);
    struct plan_input in = world_input(w, have);
    struct plan p;

    in.closed = names;
    plan_make(&in, &p);
    assert_int_equal(p.count, commands);
    assert_int_equal(p.reasons.count, reasons);
    if (reasons)
        assert_true(str_eq_z(p.reasons.items[0].field, "members"));
    plan_free(&p);
    have_free(have);
}

/* HAProxy would end: they come by a reload, while those that are there change as ever. */
static void test_members_of_a_closed_proxy_come_by_a_reload(void **state)
{
    struct str names[] = {STR("a"), STR("live")};
    struct str_list closed = {names, 2}, others = {names, 1};
    struct desired_backend *b;
    struct world w;

    (void)state;
    start_with_two(&w);
    b = world_want_backend(&w);
    world_add_wanted(&w, b, "10.0.0.1", 80, 7, ADMIN_READY, "app@1.0.0");
    world_add_wanted(&w, b, "10.0.0.2", 80, 1, ADMIN_READY, "app@1.0.0");
    check_closed(&w, &closed, 1, 0); /* the weight */
    world_add_wanted(&w, b, "10.0.0.3", 80, 1, ADMIN_READY, "app@1.0.0");
    check_closed(&w, &closed, 0, 1);
    check_closed(&w, &others, 4, 0);
    world_fini(&w);
}

/* The agent has come back, its memory lacks the second member, and the registry is silent. */
static void test_a_silent_registry_takes_nobody(void **state)
{
    struct desired_backend *b;
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    b = world_want_backend(&w);
    b->source = STR("app@1.0.0");
    b->unknown = true;
    world_add_wanted(&w, b, "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    p = world_plan(&w, &have);
    assert_int_equal(p.count, 0);
    assert_true(p.waits);
    plan_free(&p);
    have_free(have);
    b->unknown = false;
    world_settle(&w);
    assert_int_equal(w.sim->backends[0].count, 1);
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_member_serves_at_once),
        cmocka_unit_test(test_ipv6_is_put_into_brackets),
        cmocka_unit_test(test_lost_member_drains_before_it_goes),
        cmocka_unit_test(test_member_that_returns_is_made_ready_again),
        cmocka_unit_test(test_version_switch_makes_before_it_breaks),
        cmocka_unit_test(test_switch_to_a_version_that_fails_keeps_the_old_one),
        cmocka_unit_test(test_an_instance_of_both_versions_is_the_heir),
        cmocka_unit_test(test_drain_by_hand_is_left_alone),
        cmocka_unit_test(test_weight_by_hand_is_repaired),
        cmocka_unit_test(test_foreign_server_is_not_touched),
        cmocka_unit_test(test_half_done_addition_is_undone_and_done_again),
        cmocka_unit_test(test_a_static_backend_without_members_is_emptied),
        cmocka_unit_test(test_very_many_members_reload_only_if_that_is_allowed),
        cmocka_unit_test(test_members_of_a_closed_proxy_come_by_a_reload),
        cmocka_unit_test(test_a_silent_registry_takes_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
