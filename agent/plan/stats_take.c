/* SPDX-License-Identifier: Apache-2.0 */
/* Series of samples: what an observation and the totals say, by the operator's names. */
#include "plan/stats_inside.h"

#include <stdlib.h>
#include <string.h>

/* A proxy of the worker that serves, and whose it is. */
struct led {
    const struct have_proxy *proxy;
    struct str owner;
    bool serves;
};

struct taking {
    struct stats *stats;
    struct arena arena;
    struct led *led; /* sorted: frontends first, by owner, the one that serves first */
    size_t count, at;
};

static int compare(const void *a, const void *b)
{
    const struct led *one = a, *other = b;
    int c;

    if (one->proxy->frontend != other->proxy->frontend)
        return one->proxy->frontend ? -1 : 1;
    c = str_cmp(one->owner, other->owner);
    return c ? c : (int)other->serves - (int)one->serves;
}

static void lead(struct taking *t, const struct have *have, struct totals *totals,
                 stats_serving *serving, void *ctx)
{
    struct totals_worker worker = {have->pid, have->start_time_s};

    for (size_t i = 0; i < have->proxy_count; i++) {
        const struct have_proxy *p = &have->proxies[i];
        struct str owner = totals_owner(totals, worker, p->frontend, p->name);
        if (!owner.n)
            continue;
        *ARENA_PUSH(&t->arena, t->led, t->count) =
            (struct led){p, owner, p->frontend || str_eq(serving(ctx, owner), p->name)};
    }
    if (t->count)
        qsort(t->led, t->count, sizeof *t->led, compare);
}

/* What is going on in another proxy of the same backend. */
static void add_gauges(uint64_t *gauges, const struct have_proxy *p)
{
    gauges[GAUGE_SESSIONS_NOW] += p->gauges[GAUGE_SESSIONS_NOW];
    gauges[GAUGE_QUEUE_NOW] += p->gauges[GAUGE_QUEUE_NOW];
}

/* Both lists have the same order. A total for which only a leaving worker counts has no state. */
static void take_total(void *ctx, bool frontend, struct str name, const uint64_t *counters)
{
    struct taking *t = ctx;
    uint64_t values[STAT_VALUES];
    bool found = false;

    for (; t->at < t->count; t->at++) {
        const struct led *one = &t->led[t->at];
        bool later = frontend && !one->proxy->frontend, earlier = !frontend && one->proxy->frontend;
        int c = later ? 1 : earlier ? -1 : str_cmp(one->owner, name);
        if (c > 0)
            break;
        if (c < 0)
            continue;
        if (found)
            add_gauges(values + COUNTER_COUNT, one->proxy);
        else
            memcpy(values + COUNTER_COUNT, one->proxy->gauges, sizeof one->proxy->gauges);
        found = true;
    }
    if (!found)
        return;
    memcpy(values, counters, COUNTER_COUNT * sizeof *values);
    stats_add(t->stats, frontend ? STAT_FRONTEND : STAT_BACKEND, name, STR(""), values);
}

/* Whose members these are; empty: of a proxy that does not serve. */
static struct str owner_of(const struct taking *t, struct str proxy)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct led *one = &t->led[i];
        if (!one->proxy->frontend && one->serves && str_eq(one->proxy->name, proxy))
            return one->owner;
    }
    return STR("");
}

static void take_members(struct taking *t, const struct have *have)
{
    struct str proxy = STR_NONE, owner = STR("");
    uint64_t values[STAT_VALUES];

    for (size_t i = 0; i < have->member_count; i++) {
        const struct have_member *m = &have->members[i];
        if (m->proxy.p != proxy.p) {
            proxy = m->proxy;
            owner = owner_of(t, proxy);
        }
        if (!owner.n)
            continue;
        memcpy(values, m->counters, sizeof m->counters);
        memcpy(values + COUNTER_COUNT, m->gauges, sizeof m->gauges);
        stats_add(t->stats, STAT_MEMBER, owner, m->name, values);
    }
}

static int64_t since_last(const struct stats *s, int64_t now_ms, int64_t wall_ms)
{
    int64_t elapsed = 0;

    if (s->time_count)
        elapsed = s->now_ms ? now_ms - s->now_ms : wall_ms - stats_time(s, 0)->wall_ms;
    return elapsed > 0 ? elapsed : 1;
}

void stats_take(struct stats *s, const struct have *have, struct totals *totals,
                stats_serving *serving, void *ctx, int64_t now_ms, int64_t wall_ms)
{
    struct taking t = {.stats = s};

    stats_begin(s, since_last(s, now_ms, wall_ms), wall_ms);
    s->now_ms = now_ms;
    lead(&t, have, totals, serving, ctx);
    totals_each(totals, take_total, &t);
    take_members(&t, have);
    arena_free(&t.arena);
    stats_end(s);
}
