/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/switches.h"

#include "model/object.h"
#include "plan/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SWITCHES_MAX = 10000 };

struct switches {
    struct switch_record **items;
    size_t count, size;
};

static const char *const names[] = {[SWITCH_WAITING] = "waiting",
                                    [SWITCH_WARMING] = "warming",
                                    [SWITCH_DRAINING] = "draining",
                                    [SWITCH_DONE] = "done",
                                    [SWITCH_REFUSED] = "refused"};

const char *switch_state_name(enum switch_state s)
{
    return names[s];
}

struct str switch_version(struct str source)
{
    (void)str_cut(&source, '@');
    return source.p ? source : STR("");
}

struct switches *switches_new(void)
{
    struct switches *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    return s;
}

static void set_text(struct str *place, struct str value)
{
    char *fresh = malloc(value.n + 1);

    if (!fresh)
        abort();
    str_copy(fresh, value.n + 1, value);
    free((char *)(uintptr_t)place->p);
    *place = (struct str){fresh, value.n};
}

static void free_record(struct switch_record *r)
{
    free((char *)(uintptr_t)r->backend.p);
    free((char *)(uintptr_t)r->from.p);
    free((char *)(uintptr_t)r->to.p);
    free(r);
}

void switches_free(struct switches *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        free_record(s->items[i]);
    free(s->items);
    free(s);
}

const struct switch_record *switches_each(const struct switches *s, size_t i)
{
    return i < s->count ? s->items[i] : NULL;
}

static struct switch_record *find(const struct switches *s, struct str backend)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!s->items[i]->gone && str_eq(s->items[i]->backend, backend))
            return s->items[i];
    }
    return NULL;
}

const struct switch_record *switches_find(const struct switches *s, struct str backend)
{
    return find(s, backend);
}

static void drop(struct switches *s, size_t i)
{
    free_record(s->items[i]);
    memmove(&s->items[i], &s->items[i + 1], (s->count - i - 1) * sizeof *s->items);
    s->count--;
}

/* A record at the end, with these texts: the one of the backend that was there is replaced. */
static struct switch_record *renew(struct switches *s, struct str backend, struct str from,
                                   struct str to)
{
    struct switch_record *r = calloc(1, sizeof *r);

    if (!r)
        abort();
    set_text(&r->backend, backend);
    set_text(&r->from, from);
    set_text(&r->to, to);
    for (size_t i = 0; i < s->count; i++) {
        if (str_eq(s->items[i]->backend, r->backend))
            drop(s, i--);
    }
    if (s->count == s->size) {
        s->size = s->size ? 2 * s->size : 16;
        s->items = realloc(s->items, s->size * sizeof(struct switch_record *));
        if (!s->items)
            abort();
    }
    s->items[s->count++] = r;
    r->dirty = true;
    return r;
}

void switches_begin(struct switches *s, struct str backend, struct str from, struct str to,
                    const struct switch_times *t)
{
    struct switch_record *r = renew(s, backend, from, to);

    r->since_ms = r->changed_ms = t->wall_ms;
    r->deadline_ms = t->now_ms + t->timeout_ms;
    r->state = SWITCH_WAITING;
    (void)snprintf(r->reason, sizeof r->reason, "asked for");
}

const struct switch_record *switches_refuse(struct switches *s, struct str backend, struct str from,
                                            struct str to, struct str why,
                                            const struct switch_times *t)
{
    struct switch_record *r = find(s, backend);

    if (r && !r->over)
        return NULL;
    r = renew(s, backend, from, to);
    r->since_ms = r->changed_ms = t->wall_ms;
    r->state = SWITCH_REFUSED;
    r->over = r->told = true;
    str_copy(r->reason, sizeof r->reason, why);
    return r;
}

/* --- where it stands --- */

static bool wants_any(const struct desired_backend *b)
{
    for (size_t i = 0; i < b->server_count; i++) {
        if (!b->servers[i].leaving)
            return true;
    }
    return false;
}

static enum switch_state state_of(const struct pool *b)
{
    if (b->want->unknown || !wants_any(b->want))
        return SWITCH_WAITING;
    if (!b->successors_serve)
        return SWITCH_WARMING;
    return b->former ? SWITCH_DRAINING : SWITCH_DONE;
}

static void explain(struct switch_record *r, const struct pool *b)
{
    char *to = r->reason;
    size_t n = sizeof r->reason;

    switch (r->state) {
    case SWITCH_WAITING:
        (void)snprintf(to, n, "%s",
                       b->want->unknown ? "the registry has not answered yet"
                                        : "the registry knows no instance of the new version");
        break;
    case SWITCH_WARMING:
        if (b->wanted == 0)
            (void)snprintf(to, n, "no new member is healthy");
        else if (b->ramping)
            (void)snprintf(to, n, "%zu of %zu new members serve, and their weights grow",
                           b->serving, b->wanted);
        else
            (void)snprintf(to, n, "%zu of %zu new members serve, %zu have to", b->serving,
                           b->wanted, b->enough);
        break;
    case SWITCH_REFUSED:
        (void)snprintf(
            to, n, "in time only %zu of %zu new members serve, %zu have to; %zu old ones serve on",
            b->serving, b->wanted, b->enough, b->others);
        break;
    case SWITCH_DRAINING:
        (void)snprintf(to, n, "%zu new members serve, %zu old ones finish their sessions",
                       b->serving, b->former);
        break;
    case SWITCH_DONE: (void)snprintf(to, n, "%zu members serve", b->serving); break;
    }
}

struct looking {
    const struct plan_input *in;
    const struct switch_times *t;
    void (*changed)(void *ctx, const struct switch_record *r);
    void *ctx;
};

static void move_on(struct switch_record *r, const struct pool *b, const struct looking *l)
{
    enum switch_state state = state_of(b);

    if (state == SWITCH_WARMING && r->state != SWITCH_WARMING && r->state != SWITCH_REFUSED)
        r->deadline_ms = l->t->now_ms + l->t->timeout_ms;
    if (state == SWITCH_WARMING && l->t->now_ms >= r->deadline_ms && b->ramping == 0)
        state = SWITCH_REFUSED;
    if (state == r->state && r->told) {
        explain(r, b);
        return;
    }
    if (!r->told && b->former)
        set_text(&r->from, b->former_source); /* who serves now, whatever was asked for before */
    r->told = true;
    r->state = state;
    r->changed_ms = l->t->wall_ms;
    r->over = state == SWITCH_DONE;
    r->dirty = true;
    explain(r, b);
    l->changed(l->ctx, r);
}

static void look_at(struct switch_record *r, const struct desired_backend *want,
                    const struct looking *l)
{
    const struct have_backend *have = have_find_backend(l->in->have, want->proxy);
    struct pool b;

    if (!have || !str_eq(r->to, want->source))
        return;
    pool_look(&b, l->in, want, have);
    move_on(r, &b, l);
}

/* Those that nobody asked for through us since our record began: it was lost, or the version was
 * changed by other means. */
static void discover(struct switches *s, const struct plan *p, const struct switch_times *t)
{
    for (size_t i = 0; i < p->switch_count; i++) {
        const struct desired_backend *b = p->switches[i].backend;
        const struct switch_record *r = find(s, b->object->name);
        if (r && !r->over && str_eq(r->to, b->source))
            continue;
        switches_begin(s, b->object->name, p->switches[i].from, b->source, t);
    }
}

/* The backend is gone, or it is over for long enough; those that are over make room for others. */
static bool is_stale(const struct switches *s, const struct switch_record *r,
                     const struct desired *want, const struct switch_times *t)
{
    if (!plan_find_backend(want, r->backend))
        return true;
    return r->over && (t->wall_ms - r->changed_ms > SWITCH_SHOWN_MS || s->count > SWITCHES_MAX);
}

void switches_update(struct switches *s, const struct plan_input *in, const struct plan *p,
                     const struct switch_times *t,
                     void (*changed)(void *ctx, const struct switch_record *r), void *ctx)
{
    struct looking l = {in, t, changed, ctx};

    discover(s, p, t);
    for (size_t i = 0; i < s->count; i++) {
        struct switch_record *r = s->items[i];
        const struct desired_backend *want = plan_find_backend(in->want, r->backend);
        if (r->gone)
            continue;
        if (!r->over && want)
            look_at(r, want, &l);
        if (is_stale(s, r, in->want, t))
            r->gone = r->dirty = true;
    }
}

void switches_each_dirty(struct switches *s,
                         void (*visit)(void *ctx, const struct switch_record *r), void *ctx)
{
    for (size_t i = 0; i < s->count; i++) {
        struct switch_record *r = s->items[i];
        if (!r->dirty)
            continue;
        visit(ctx, r);
        r->dirty = false;
        if (r->gone)
            drop(s, i--);
    }
}

/* --- as stored --- */

void switches_put(struct json_out *o, const struct switch_record *r, int64_t now_ms)
{
    json_open_object(o, NULL);
    json_put_str(o, "backend", r->backend);
    json_put_str(o, "from", r->from);
    json_put_str(o, "to", r->to);
    json_put_int(o, "state", r->state);
    json_put_z(o, "reason", r->reason);
    json_put_bool(o, "told", r->told);
    json_put_bool(o, "over", r->over);
    json_put_int(o, "since", r->since_ms);
    json_put_int(o, "changed", r->changed_ms);
    json_put_int(o, "remainingMs", r->deadline_ms > now_ms ? r->deadline_ms - now_ms : 0);
    json_close_object(o);
}

int switches_load(struct switches *s, const struct json *o, int64_t now_ms, struct err *e)
{
    struct arena a = ARENA_INIT;
    struct str backend = STR(""), from = STR(""), to = STR(""), reason = STR("");
    uint64_t state = 0, since = 0, changed = 0, remaining = 0;
    struct switch_record *r;
    bool over = false, told = false;
    int rc = -1;

    if (read_str(o, "backend", &a, &backend, e) || read_str(o, "from", &a, &from, e) ||
        read_str(o, "to", &a, &to, e) || read_str(o, "reason", &a, &reason, e) ||
        read_uint(o, "state", 0, SWITCH_REFUSED, &state, e) || read_bool(o, "over", &over, e) ||
        read_bool(o, "told", &told, e) || read_uint(o, "since", 0, INT64_MAX, &since, e) ||
        read_uint(o, "changed", 0, INT64_MAX, &changed, e) ||
        read_uint(o, "remainingMs", 0, INT32_MAX, &remaining, e))
        goto out;
    if (backend.n == 0) {
        err_set(e, ERR_INVALID, "a switch without the name of its backend");
        goto out;
    }
    r = renew(s, backend, from, to);
    r->state = (enum switch_state)state;
    r->over = over;
    r->told = told;
    r->since_ms = (int64_t)since;
    r->changed_ms = (int64_t)changed;
    r->deadline_ms = now_ms + (int64_t)remaining;
    str_copy(r->reason, sizeof r->reason, reason);
    r->dirty = false;
    rc = 0;
out:
    arena_free(&a);
    return rc;
}
