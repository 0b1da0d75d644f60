/* SPDX-License-Identifier: Apache-2.0 */
/* Backends come, go and change their profile at random, commands fail anywhere, HAProxy and the
 * agent are restarted: every wish is reached, and a backend that was served is served. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proxies_scene.h"

#include <stdio.h>
#include <string.h>

enum { NAMES = 5, LIVES = 150, STEPS = 12, ROUNDS = 300 };

/* One is named as a generation of another. */
static const char *const names[NAMES] = {"a", "a.2", "b", "c", "d"};
/* The last one does not run from the start. */
static const char *const balances[] = {"roundrobin", "leastconn", "first", "source"};

static struct proxies_scene scene;
static bool served[NAMES]; /* and is to be served on */

static void note_served(void)
{
    for (unsigned i = 0; i < NAMES; i++)
        served[i] =
            objects_backend(scene.objects, str_z(names[i])) && scene_serving(&scene, names[i]) > 0;
}

static void assert_served(struct world *w)
{
    (void)w;
    for (unsigned i = 0; i < NAMES; i++) {
        if (served[i] && scene_serving(&scene, names[i]) == 0)
            fail_msg("nobody serves %s, which is led to %s", names[i],
                     scene_route(&scene, names[i]));
    }
}

static void put(unsigned n)
{
    char text[512];
    int at = snprintf(text, sizeof text, "{'type':'static','balance':'%s','members':[",
                      balances[world_pick(8) ? world_pick(3) : 3]);

    for (unsigned i = 0, count = 1 + world_pick(3); i < count; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "%s{'host':'10.0.%u.%u','port':80}",
                       i ? "," : "", n, i + 1 + world_pick(2) * 3);
    (void)snprintf(text + at, sizeof text - (size_t)at, "]}");
    scene_put(&scene, names[n], text);
}

static void wish(void)
{
    for (unsigned i = 0, count = 1 + world_pick(3); i < count; i++) {
        unsigned n = world_pick(NAMES);
        if (world_pick(3))
            put(n);
        else
            scene_delete(&scene, names[n]);
    }
}

static void live_a_little(void)
{
    for (size_t i = 0; i < scene.w.sim->backend_count; i++) {
        for (size_t k = 0; k < scene.w.sim->backends[i].count; k++) {
            struct sim_server *v = &scene.w.sim->backends[i].servers[k];
            if (v->health && v->check == HAVE_CHECK_UNKNOWN && world_pick(3) == 0)
                v->check = HAVE_CHECK_PASSED;
            v->sessions = v->drain || v->maint ? v->sessions / 2 : world_pick(3);
        }
    }
    scene.w.now_ms += world_pick(300);
}

/* What somebody does to both. */
static void disturb(void)
{
    unsigned what = world_pick(60);

    if (what == 0)
        scene_restart_agent(&scene);
    else if (what == 1)
        scene_restart_haproxy(&scene);
    else if (what == 2 && scene.w.sim->can_add)
        scene.w.sim->backends[world_pick((unsigned)scene.w.sim->backend_count)].pinned = true;
}

/* True when nothing is left to be done. */
static bool turn(bool disturbed)
{
    struct have *have;
    struct plan p = scene_plan(&scene, &have);
    size_t limit = disturbed && world_pick(4) == 0 ? world_pick((unsigned)p.count + 1) : p.count;
    bool done = p.count == 0 && p.wake_ms < 0 && p.reasons.count == 0;

    note_served();
    world_send(&scene.w, &p, limit, assert_served);
    if (p.reasons.count && world_pick(3) == 0) {
        scene_reload(&scene);
        assert_served(&scene.w);
    }
    plan_free(&p);
    have_free(have);
    live_a_little();
    if (disturbed)
        disturb();
    return done;
}

static void settle(void)
{
    unsigned quiet = 0;

    for (unsigned i = 0; i < ROUNDS && quiet < 2; i++)
        quiet = turn(false) ? quiet + 1 : 0;
    assert_int_equal(quiet, 2);
    scene_assert_reached(&scene);
}

/* How many backends were taken over, and how many states as a whole, in all turns. */
static void live(bool can_add, size_t *shared, size_t *whole)
{
    scene_init(&scene, can_add);
    for (unsigned step = 0; step < STEPS; step++) {
        wish();
        for (unsigned i = 0, turns = world_pick(20); i < turns; i++)
            (void)turn(true);
        if (world_pick(3) == 0)
            settle();
    }
    settle();
    *shared += scene.shared;
    *whole += scene.whole;
    scene_fini(&scene);
}

static void test_backends_made_at_runtime_converge_and_serve_on(void **state)
{
    size_t shared = 0, whole = 0;

    (void)state;
    for (unsigned seed = 1; seed <= LIVES; seed++) {
        world_seed(seed);
        live(true, &shared, &whole);
    }
    assert_true(shared > LIVES * STEPS); /* or only the full computation was tried */
    assert_true(whole > LIVES);
}

static void test_backends_on_spares_converge_and_serve_on(void **state)
{
    size_t shared = 0, whole = 0;

    (void)state;
    for (unsigned seed = 1; seed <= LIVES; seed++) {
        world_seed(seed);
        live(false, &shared, &whole);
    }
    assert_true(shared > LIVES * STEPS); /* or only the full computation was tried */
    assert_true(whole > LIVES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backends_made_at_runtime_converge_and_serve_on),
        cmocka_unit_test(test_backends_on_spares_converge_and_serve_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
