/* SPDX-License-Identifier: Apache-2.0 */
/* Switches of versions and changed options against a simulated HAProxy, at random: the next wish in
 * the middle of the last, checks that fail, connections that break, agents that are killed. No
 * command ever empties a pool that serves, and every wish is reached once checks pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include <stdio.h>
#include <string.h>

enum { HOSTS = 6, PORT = 80, STEPS_OF_A_LIFE = 14, ROUNDS_OF_A_STEP = 14, ROUNDS_TO_SETTLE = 600 };

static const char *const sources[] = {"app@1.0.0", "app@2.0.0", "app@3.0.0"};
static const char *const options[] = {"check inter 2000ms", "check inter 500ms",
                                      "check inter 500ms maxconn 100"};

static size_t serving_before;
static bool may_empty;

/* After each command: it was not the one that took the last server away, and nobody may be sent to
 * an address that is no member's. */
static void assert_not_emptied(struct world *w)
{
    const struct sim_backend *b = &w->sim->backends[0];
    size_t now = sim_serving(w->sim, "live");

    for (size_t i = 0; i < b->count; i++)
        assert_true(b->servers[i].maint || b->servers[i].port == PORT);
    assert_true(now > 0 || serving_before == 0 || may_empty);
    serving_before = now;
}

static size_t count_ready(const struct world *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->want.backends[0].server_count; i++)
        n += w->want.backends[0].servers[i].admin == ADMIN_READY;
    return n;
}

/* Another wish; hosts are shared by the versions, now and then nobody is registered. */
static void wish(struct world *w)
{
    const char *source = sources[world_pick(3)];
    bool nobody = world_pick(8) == 0;
    struct desired_backend *b = world_want_backend(w);

    if (world_pick(3) == 0)
        w->args = options[world_pick(3)];
    b->source = str_z(source);
    for (unsigned i = 1; i <= HOSTS && !nobody; i++) {
        char host[32];
        if (world_pick(2))
            continue;
        (void)snprintf(host, sizeof host, "10.0.0.%u", i);
        world_add_wanted(w, b, host, PORT, 1 + world_pick(30),
                         world_pick(8) ? ADMIN_READY : ADMIN_DRAIN, source);
    }
    world_sort(b);
    may_empty = count_ready(w) == 0; /* who was lost, and not switched away from, goes */
}

static void live(struct world *w, bool well)
{
    struct sim_backend *b = &w->sim->backends[0];

    for (size_t i = 0; i < b->count; i++) {
        struct sim_server *s = &b->servers[i];
        if (s->health && well)
            s->check = HAVE_CHECK_PASSED;
        else if (s->health && world_pick(4) == 0)
            s->check = world_pick(3) ? HAVE_CHECK_PASSED : HAVE_CHECK_FAILED;
        if ((s->maint || s->drain) && s->sessions > 0 && world_pick(2)) {
            s->sessions--;
            s->idle++;
        } else if (!s->maint && !s->drain)
            s->sessions = world_pick(3);
    }
    w->now_ms += world_pick(300);
    serving_before = sim_serving(w->sim, "live");
}

/* One turn of the agent, whole or not. True when nothing is left to do. */
static bool turn(struct world *w, bool well)
{
    struct have *have;
    struct plan p = world_plan(w, &have);
    bool quiet = p.count == 0 && p.wake_ms < 0 && !p.waits && p.reasons.count == 0;
    size_t limit = world_pick((unsigned)p.count + 1);

    serving_before = sim_serving(w->sim, "live");
    if (well || world_pick(3))
        world_send(w, &p, p.count, assert_not_emptied);
    else if (world_pick(2))
        world_send(w, &p, limit, assert_not_emptied);
    else
        world_send_and_die(w, &p, limit, world_pick((unsigned)limit + 1), assert_not_emptied);
    if (p.reasons.count && (well || world_pick(2)))
        world_reload(w);
    plan_free(&p);
    have_free(have);
    live(w, well);
    return quiet;
}

static void assert_is_as_wished(struct world *w)
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
        assert_true(str_eq_z(want->args, s->args));
        assert_int_equal(s->drain, want->admin == ADMIN_DRAIN);
        assert_false(s->maint);
    }
    assert_int_equal(w->sim->backends[0].count, b->server_count);
}

static void live_one_life(uint64_t seed)
{
    size_t rounds = 0;
    struct world w;

    world_seed(seed);
    world_init(&w);
    w.add_checked = world_pick(4) == 0;
    w.warmup_ms = world_pick(2) ? 0 : 1000;
    sim_add_backend(w.sim, "live");
    for (int step = 0; step < STEPS_OF_A_LIFE; step++) {
        wish(&w);
        for (unsigned i = world_pick(ROUNDS_OF_A_STEP); i > 0; i--)
            (void)turn(&w, false);
    }
    while (count_ready(&w) == 0)
        wish(&w);
    while (!turn(&w, true))
        assert_true(rounds++ < ROUNDS_TO_SETTLE);
    assert_is_as_wished(&w);
    assert_int_equal(w.sim->refused, 0);
    world_fini(&w);
}

static void test_switches_never_empty_a_pool_and_all_end(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++)
        live_one_life(seed);
}

/* Two or more serve, and their options change: one of them is away at a time, at most. */
static void test_changed_options_take_out_one_after_the_other(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        size_t rounds = 0, all;
        struct desired_backend *b;
        struct world w;

        world_seed(seed);
        world_init(&w);
        sim_add_backend(w.sim, "live");
        all = 2 + world_pick(HOSTS - 1);
        for (int change = 0; change < 3; change++) {
            w.args = options[change];
            b = world_want_backend(&w);
            for (unsigned i = 1; i <= all; i++) {
                char host[32];
                (void)snprintf(host, sizeof host, "10.0.0.%u", i);
                world_add_wanted(&w, b, host, 80, i, ADMIN_READY, sources[0]);
            }
            may_empty = false;
            while (!turn(&w, true)) {
                assert_true(rounds++ < ROUNDS_TO_SETTLE);
                assert_true(change == 0 || sim_serving(w.sim, "live") >= all - 1);
            }
            assert_is_as_wished(&w);
        }
        world_fini(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_switches_never_empty_a_pool_and_all_end),
        cmocka_unit_test(test_changed_options_take_out_one_after_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
