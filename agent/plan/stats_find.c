/* SPDX-License-Identifier: Apache-2.0 */
/* Series of samples: what is told of them. */
#include "plan/stats_inside.h"

#include "plan/pack.h"

#include <string.h>

uint64_t stat_gauge(const struct stat_row *s, enum gauge gauge)
{
    return s->values[COUNTER_COUNT + gauge];
}

size_t stats_kept(const struct stats *s)
{
    return s->time_count;
}

static int64_t elapsed(const struct stats *s, size_t back)
{
    return stats_time(s, back)->at_ms - stats_time(s, back + 1)->at_ms;
}

/* The sample so many before the last. */
static struct stat_row view(const struct stats *s, const struct series *one, size_t back,
                            bool first)
{
    return (struct stat_row){.kind = one->kind,
                             .id = one->id,
                             .key = one->key,
                             .member = one->member,
                             .time_ms = stats_time(s, back)->wall_ms,
                             .elapsed_ms = first ? 0 : elapsed(s, back),
                             .values = one->last,
                             .before = one->before};
}

static bool matches(const struct series *one, const struct stat_id *id)
{
    if (one->kind != id->kind)
        return false;
    if (id->all)
        return !id->key.n || str_eq(one->key, id->key);
    return str_eq(one->key, id->key) && str_eq(one->member, id->member);
}

void stats_each(const struct stats *s, const struct stat_id *pattern, stats_visit *visit, void *ctx)
{
    size_t i = stats_first(s, pattern->kind, pattern->key);

    for (; i < s->count && s->index[i]->kind == pattern->kind; i++) {
        const struct series *one = s->index[i];
        struct stat_row stat;
        if (pattern->key.n && !str_eq(one->key, pattern->key))
            break;
        if (!matches(one, pattern))
            continue;
        stat = view(s, one, 0, one->count < 2);
        visit(ctx, &stat);
    }
}

/* Without the oldest, which is there for the rates of the next, unless it is all there is. */
static void tell(const struct stats *s, const struct series *one, int64_t since_ms, size_t limit,
                 stats_visit *visit, void *ctx)
{
    struct str rest = {one->deltas.p + one->start, one->deltas.n - one->start};
    uint64_t now[STAT_VALUES], before[STAT_VALUES];
    size_t skip = one->count > 1 ? 1 : 0;

    if (limit && one->count > limit && one->count - limit > skip)
        skip = one->count - limit;
    memcpy(now, one->base, sizeof now);
    memcpy(before, now, sizeof before);
    for (size_t i = 0; i < one->count; i++) {
        struct stat_row stat = view(s, one, one->count - 1 - i, i == 0);
        if (i && unpack_values(&rest, now, STAT_VALUES))
            return;
        stat.values = now;
        stat.before = before;
        if (i >= skip && stat.time_ms > since_ms)
            visit(ctx, &stat);
        memcpy(before, now, sizeof before);
    }
}

bool stats_samples(const struct stats *s, const struct stat_id *id, int64_t since_ms, size_t limit,
                   stats_visit *visit, void *ctx)
{
    size_t i = stats_first(s, id->kind, id->key);

    while (i < s->count && s->index[i]->kind == id->kind && str_eq(s->index[i]->key, id->key) &&
           !matches(s->index[i], id))
        i++;
    if (i == s->count || !matches(s->index[i], id))
        return false;
    tell(s, s->index[i], since_ms, limit, visit, ctx);
    return true;
}
