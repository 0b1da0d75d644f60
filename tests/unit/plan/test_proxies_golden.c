/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent when backends come, go and change their profile, as text: tests/golden/plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"
#include "proxies_scene.h"

#include "base/buf.h"

enum { TEXT_BYTES = 65536, ROUNDS = 40 };

#define ONE "{'type':'static','members':[{'host':'10.0.0.1','port':80}]}"
#define ONE_FIRST "{'type':'static','balance':'first','members':[{'host':'10.0.0.1','port':80}]}"
#define ONE_URI "{'type':'static','balance':'uri','members':[{'host':'10.0.0.1','port':80}]}"

static struct proxies_scene scene;
static struct buf out;

static void live(void)
{
    for (size_t i = 0; i < scene.w.sim->backend_count; i++) {
        for (size_t k = 0; k < scene.w.sim->backends[i].count; k++) {
            struct sim_server *v = &scene.w.sim->backends[i].servers[k];
            if (v->health)
                v->check = HAVE_CHECK_PASSED;
            v->sessions -= v->sessions > 0;
        }
    }
}

static void put_plan(unsigned round, const struct plan *p)
{
    buf_printf(&out, "== %u%s\n%s", round, p->waits ? ", it waits" : "", world_text(p));
    for (size_t i = 0; i < p->reasons.count; i++)
        buf_printf(&out, "reload: " STR_FMT ": " STR_FMT ": " STR_FMT "\n",
                   STR_ARG(p->reasons.items[i].object), STR_ARG(p->reasons.items[i].field),
                   STR_ARG(p->reasons.items[i].why));
}

/* Until nothing is to be done, or only a reload helps. */
static void settle(const char *what)
{
    bool done = false;

    buf_printf(&out, "==== %s\n", what);
    for (unsigned round = 1; round <= ROUNDS && !done; round++) {
        struct have *have;
        struct plan p = scene_plan(&scene, &have);
        done = p.count == 0 && (p.wake_ms < 0 || p.reasons.count);
        if (p.count || p.reasons.count)
            put_plan(round, &p);
        world_send(&scene.w, &p, p.count, NULL);
        live();
        scene.w.now_ms = p.wake_ms > scene.w.now_ms ? p.wake_ms : scene.w.now_ms;
        plan_free(&p);
        have_free(have);
    }
    assert_true(done);
}

static void begin(bool can_add)
{
    buf_init(&out, TEXT_BYTES);
    scene_init(&scene, can_add);
}

static void end(const char *file)
{
    assert_int_equal(scene.w.sim->refused, 0);
    given_golden(file, buf_str(&out));
    scene_fini(&scene);
    buf_free(&out);
}

static void put_sessions(const char *proxy, unsigned sessions)
{
    struct sim_backend *b = sim_backend(scene.w.sim, proxy);

    for (size_t i = 0; i < b->count; i++)
        b->servers[i].sessions = sessions;
}

static void test_backends_made_at_runtime(void **state)
{
    (void)state;
    begin(true);
    scene_put(&scene, "web",
              "{'type':'static','host':'a.example','health':{'uri':'/up'},"
              "'members':[{'host':'10.0.0.1','port':80}]}");
    settle("a profile that does not run");
    scene_put(&scene, "web", ONE);
    settle("created");
    put_sessions("web", 2);
    scene_put(&scene, "web", ONE_FIRST);
    settle("another profile, while sessions last");
    scene_put(&scene, "web", ONE);
    settle("the first profile again");
    scene_delete(&scene, "web");
    settle("deleted");
    end("tests/golden/plan/backends.txt");
}

static void test_backends_on_spares(void **state)
{
    (void)state;
    begin(false);
    scene_put(&scene, "web", ONE);
    settle("created");
    scene_put(&scene, "web", ONE_FIRST);
    settle("another profile");
    scene_put(&scene, "api", ONE_FIRST);
    settle("the last spare of its profile");
    scene_put(&scene, "db", ONE_FIRST);
    settle("no spare is left");
    scene_reload(&scene);
    settle("after the reload");
    scene_delete(&scene, "api");
    scene_put(&scene, "new", ONE_FIRST);
    settle("deleted, and another one created");
    scene_put(&scene, "web", ONE_URI);
    settle("a profile that does not run");
    end("tests/golden/plan/spares.txt");
}

/* A template whose backends have sections of their own: all is as it was. */
static void test_a_template_that_is_not_plain(void **state)
{
    (void)state;
    begin(true);
    scene.plain = false;
    scene_put(&scene, "web", ONE);
    settle("created");
    end("tests/golden/plan/backends-not-plain.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backends_made_at_runtime),
        cmocka_unit_test(test_backends_on_spares),
        cmocka_unit_test(test_a_template_that_is_not_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
