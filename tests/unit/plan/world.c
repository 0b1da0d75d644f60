/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SETTLE_ROUNDS = 80 };

static uint64_t seed_now;

void world_seed(uint64_t seed)
{
    seed_now = seed;
}

unsigned world_pick(unsigned n)
{
    seed_now = seed_now * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed_now >> 33) % n;
}

void world_init(struct world *w)
{
    *w = (struct world){.sim = calloc(1, sizeof *w->sim),
                        .ledger = ledger_new(),
                        .proxies = proxies_new(),
                        .maps = map_cache_new(),
                        .now_ms = 1000};
    assert_non_null(w->sim);
}

void world_fini(struct world *w)
{
    free(w->sim);
    ledger_free(w->ledger);
    proxies_free(w->proxies);
    map_cache_free(w->maps);
    arena_free(&w->want.arena);
}

void world_restart_agent(struct world *w)
{
    map_cache_clear(w->maps);
    w->now_ms += 5000;
}

struct plan_input world_input(struct world *w, const struct have *have)
{
    return (struct plan_input){.want = &w->want,
                               .have = have,
                               .fresh = true,
                               .quiet = w->quiet,
                               .maps = w->maps,
                               .ledger = w->ledger,
                               .proxies = w->proxies,
                               .can_add = w->sim->can_add,
                               .folder = STR("/d"),
                               .now_ms = w->now_ms,
                               .poll_ms = 50,
                               .drain_timeout_ms = 1000,
                               .min_healthy = 1,
                               .warmup_ms = w->warmup_ms,
                               .add_checked = w->add_checked};
}

struct plan world_plan(struct world *w, struct have **have)
{
    struct plan p;
    struct plan_input in;

    *have = sim_observe(w->sim, true);
    map_cache_update(w->maps, *have);
    in = world_input(w, *have);
    plan_make(&in, &p);
    plan_note_made(w->ledger, w->proxies, &p);
    plan_note_sending(w->ledger, &in, &p);
    return p;
}

void world_send(struct world *w, const struct plan *p, size_t limit, void (*each)(struct world *))
{
    for (size_t i = 0; i < p->count && i < limit; i++) {
        const char *reply = sim_command(w->sim, &p->ops[i]);
        plan_note_reply(w->ledger, w->proxies, &p->ops[i],
                        reply_classify(p->ops[i].kind, str_z(reply)));
        if (each)
            each(w);
    }
}

void world_send_and_die(struct world *w, const struct plan *p, size_t limit, size_t heard,
                        void (*each)(struct world *))
{
    world_send(w, p, heard < limit ? heard : limit, each);
    for (size_t i = heard; i < p->count && i < limit; i++) {
        (void)sim_command(w->sim, &p->ops[i]);
        each(w);
    }
    world_restart_agent(w);
}

void world_reload(struct world *w)
{
    struct have *have;

    for (size_t i = 0; i < w->want.backends[0].server_count; i++) {
        const struct desired_server *s = &w->want.backends[0].servers[i];
        char name[SIM_TEXT];
        struct sim_server *v = sim_server(w->sim, "live", str_copy(name, sizeof name, s->name));
        if (!v)
            continue;
        str_copy(v->args, sizeof v->args, s->args);
        ledger_set_text(&ledger_touch(w->ledger, STR("live"), s->name)->args, s->args);
    }
    have = sim_observe(w->sim, true);
    ledger_rebase(w->ledger, have, true);
    have_free(have);
}

void world_add_wanted(struct world *w, struct desired_backend *b, const char *host, unsigned port,
                      unsigned weight, enum server_admin admin, const char *source)
{
    struct desired_server *s = ARENA_PUSH(&w->want.arena, b->servers, b->server_count);

    *s = (struct desired_server){
        .name = arena_printf(&w->want.arena, "live_%s:%u", host, port),
        .address = arena_str(&w->want.arena, str_z(host)),
        .port = (uint16_t)port,
        .weight = weight,
        .admin = admin,
        .host = arena_str(&w->want.arena, str_z(host)),
        .source = str_z(source),
        .args = str_z(w->args ? w->args : "check inter 2000ms"),
    };
    b->source = s->source;
}

struct desired_backend *world_want_backend(struct world *w)
{
    static struct backend object;

    object.name = STR("live");
    arena_free(&w->want.arena);
    w->want = (struct desired){.refs = 1};
    w->want.backends = ARENA_NEW(&w->want.arena, struct desired_backend);
    w->want.backend_count = 1;
    w->want.backends[0] = (struct desired_backend){.object = &object, .proxy = STR("live")};
    return &w->want.backends[0];
}

static int server_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct desired_server *)a)->name,
                   ((const struct desired_server *)b)->name);
}

void world_sort(struct desired_backend *b)
{
    if (b->server_count)
        qsort(b->servers, b->server_count, sizeof *b->servers, server_cmp);
}

char *world_text(const struct plan *p)
{
    static char text[8192];
    size_t n = 0;

    text[0] = 0;
    for (size_t i = 0; i < p->count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, STR_FMT "\n", STR_ARG(p->ops[i].command));
    return text;
}

void world_settle(struct world *w)
{
    for (int i = 0; i < SETTLE_ROUNDS; i++) {
        struct have *have;
        struct plan p = world_plan(w, &have);
        bool done = p.count == 0 && p.wake_ms < 0;
        world_send(w, &p, p.count, NULL);
        if (p.wake_ms > w->now_ms)
            w->now_ms = p.wake_ms;
        plan_free(&p);
        have_free(have);
        if (done)
            return;
    }
    fail_msg("the plans do not become empty");
}

int64_t world_expect(struct world *w, const char *text, bool send)
{
    struct have *have;
    struct plan p = world_plan(w, &have);
    int64_t wake_ms = p.wake_ms;

    assert_string_equal(world_text(&p), text);
    if (send)
        world_send(w, &p, p.count, NULL);
    plan_free(&p);
    have_free(have);
    return wake_ms;
}
