/* SPDX-License-Identifier: Apache-2.0 */
#include "golden_scene.h"

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

void golden_check(const char *file, const char *have, const char *want, unsigned sessions,
                  int64_t warmup_ms)
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
