/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/ledger.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

struct ledger {
    struct ledger_entry **slots;  /* open addressing, NULL is free */
    size_t size, used;            /* size is a power of two */
    struct ledger_entry **listed; /* those that ledger_each_dirty has to look at, each once */
    size_t listed_count, listed_room;
};

static char *copy(struct str s)
{
    char *p = malloc(s.n + 1);

    if (!p)
        abort();
    return str_copy(p, s.n + 1, s);
}

void ledger_set_text(struct str *place, struct str value)
{
    char *fresh = copy(value);

    free((char *)(uintptr_t)place->p);
    *place = (struct str){fresh, value.n};
}

static void entry_free(struct ledger_entry *entry)
{
    if (!entry)
        return;
    free((char *)(uintptr_t)entry->backend.p);
    free((char *)(uintptr_t)entry->server.p);
    free((char *)(uintptr_t)entry->args.p);
    free((char *)(uintptr_t)entry->source.p);
    free(entry);
}

struct ledger *ledger_new(void)
{
    struct ledger *l = calloc(1, sizeof *l);

    if (!l)
        abort();
    l->size = 64;
    l->slots = calloc(l->size, sizeof *l->slots);
    if (!l->slots)
        abort();
    return l;
}

void ledger_free(struct ledger *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->size; i++)
        entry_free(l->slots[i]);
    free(l->slots);
    free(l->listed);
    free(l);
}

static void mark_dirty(struct ledger *l, struct ledger_entry *entry)
{
    entry->dirty = true;
    if (entry->listed)
        return;
    if (l->listed_count == l->listed_room) {
        l->listed_room = l->listed_room ? l->listed_room * 2 : 64;
        l->listed = realloc(l->listed, l->listed_room * sizeof *l->listed);
        if (!l->listed)
            abort();
    }
    entry->listed = true;
    l->listed[l->listed_count++] = entry;
}

/* Slot of the entry, or the free slot where it belongs. */
static size_t slot_of(const struct ledger *l, struct str backend, struct str server)
{
    size_t i = (size_t)(hash_str(backend) * 31 + hash_str(server)) & (l->size - 1);

    while (l->slots[i] &&
           (!str_eq(l->slots[i]->server, server) || !str_eq(l->slots[i]->backend, backend)))
        i = (i + 1) & (l->size - 1);
    return i;
}

const struct ledger_entry *ledger_find(const struct ledger *l, struct str backend,
                                       struct str server)
{
    const struct ledger_entry *entry = l->slots[slot_of(l, backend, server)];

    return entry && !entry->gone ? entry : NULL;
}

static void resize(struct ledger *l, size_t size)
{
    struct ledger_entry **old = l->slots;
    size_t old_size = l->size;

    l->slots = calloc(size, sizeof *l->slots);
    if (!l->slots)
        abort();
    l->size = size;
    for (size_t i = 0; i < old_size; i++) {
        if (old[i])
            l->slots[slot_of(l, old[i]->backend, old[i]->server)] = old[i];
    }
    free(old);
}

struct ledger_entry *ledger_touch(struct ledger *l, struct str backend, struct str server)
{
    size_t at;

    if ((l->used + 1) * 4 > l->size * 3)
        resize(l, l->size * 2);
    at = slot_of(l, backend, server);
    if (!l->slots[at]) {
        struct ledger_entry *entry = calloc(1, sizeof *entry);
        if (!entry)
            abort();
        entry->backend = (struct str){copy(backend), backend.n};
        entry->server = (struct str){copy(server), server.n};
        entry->args = (struct str){copy(STR("")), 0};
        entry->source = (struct str){copy(STR("")), 0};
        l->slots[at] = entry;
        l->used++;
    } else if (l->slots[at]->gone) { /* removed and back before the removal was stored */
        struct ledger_entry *entry = l->slots[at];
        ledger_set_text(&entry->args, STR(""));
        ledger_set_text(&entry->source, STR(""));
        *entry = (struct ledger_entry){.backend = entry->backend,
                                       .server = entry->server,
                                       .args = entry->args,
                                       .source = entry->source,
                                       .listed = entry->listed};
    }
    mark_dirty(l, l->slots[at]);
    return l->slots[at];
}

void ledger_forget(struct ledger *l, struct str backend, struct str server)
{
    struct ledger_entry *entry = l->slots[slot_of(l, backend, server)];

    if (!entry)
        return;
    entry->gone = true;
    mark_dirty(l, entry);
}

/* Take one entry out. Those behind it that were pushed on by it move up: a table of open addressing
 * has no holes between an entry and its place. */
static void take_out(struct ledger *l, struct ledger_entry *entry)
{
    size_t mask = l->size - 1, hole = slot_of(l, entry->backend, entry->server);

    l->slots[hole] = NULL;
    l->used--;
    for (size_t i = (hole + 1) & mask; l->slots[i]; i = (i + 1) & mask) {
        struct ledger_entry *moved = l->slots[i];
        l->slots[i] = NULL;
        l->slots[slot_of(l, moved->backend, moved->server)] = moved;
    }
    entry_free(entry);
}

void ledger_each_dirty(struct ledger *l, void (*visit)(void *ctx, const struct ledger_entry *entry),
                       void *ctx)
{
    for (size_t i = 0; i < l->listed_count; i++) {
        struct ledger_entry *entry = l->listed[i];
        entry->listed = false;
        if (!entry->dirty)
            continue;
        visit(ctx, entry);
        entry->dirty = false;
        if (entry->gone)
            take_out(l, entry);
    }
    l->listed_count = 0;
}

enum server_admin have_admin_state(const struct have_server *s)
{
    if (s->admin & HAVE_ANY_MAINT)
        return ADMIN_MAINT;
    return s->admin & (HAVE_DRAIN | HAVE_DRAIN_TRACKED) ? ADMIN_DRAIN : ADMIN_READY;
}

static const struct have_server *find_server(const struct have *have, struct str backend,
                                             struct str server)
{
    const struct have_backend *b = have_find_backend(have, backend);

    return b ? have_find_server(b, server) : NULL;
}

void ledger_rebase(struct ledger *l, const struct have *have, bool kept)
{
    for (size_t i = 0; i < l->size; i++) {
        struct ledger_entry *entry = l->slots[i];
        const struct have_server *s;
        bool by_hand;

        if (!entry || entry->gone)
            continue;
        s = find_server(have, entry->backend, entry->server);
        mark_dirty(l, entry);
        if (!s) {
            entry->gone = true;
            continue;
        }
        /* of a whole addition only somebody else can have set another state, and still means it;
         * but a worker to which nothing was carried over has everybody ready */
        by_hand = entry->complete && have_admin_state(s) != entry->admin_set &&
                  have_admin_state(s) != ADMIN_READY;
        entry->complete = true; /* the worker read it from its file */
        entry->refused = entry->raised = false;
        entry->replacing = entry->replacing && entry->leaving && kept;
        if (kept && (by_hand || have_admin_state(s) == entry->admin_set ||
                     have_admin_state(s) == entry->admin_next))
            continue;
        entry->admin_set = entry->admin_next = have_admin_state(s);
        entry->warming = false;
    }
}

static const struct map_entry *find_key(const struct map_entry *list, size_t count, struct str key)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].key, key))
            return &list[i];
    }
    return NULL;
}

static bool has_value(const struct map_entry *list, size_t count, struct str value)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].value, value))
            return true;
    }
    return false;
}

struct move {
    struct ledger_entry entry; /* texts in the arena */
    struct str to;
};

static void put_moved(struct ledger *l, const struct move *m)
{
    struct ledger_entry *entry = ledger_touch(l, m->to, m->entry.server), own = *entry;

    *entry = m->entry;
    entry->backend = own.backend;
    entry->server = own.server;
    entry->args = own.args;
    entry->source = own.source;
    ledger_set_text(&entry->args, m->entry.args);
    ledger_set_text(&entry->source, m->entry.source);
    entry->gone = false;
    entry->listed = own.listed;
    mark_dirty(l, entry);
}

void ledger_rename(struct ledger *l, const struct map_entry *proxies, size_t count)
{
    struct arena a = ARENA_INIT;
    struct move *moves = NULL;
    size_t move_count = 0;

    for (size_t i = 0; count && i < l->size; i++) {
        struct ledger_entry *entry = l->slots[i];
        const struct map_entry *found;
        if (!entry || entry->gone)
            continue;
        found = find_key(proxies, count, entry->backend);
        if (found) {
            struct move *m = ARENA_PUSH(&a, moves, move_count);
            *m = (struct move){*entry, found->value};
            m->entry.server = arena_str(&a, entry->server);
            m->entry.args = arena_str(&a, entry->args);
            m->entry.source = arena_str(&a, entry->source);
        } else if (!has_value(proxies, count, entry->backend)) {
            continue;
        }
        entry->gone = true;
        mark_dirty(l, entry);
    }
    for (size_t i = 0; i < move_count; i++)
        put_moved(l, &moves[i]);
    arena_free(&a);
}

void ledger_put(struct json_out *o, const struct ledger_entry *entry, int64_t now_ms)
{
    json_open_object(o, NULL);
    json_put_str(o, "backend", entry->backend);
    json_put_str(o, "server", entry->server);
    json_put_str(o, "args", entry->args);
    json_put_str(o, "source", entry->source);
    json_put_bool(o, "complete", entry->complete);
    json_put_bool(o, "warming", entry->warming);
    json_put_bool(o, "leaving", entry->leaving);
    json_put_bool(o, "killing", entry->killing);
    if (entry->replacing)
        json_put_bool(o, "replacing", true);
    if (entry->refused)
        json_put_bool(o, "refused", true);
    if (entry->raised)
        json_put_int(o, "baseWeight", entry->base_weight);
    if (entry->ramp_end_ms > now_ms)
        json_put_int(o, "rampMs", entry->ramp_end_ms - now_ms);
    json_put_int(o, "remainingMs",
                 entry->leaving && entry->deadline_ms > now_ms ? entry->deadline_ms - now_ms : 0);
    json_put_int(o, "set", entry->admin_set);
    json_put_int(o, "next", entry->admin_next);
    json_close_object(o);
}

enum { NO_WEIGHT = 257 };

/* Our own text, as long as it was written: no limit of the API's. */
static int read_text(const struct json *o, const char *key, struct arena *a, struct str *out,
                     struct err *e)
{
    const struct json *v = json_get(o, key);

    if (!v)
        return 0;
    if (v->type != JSON_STRING)
        return err_field(e, key, "%s: a string wanted, this is %s", key, json_type_name(v->type));
    *out = arena_str(a, v->text);
    return 0;
}

int ledger_load(struct ledger *l, const struct json *o, int64_t now_ms, struct err *e)
{
    struct arena a = ARENA_INIT;
    struct str backend = STR(""), server = STR(""), args = STR(""), source = STR("");
    struct ledger_entry in = {0}, *entry;
    uint64_t remaining = 0, set = 0, next = 0, ramp = 0, base = NO_WEIGHT;
    int rc = -1;

    if (read_str(o, "backend", &a, &backend, e) || read_str(o, "server", &a, &server, e) ||
        read_text(o, "args", &a, &args, e) || read_text(o, "source", &a, &source, e) ||
        read_bool(o, "complete", &in.complete, e) || read_bool(o, "warming", &in.warming, e) ||
        read_bool(o, "leaving", &in.leaving, e) || read_bool(o, "killing", &in.killing, e) ||
        read_bool(o, "replacing", &in.replacing, e) || read_bool(o, "refused", &in.refused, e) ||
        read_uint(o, "baseWeight", 0, NO_WEIGHT, &base, e) ||
        read_uint(o, "rampMs", 0, INT32_MAX, &ramp, e) ||
        read_uint(o, "remainingMs", 0, INT32_MAX, &remaining, e) ||
        read_uint(o, "set", 0, ADMIN_MAINT, &set, e) ||
        read_uint(o, "next", 0, ADMIN_MAINT, &next, e))
        goto out;
    if (backend.n == 0 || server.n == 0) {
        err_set(e, ERR_INVALID, "a record without the names of backend and server");
        goto out;
    }
    entry = ledger_touch(l, backend, server);
    ledger_set_text(&entry->args, args);
    ledger_set_text(&entry->source, source);
    entry->complete = in.complete;
    entry->warming = in.warming;
    entry->leaving = in.leaving;
    entry->killing = in.killing;
    entry->replacing = in.replacing;
    entry->refused = in.refused;
    entry->raised = base != NO_WEIGHT;
    entry->base_weight = entry->raised ? (unsigned)base : 0;
    entry->ramp_end_ms = ramp ? now_ms + (int64_t)ramp : 0;
    entry->deadline_ms = now_ms + (int64_t)remaining;
    entry->admin_set = (enum server_admin)set;
    entry->admin_next = (enum server_admin)next;
    entry->dirty = false;
    rc = 0;
out:
    arena_free(&a);
    return rc;
}
