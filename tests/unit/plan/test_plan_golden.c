/* SPDX-License-Identifier: Apache-2.0 */
/* Two states and the commands between them, as text: tests/golden/plan. Objects and members as the
 * API has them go through build_desired, the planner and the simulated HAProxy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"
#include "world.h"

#include "base/buf.h"
#include "control/build.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 65536, ROUNDS = 40 };

/* {'frontends':{NAME:{..}},'backends':{NAME:{..}},'members':{BACKEND:[..]},
 * 'overrides':{BACKEND:[..]}} */
struct state {
    struct arena arena;
    struct json *tree;
    struct objects *objects;
    struct desired *desired;
};

/* An object of the state; empty when it is not given. */
static const struct json *part(const struct state *s, const char *key)
{
    static const struct json none = {.type = JSON_OBJECT};
    const struct json *o = json_get(s->tree, key);

    return o ? o : &none;
}

static struct pool_members members_of(void *ctx, struct arena *a, const struct backend *b)
{
    const struct state *s = ctx;
    struct pool_members out = {0};
    struct err e;

    if (b->type == BACKEND_STATIC)
        return (struct pool_members){.list = b->members};
    JSON_EACH(pool, part(s, "members")) {
        if (!str_eq(pool->key, b->name))
            continue;
        JSON_EACH(o, pool) {
            struct member *m = ARENA_PUSH(a, out.list.items, out.list.count);
            assert_int_equal(member_read(a, o, m, &e), 0);
            m->address = m->host;
        }
    }
    return out;
}

static void state_init(struct state *s, const char *quoted)
{
    struct err e = {0};

    *s = (struct state){.objects = objects_new()};
    s->tree = given_json(&s->arena, quoted);
    JSON_EACH(o, part(s, "frontends")) {
        struct frontend *f = frontend_parse(o->key, o, &e);
        assert_non_null(f);
        objects_put_frontend(s->objects, f);
        frontend_unref(f);
    }
    JSON_EACH(o, part(s, "backends")) {
        struct backend *b = backend_parse(o->key, o, &e);
        assert_non_null(b);
        objects_put_backend(s->objects, b);
        backend_unref(b);
    }
    JSON_EACH(o, part(s, "overrides")) {
        struct str_list problems = {0};
        struct override_set *set = override_set_read(o->key, o, &s->arena, &problems);
        assert_int_equal(problems.count, 0);
        objects_put_overrides(s->objects, set);
        override_set_unref(set);
    }
}

static void state_build(struct state *s, const struct have *have, const struct ledger *ledger)
{
    static const struct render_caps caps = {.guid = false};
    struct build_input in = {.objects = s->objects,
                             .ctx = s,
                             .members = members_of,
                             .have = have,
                             .ledger = ledger,
                             .caps = &caps};
    struct str_list problems;

    desired_unref(s->desired);
    s->desired = build_desired(&in, &problems);
    assert_int_equal(problems.count, 0);
}

static void state_fini(struct state *s)
{
    desired_unref(s->desired);
    objects_unref(s->objects);
    arena_free(&s->arena);
}

/* HAProxy has started with the proxies and the (empty) maps of a state. */
static void start_haproxy(struct sim *sim, const struct desired *d)
{
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < d->backend_count; i++)
        sim_add_backend(sim, arena_str(&a, d->backends[i].proxy).p);
    for (size_t i = 0; i < d->map_count; i++)
        sim_add_map(sim, arena_printf(&a, "/d/" STR_FMT, STR_ARG(d->maps[i].name)).p);
    sim_add_map(sim, "/d/maps/active.map");
    for (size_t i = 0; i < d->ruleset_count; i++) {
        const struct ruleset *r = &d->rulesets[i];
        sim_add_map(sim, arena_printf(&a, "/d/maps/" STR_FMT ".map", STR_ARG(r->ranks.name)).p);
        for (size_t k = 0; k < 2 * r->kind_count; k++)
            sim_add_map(sim, arena_printf(&a, "/d/maps/" STR_FMT ".%c.map",
                                          STR_ARG(r->kinds[k / 2].name), k % 2 ? 'b' : 'a')
                                 .p);
    }
    arena_free(&a);
}

/* Checks pass, sessions end. */
static void live(struct sim *sim)
{
    for (size_t i = 0; i < sim->backend_count; i++) {
        for (size_t k = 0; k < sim->backends[i].count; k++) {
            struct sim_server *s = &sim->backends[i].servers[k];
            if (s->health)
                s->check = HAVE_CHECK_PASSED;
            s->sessions -= s->sessions > 0;
        }
    }
}

/* What is waited for in vain again is not told again. */
static void put_plan(struct buf *out, unsigned round, const struct world *w, const struct plan *p,
                     bool waited)
{
    if (p->count == 0 && p->wake_ms >= 0 && waited)
        return;
    buf_printf(out, "== %u", round);
    if (p->wake_ms >= 0)
        buf_printf(out, ", look again in %lld ms", (long long)(p->wake_ms - w->now_ms));
    buf_printf(out, "%s\n", p->waits ? ", somebody serves on" : "");
    buf_add_z(out, world_text(p));
    for (size_t i = 0; i < p->reasons.count; i++)
        buf_printf(out, "reload: " STR_FMT ": " STR_FMT ": " STR_FMT "\n",
                   STR_ARG(p->reasons.items[i].object), STR_ARG(p->reasons.items[i].field),
                   STR_ARG(p->reasons.items[i].why));
}

static void settle(struct world *w, struct state *s, struct buf *out)
{
    bool waited = false;

    for (unsigned round = 1; round <= ROUNDS; round++) {
        struct have *have = sim_observe(w->sim, true);
        struct plan_input in;
        struct plan p;
        bool done;

        state_build(s, have, w->ledger);
        map_cache_update(w->maps, have);
        in = world_input(w, have);
        in.want = s->desired;
        plan_make(&in, &p);
        plan_note_made(w->ledger, w->proxies, &p);
        plan_note_sending(w->ledger, &in, &p);
        if (out)
            put_plan(out, round, w, &p, waited);
        waited = p.count == 0;
        world_send(w, &p, p.count, NULL);
        live(w->sim);
        w->now_ms = p.wake_ms > w->now_ms ? p.wake_ms : w->now_ms;
        done = p.count == 0 && p.wake_ms < 0;
        plan_free(&p);
        have_free(have);
        if (done)
            return;
    }
    fail_msg("the plans do not become empty");
}

static int64_t warmup_ms; /* of the next check */

/* `sessions` of each server when the second state is wanted. */
static void check(const char *file, const char *have, const char *want, unsigned sessions)
{
    struct state before, after;
    struct world w;
    struct buf out;

    world_init(&w);
    w.warmup_ms = warmup_ms;
    state_init(&before, have);
    state_init(&after, want);
    state_build(&before, NULL, w.ledger);
    start_haproxy(w.sim, before.desired);
    settle(&w, &before, NULL);
    for (size_t i = 0; i < w.sim->backends[0].count; i++)
        w.sim->backends[0].servers[i].sessions = sessions;
    buf_init(&out, TEXT_BYTES);
    buf_printf(&out, "== have\n%s\n== want\n%s\n", have, want);
    settle(&w, &after, &out);
    assert_int_equal(w.sim->refused, 0);
    given_golden(file, buf_str(&out));
    buf_free(&out);
    state_fini(&before);
    state_fini(&after);
    world_fini(&w);
}

#define LIVE "{'type':'dynamic','name':'app','version':'1.0.0'}"
#define LIVE_2 "{'type':'dynamic','name':'app','version':'2.0.0'}"
#define MEMBER(n) "{'host':'10.0.0." n "','port':80}"

static void test_members_come_and_go(void **state)
{
    (void)state;
    check("tests/golden/plan/members.txt",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("2") "," MEMBER("3") "]}}",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[{'host':'10.0.0.1','port':80,'weight':7},\n"
          "  {'host':'10.0.0.2','port':80,'health':'critical'},\n"
          "  {'host':'fd00::4','port':8080}]}}",
          2);
}

static void test_switch_of_versions(void **state)
{
    (void)state;
    check("tests/golden/plan/switch.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
          "{'backends':{'live':" LIVE_2 "},'members':{'live':[" MEMBER("2") "," MEMBER("3") "]}}",
          1);
}

static void test_switch_to_a_version_without_members(void **state)
{
    (void)state;
    check("tests/golden/plan/switch-to-nobody.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}",
          "{'backends':{'live':" LIVE_2 "}}", 1);
}

static void test_sessions_that_last_are_cut(void **state)
{
    (void)state;
    check("tests/golden/plan/drain-timeout.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}", 100);
}

static void test_static_members(void **state)
{
    (void)state;
    check("tests/golden/plan/static.txt",
          "{'backends':{'db':{'type':'static','mode':'tcp','members':[\n"
          " {'host':'10.0.0.1','port':5432}]}}}",
          "{'backends':{'db':{'type':'static','mode':'tcp','members':[\n"
          " {'host':'10.0.0.1','port':5432,'weight':3},\n"
          " {'host':'10.0.0.2','port':5432,'backup':true}]}}}",
          0);
}

static void test_rules_and_default(void **state)
{
    (void)state;
    check("tests/golden/plan/rules.txt",
          "{'frontends':{'web':{'bind':'*:80','backend':'live','rules':[\n"
          " {'operation':'path_beg','value':'/api','backend':'api'}]}},\n"
          " 'backends':{'live':{'type':'static'},'api':{'type':'static','host':'a.example'}}}",
          "{'frontends':{'web':{'bind':'*:80','backend':'api','rules':[\n"
          " {'operation':'hdr_dom','header':'host','value':'old.example','backend':'live'},\n"
          " {'operation':'path_beg','value':'/api /v2;x','backend':'live'}]}},\n"
          " 'backends':{'live':{'type':'static'},'api':{'type':'static','host':'b.example'}}}",
          0);
}

static void test_options_of_servers(void **state)
{
    (void)state;
    check("tests/golden/plan/options.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}",
          "{'backends':{'live':{'type':'dynamic','name':'app','version':'1.0.0',\n"
          " 'health':{'interval':500}}},'members':{'live':[" MEMBER("1") "]}}",
          0);
}

static void test_options_one_after_the_other(void **state)
{
    (void)state;
    check("tests/golden/plan/options-in-turn.txt",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("2") "," MEMBER("3") "]}}",
          "{'backends':{'live':{'type':'dynamic','name':'app','version':'1.0.0',\n"
          " 'server':['maxconn 100']}},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("2") "," MEMBER("3") "]}}",
          1);
}

static void test_sticky_members_get_their_cookie(void **state)
{
    (void)state;
    check("tests/golden/plan/sticky.txt",
          "{'backends':{'live':{'type':'dynamic','name':'app','version':'1.0.0','cookie':'SRV'}},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
          "{'backends':{'live':{'type':'dynamic','name':'app','version':'1.0.0','cookie':'SRV'}},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("3") "]}}",
          100);
}

static void test_a_switch_with_growing_weights(void **state)
{
    (void)state;
    warmup_ms = 1000;
    check("tests/golden/plan/warmup.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
          "{'backends':{'live':" LIVE_2 "},'members':{'live':[" MEMBER("2") "," MEMBER("3") "]}}",
          1);
    warmup_ms = 0;
}

/* The last that serves, too, and at once; taken back, the registry decides. */
static void test_words_of_the_operator(void **state)
{
    (void)state;
    check("tests/golden/plan/overrides.txt",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER(
              "2") ",\n"
                   "  {'host':'10.0.0.3','port':80,'health':'critical'}," MEMBER(
                       "4") "]},\n"
                            " 'overrides':{'live':[{'member':'10.0.0.4:80','state':'drain'}]}}",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER(
              "2") ",\n"
                   "  {'host':'10.0.0.3','port':80,'health':'critical'}," MEMBER(
                       "4") "]},\n"
                            " 'overrides':{'live':[{'member':'10.0.0.1:80','state':'maint'},\n"
                            "  {'member':'10.0.0.2:80','state':'drain','weight':9},\n"
                            "  {'member':'10.0.0.3:80','state':'ready'}]}}",
          2);
}

/* Those of the new version come as the operator wants them, and only the others follow. */
static void test_switch_to_members_with_words(void **state)
{
    (void)state;
    check("tests/golden/plan/overrides-switch.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
          "{'backends':{'live':" LIVE_2 "},\n"
          " 'members':{'live':[" MEMBER("3") "," MEMBER("4") "," MEMBER(
              "5") "]},\n"
                   " 'overrides':{'live':[{'member':'10.0.0.3:80','state':'maint'},\n"
                   "  {'member':'10.0.0.4:80','state':'drain'}]}}",
          1);
}

static void test_switch_to_members_in_maintenance_waits(void **state)
{
    (void)state;
    check("tests/golden/plan/overrides-switch-to-nobody.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}",
          "{'backends':{'live':" LIVE_2 "},'members':{'live':[" MEMBER(
              "2") "]},\n"
                   " 'overrides':{'live':[{'member':'10.0.0.2:80','state':'maint'}]}}",
          1);
}

static void test_nothing_changed(void **state)
{
    const char *both = "{'frontends':{'web':{'bind':'*:80','backend':'live','rules':[\n"
                       " {'operation':'path','value':'/a','backend':'live'}]}},\n"
                       " 'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}";

    (void)state;
    check("tests/golden/plan/nothing.txt", both, both, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_come_and_go),
        cmocka_unit_test(test_switch_of_versions),
        cmocka_unit_test(test_switch_to_a_version_without_members),
        cmocka_unit_test(test_sessions_that_last_are_cut),
        cmocka_unit_test(test_static_members),
        cmocka_unit_test(test_rules_and_default),
        cmocka_unit_test(test_options_of_servers),
        cmocka_unit_test(test_options_one_after_the_other),
        cmocka_unit_test(test_sticky_members_get_their_cookie),
        cmocka_unit_test(test_a_switch_with_growing_weights),
        cmocka_unit_test(test_words_of_the_operator),
        cmocka_unit_test(test_switch_to_members_with_words),
        cmocka_unit_test(test_switch_to_members_in_maintenance_waits),
        cmocka_unit_test(test_nothing_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
