/* SPDX-License-Identifier: Apache-2.0 */
/* The last steps of a server that leaves: nobody who came just now is cut, and nobody comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#define SECOND "live/live_10.0.0.2:80"

enum { DRAIN_MS = 1000, HALF_MS = DRAIN_MS / 2 };

static struct sim_server *second(struct world *w)
{
    return sim_server(w->sim, "live", "live_10.0.0.2:80");
}

static void want_first(struct world *w, bool both)
{
    struct desired_backend *b = world_want_backend(w);

    world_add_wanted(w, b, "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    if (both)
        world_add_wanted(w, b, "10.0.0.2", 80, 1, ADMIN_READY, "app@1.0.0");
}

/* Two served; the second one is being drained, with this many sessions. */
static void start_leaving(struct world *w, unsigned sessions)
{
    world_init(w);
    sim_add_backend(w->sim, "live");
    want_first(w, true);
    world_settle(w);
    second(w)->sessions = sessions;
    want_first(w, false);
    (void)world_expect(w, "set server " SECOND " state drain\n", true);
}

static void test_who_lasts_is_cut_at_the_end_of_his_time(void **state)
{
    struct world w;
    int64_t began_ms;

    (void)state;
    start_leaving(&w, 1);
    began_ms = w.now_ms;
    while (w.now_ms < began_ms + HALF_MS)
        w.now_ms = world_expect(&w, "", true);
    assert_int_equal(w.now_ms, began_ms + HALF_MS); /* not later than it is due */
    (void)world_expect(&w, "set server " SECOND " state maint\n", true);
    while (w.now_ms < began_ms + DRAIN_MS)
        w.now_ms = world_expect(&w, "", true);
    assert_int_equal(w.now_ms, began_ms + DRAIN_MS);
    (void)world_expect(&w, "shutdown sessions server " SECOND "\ndel server " SECOND "\n", true);
    assert_null(second(&w));
    world_fini(&w);
}

/* The agent was stopped, or the machine is busy: pinned clients came until now. */
static void test_a_late_agent_cuts_nobody_who_came_just_now(void **state)
{
    struct world w;

    (void)state;
    start_leaving(&w, 3);
    w.now_ms += 60000;
    (void)world_expect(&w, "set server " SECOND " state maint\n", true);
    (void)world_expect(&w, "", true);
    second(&w)->sessions = 0;
    w.now_ms += 20;
    (void)world_expect(&w, "del server " SECOND "\n", true);
    assert_null(second(&w));
    world_fini(&w);
}

static void test_a_late_agent_cuts_who_stays(void **state)
{
    struct world w;

    (void)state;
    start_leaving(&w, 3);
    w.now_ms += 60000;
    (void)world_expect(&w, "set server " SECOND " state maint\n", true);
    w.now_ms += HALF_MS - 1;
    (void)world_expect(&w, "", true);
    w.now_ms += 1;
    (void)world_expect(&w, "shutdown sessions server " SECOND "\ndel server " SECOND "\n", true);
    world_fini(&w);
}

/* A kill between the command and its answer: what is left of the time is not lost with it. */
static void test_a_killed_agent_cuts_nobody_who_came_just_now(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    start_leaving(&w, 3);
    w.now_ms += 60000;
    p = world_plan(&w, &have);
    for (size_t i = 0; i < p.count; i++)
        (void)sim_command(w.sim, &p.ops[i]); /* nobody hears the answer */
    plan_free(&p);
    have_free(have);
    assert_true(second(&w)->maint);
    (void)world_expect(&w, "", true);
    world_fini(&w);
}

/* Out of maintenance pinned clients would come back, again and again, and be cut in the end. */
static void test_idle_connections_go_without_a_way_back(void **state)
{
    struct world w;

    (void)state;
    start_leaving(&w, 3);
    w.now_ms += HALF_MS;
    (void)world_expect(&w, "set server " SECOND " state maint\n", true);
    second(&w)->sessions = 0;
    second(&w)->idle = 3;
    (void)world_expect(&w, "set server " SECOND " addr 10.0.0.2 port 1\ndel server " SECOND "\n",
                       true);
    assert_null(second(&w));
    world_fini(&w);
}

static void test_a_member_that_returns_has_its_own_address(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    start_leaving(&w, 3);
    w.now_ms += HALF_MS;
    (void)world_expect(&w, "set server " SECOND " state maint\n", true);
    second(&w)->sessions = 0;
    second(&w)->idle = 3;
    p = world_plan(&w, &have);
    assert_int_equal(p.ops[0].kind, REPLY_SET_ADDR);
    assert_true(p.ops[0].tidying); /* nobody has changed an address by hand */
    world_send_and_die(&w, &p, 1, 0, world_restart_agent);
    plan_free(&p);
    have_free(have);
    assert_int_equal(second(&w)->port, 1);
    want_first(&w, true);
    (void)world_expect(&w,
                       "set server " SECOND " addr 10.0.0.2 port 80\n"
                       "set server " SECOND " state ready\n",
                       true);
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_lasts_is_cut_at_the_end_of_his_time),
        cmocka_unit_test(test_a_late_agent_cuts_nobody_who_came_just_now),
        cmocka_unit_test(test_a_late_agent_cuts_who_stays),
        cmocka_unit_test(test_a_killed_agent_cuts_nobody_who_came_just_now),
        cmocka_unit_test(test_idle_connections_go_without_a_way_back),
        cmocka_unit_test(test_a_member_that_returns_has_its_own_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
