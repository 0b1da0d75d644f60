/* SPDX-License-Identifier: Apache-2.0 */
/* The planner against a simulated HAProxy: given any two states the plans converge, and the pool
 * that served never stands empty on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include <stdio.h>
#include <string.h>

static size_t floor_of_serving;

static void note_floor(struct world *w)
{
    size_t n = sim_serving(w->sim, "live");

    if (n < floor_of_serving)
        floor_of_serving = n;
}

static void random_want(struct world *w, const char *source)
{
    struct desired_backend *b = world_want_backend(w);

    for (unsigned i = 1; i <= 8; i++) {
        char host[32];
        if (world_pick(2))
            continue;
        (void)snprintf(host, sizeof host, "10.0.0.%u", i);
        world_add_wanted(w, b, host, 80, world_pick(257), world_pick(6) ? ADMIN_READY : ADMIN_DRAIN,
                         source);
    }
    world_sort(b);
}

static void live_a_little(struct world *w)
{
    struct sim_backend *b = &w->sim->backends[0];

    for (size_t i = 0; i < b->count; i++) {
        if (b->servers[i].health && b->servers[i].check == HAVE_CHECK_UNKNOWN && world_pick(3) == 0)
            b->servers[i].check = HAVE_CHECK_PASSED;
        if (b->servers[i].maint || b->servers[i].drain)
            b->servers[i].sessions -= b->servers[i].sessions > 0 && world_pick(2);
        else
            b->servers[i].sessions = world_pick(3);
    }
    w->now_ms += world_pick(400);
}

static size_t count_ready(const struct world *w)
{
    const struct desired_backend *b = &w->want.backends[0];
    size_t n = 0;

    for (size_t i = 0; i < b->server_count; i++)
        n += b->servers[i].admin == ADMIN_READY;
    return n;
}

static void assert_equals_want(struct world *w)
{
    const struct desired_backend *b = &w->want.backends[0];

    for (size_t i = 0; i < b->server_count; i++) {
        const struct desired_server *want = &b->servers[i];
        char name[SIM_TEXT];
        const struct sim_server *s =
            sim_server(w->sim, "live", str_copy(name, sizeof name, want->name));
        assert_non_null(s);
        assert_int_equal(s->weight, want->weight);
        assert_int_equal(s->port, want->port);
        assert_true(s->health);
        assert_false(s->maint);
        if (count_ready(w)) /* else who serves stays until somebody of the new version does */
            assert_int_equal(s->drain, want->admin == ADMIN_DRAIN);
    }
}

/* Random wants in a row, connections that break anywhere, checks that pass late, sessions that
 * last: each want is reached, and a pool that served serves on as long as somebody is wanted. */
static void converge_once(struct world *w, unsigned step)
{
    bool may_empty;
    size_t quiet = 0;

    random_want(w, step % 3 == 0 ? "app@1.0.0" : "app@2.0.0");
    may_empty = count_ready(w) == 0 || sim_serving(w->sim, "live") == 0;
    floor_of_serving = SIZE_MAX;
    for (int i = 0; i < 400 && quiet < 2; i++) {
        struct have *have;
        struct plan p = world_plan(w, &have);
        world_send(w, &p, world_pick(4) ? p.count : world_pick((unsigned)p.count + 1), note_floor);
        quiet = p.count == 0 && p.wake_ms < 0 ? quiet + 1 : 0;
        plan_free(&p);
        have_free(have);
        live_a_little(w);
    }
    assert_int_equal(quiet, 2);
    assert_equals_want(w);
    if (!may_empty)
        assert_true(floor_of_serving > 0);
}

static void test_any_two_states_converge_without_an_empty_pool(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        struct world w;
        world_seed(round + 1);
        world_init(&w);
        w.add_checked = round % 4 == 0;
        sim_add_backend(w.sim, "live");
        for (unsigned step = 0; step < 12; step++)
            converge_once(&w, step);
        assert_int_equal(w.sim->refused, 0);
        world_fini(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_two_states_converge_without_an_empty_pool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
