/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/observe.h"

#include "plan/replies.h"

#include <stdlib.h>

enum question {
    ASK_INFO,
    ASK_HELP,
    ASK_BACKENDS,
    ASK_STATE,
    ASK_CONN,
    ASK_STAT,
    ASK_PROXIES,
    ASK_LUA,
    ASK_MAPS,
    ASK_MAP
};

struct observation;

struct asked {
    struct observation *whole;
    enum question question;
    struct str about; /* backend or map; empty: all */
    struct str command;
};

struct observation {
    struct have *have;
    struct asked *items;
    size_t count, ended;
    struct err failure;
    observe_on_done *on_done;
    void *ctx;
};

/* The questions live in the arena of the result: both end together or with the callee. */
static void ask(struct observation *o, enum question question, struct str about, struct str command)
{
    *ARENA_PUSH(&o->have->arena, o->items, o->count) =
        (struct asked){.whole = o, .question = question, .about = about, .command = command};
}

static void ask_servers(struct observation *o, const struct observe_request *q, struct str about)
{
    struct arena *a = &o->have->arena;
    struct str name = arena_str(a, about);
    const char *blank = name.n ? " " : "";

    ask(o, ASK_STATE, name, arena_printf(a, "show servers state%s" STR_FMT, blank, STR_ARG(name)));
    if (q->connections)
        ask(o, ASK_CONN, name,
            arena_printf(a, "show servers conn%s" STR_FMT, blank, STR_ARG(name)));
    if (q->sessions)
        ask(o, ASK_STAT, name,
            arena_printf(a, "show stat " STR_FMT " 6 -1", STR_ARG(name.n ? name : STR("-1"))));
}

static void ask_part(struct observation *o, const struct observe_request *q)
{
    struct have *h = o->have;
    struct str *asked = ARENA_ARRAY(&h->arena, struct str, q->backend_count);

    for (size_t i = 0; i < q->backend_count; i++) {
        asked[i] = arena_str(&h->arena, q->backends[i]);
        ask_servers(o, q, asked[i]);
        if (q->published && !q->sessions)
            ask(o, ASK_STAT, asked[i],
                arena_printf(&h->arena, "show stat " STR_FMT " 2 -1", STR_ARG(asked[i])));
    }
    h->part = true;
    h->asked = asked;
    h->asked_count = q->backend_count;
}

static void ask_all(struct observation *o, const struct observe_request *q)
{
    struct arena *a = &o->have->arena;

    o->have->members_read = q->proxies && q->members;
    ask(o, ASK_INFO, STR(""), STR("show info"));
    if (q->abilities)
        ask(o, ASK_HELP, STR(""), STR("help"));
    if (q->backends) {
        ask_part(o, q);
    } else {
        ask(o, ASK_BACKENDS, STR(""), STR("show backend"));
        ask_servers(o, q, STR(""));
        if (q->published && !q->sessions && !q->proxies)
            ask(o, ASK_STAT, STR(""), STR("show stat -1 2 -1"));
    }
    if (q->proxies)
        ask(o, ASK_PROXIES, STR(""),
            q->members ? STR("show stat -1 7 -1") : STR("show stat -1 3 -1"));
    if (q->proxies && q->lua)
        ask(o, ASK_LUA, STR(""), STR("show thalassa counters"));
    if (q->maps || q->read_map_count)
        ask(o, ASK_MAPS, STR(""), STR("show map"));
    for (size_t i = 0; i < q->read_map_count; i++) {
        struct str path = arena_str(a, q->read_maps[i]);
        ask(o, ASK_MAP, path, arena_printf(a, "show map " STR_FMT, STR_ARG(path)));
    }
}

static int parse(struct have *h, const struct asked *q, struct str reply, struct err *e)
{
    if (q->about.n && q->question != ASK_MAP && reply_no_backend(reply))
        return 0;
    switch (q->question) {
    case ASK_INFO: return have_parse_info(h, reply, e);
    case ASK_HELP: h->help = arena_str(&h->arena, reply); return 0;
    case ASK_BACKENDS: return have_parse_backends(h, reply, e);
    case ASK_STATE:
        if (have_parse_servers_state(h, reply, e))
            return -1;
        return q->about.n ? have_note_backend(h, q->about, e) : 0;
    case ASK_CONN: return have_parse_servers_conn(h, reply, e);
    case ASK_STAT: return have_parse_stat_sessions(h, reply, e);
    case ASK_PROXIES: return have_parse_stat_proxies(h, reply, e);
    case ASK_LUA: have_parse_lua_counters(h, reply); return 0;
    case ASK_MAPS: return have_parse_maps(h, reply, e);
    case ASK_MAP:
        if (!have_find_map(h, q->about) || reply_no_map(reply))
            return 0;
        return have_parse_map(h, q->about, reply, e);
    }
    return -1;
}

static void finish(struct observation *o)
{
    bool failed = o->failure.kind != ERR_NONE;

    if (failed)
        have_free(o->have);
    o->on_done(o->ctx, failed ? NULL : o->have, failed ? &o->failure : NULL);
    free(o);
}

static void on_reply(void *ctx, const struct err *failure, struct str reply)
{
    struct asked *q = ctx;
    struct observation *o = q->whole;

    if (o->failure.kind == ERR_NONE) {
        if (failure)
            o->failure = *failure;
        else
            (void)parse(o->have, q, reply, &o->failure);
    }
    if (++o->ended == o->count)
        finish(o);
}

static int send_all(struct observation *o, struct runtime *r, double deadline_s, struct err *e)
{
    struct str *commands = ARENA_ARRAY(&o->have->arena, struct str, o->count);

    for (size_t i = 0; i < o->count; i++)
        commands[i] = o->items[i].command;
    if (runtime_accepts(r, commands, o->count, e))
        return -1;
    for (size_t i = 0; i < o->count; i++)
        (void)runtime_send(r, commands[i], deadline_s, on_reply, &o->items[i], NULL);
    return 0;
}

int observe_start(struct runtime *r, const struct observe_request *request, double deadline_s,
                  observe_on_done *on_done, void *ctx, struct err *e)
{
    struct observation *o = calloc(1, sizeof *o);

    if (!o)
        abort();
    o->have = have_new();
    o->on_done = on_done;
    o->ctx = ctx;
    ask_all(o, request);
    if (send_all(o, r, deadline_s, e)) {
        have_free(o->have);
        free(o);
        return -1;
    }
    return 0;
}
