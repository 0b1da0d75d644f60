/* SPDX-License-Identifier: Apache-2.0 */
/* Series of samples: what is kept, and what is found. */
#include "plan/stats_inside.h"

#include "base/sorted.h"

#include <stdlib.h>
#include <string.h>

static void *grow(void *items, size_t *size, size_t item_bytes)
{
    void *grown;

    *size = *size ? *size * 2 : 64;
    grown = realloc(items, *size * item_bytes);
    if (!grown)
        abort();
    return grown;
}

struct stats *stats_new(const struct stats_limits *limits)
{
    struct stats *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->limits = *limits;
    if (s->limits.samples < 2)
        s->limits.samples = 2;
    s->times = calloc(s->limits.samples + 1, sizeof *s->times);
    if (!s->times)
        abort();
    for (size_t i = 0; i < 2; i++) {
        s->classes[i].limit = i ? limits->member_bytes : limits->bytes;
        s->classes[i].keep = s->limits.samples;
    }
    s->whole_due = true;
    buf_init(&s->minute_record, MINUTE_BYTES);
    return s;
}

void stats_free(struct stats *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        series_free(s, s->items[i]);
    free(s->items);
    free(s->index);
    free(s->next);
    free(s->times);
    buf_free(&s->minute_record);
    free(s);
}

/* --- minutes --- */

uint64_t stat_growth(uint64_t before, uint64_t now)
{
    return now < before ? now : now - before;
}

/* The first sample of another minute ends the one before. */
static void turn_minute(struct stats *s, int64_t wall_ms)
{
    int64_t minute = wall_ms / MINUTE_MS;

    buf_reset(&s->minute_record);
    if (s->minute == minute)
        return;
    if (s->minute && s->time_count) {
        minute_begin(&s->minute_record, s->minute);
        for (size_t i = 0; i < s->count && s->index[i]->kind != STAT_MEMBER; i++) {
            series_put_minute(&s->minute_record, s->index[i], stats_time(s, 0)->at_ms);
            series_begin_minute(s->index[i], stats_time(s, 0)->at_ms);
        }
    }
    s->minute = minute;
}

struct str stats_minute(const struct stats *s)
{
    return buf_failed(&s->minute_record) ? STR("") : buf_str(&s->minute_record);
}

/* --- a sample --- */

const struct poll_time *stats_time(const struct stats *s, size_t back)
{
    return &s->times[(s->time_first + s->time_count - 1 - back) % (s->limits.samples + 1)];
}

void stats_begin(struct stats *s, int64_t elapsed_ms, int64_t wall_ms)
{
    int64_t at_ms = s->time_count ? stats_time(s, 0)->at_ms + elapsed_ms : 0;

    turn_minute(s, wall_ms);
    s->times[(s->time_first + s->time_count++) % (s->limits.samples + 1)] =
        (struct poll_time){at_ms, wall_ms};
    s->next_count = s->hint = 0;
}

struct which {
    enum stat_kind kind;
    struct str key, name;
};

static int compare(const void *key, const void *item)
{
    const struct series *one = *(struct series *const *)item;
    const struct which *which = key;
    int c;

    if (which->kind != one->kind)
        return which->kind < one->kind ? -1 : 1;
    c = str_cmp(which->key, one->key);
    return c ? c : str_cmp(which->name, one->name);
}

static int compare_series(const void *a, const void *b)
{
    const struct series *one = *(struct series *const *)a;
    struct which which = {one->kind, one->key, one->name};

    return compare(&which, b);
}

static bool find_in_index(const struct stats *s, const struct which *which, size_t *at)
{
    return sorted_find(which, s->index, s->count, sizeof *s->index, compare, at);
}

size_t stats_first(const struct stats *s, enum stat_kind kind, struct str key)
{
    struct which before = {kind, key, STR("")};
    size_t at;

    (void)find_in_index(s, &before, &at);
    return at;
}

/* Most often they come as they came the last time. */
static struct series *find(const struct stats *s, enum stat_kind kind, struct str key,
                           struct str name)
{
    struct which which = {kind, key, name};
    size_t at;

    if (s->hint < s->count && compare(&which, &s->items[s->hint]) == 0)
        return s->items[s->hint];
    return find_in_index(s, &which, &at) ? s->index[at] : NULL;
}

/* The second of the last change is found from an age in whole seconds: it may be one off. */
static uint64_t changed_at(const struct stats *s, const struct series *one, uint64_t age_s)
{
    uint64_t now = (uint64_t)stats_time(s, 0)->wall_ms / 1000, at = now > age_s ? now - age_s : 0;
    uint64_t known = one->last[COUNTER_COUNT + GAUGE_CHANGED_S];

    return one->count && (known == at + 1 || known + 1 == at) ? known : at;
}

void stats_add(struct stats *s, enum stat_kind kind, struct str key, struct str name,
               const uint64_t *values)
{
    struct series *one = find(s, kind, key, name);
    uint64_t settled[STAT_VALUES];

    s->hint++;
    if (one && one->taken)
        return;
    if (!one)
        one = series_new(kind, key, name);
    memcpy(settled, values, sizeof settled);
    settled[COUNTER_COUNT + GAUGE_CHANGED_S] =
        changed_at(s, one, values[COUNTER_COUNT + GAUGE_CHANGED_S]);
    series_append(s, one, settled);
    one->taken = true;
    if (s->next_count == s->next_size)
        s->next = grow(s->next, &s->next_size, sizeof *s->next);
    s->next[s->next_count++] = one;
}

/* Those that were not in it are gone. */
static bool drop_missing(struct stats *s)
{
    bool dropped = false;

    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i]->taken)
            continue;
        dropped = true;
        s->whole_due = s->whole_due || s->items[i]->kind != STAT_MEMBER;
        series_free(s, s->items[i]);
    }
    return dropped;
}

static bool settle_new(struct stats *s)
{
    bool made = false;

    for (size_t i = 0; i < s->next_count; i++) {
        struct series *one = s->next[i];
        one->taken = false;
        made = made || one->count == 1;
        s->whole_due = s->whole_due || (one->count == 1 && one->kind != STAT_MEMBER);
    }
    return made;
}

static void take_over(struct stats *s)
{
    struct series **items = s->items;
    size_t size = s->size;
    bool changed = drop_missing(s);

    changed = settle_new(s) || changed;
    s->items = s->next;
    s->size = s->next_size;
    s->count = s->next_count;
    s->next = items;
    s->next_size = size;
    if (!changed)
        return;
    free(s->index);
    s->index = malloc((s->count + 1) * sizeof *s->index);
    if (!s->index)
        abort();
    if (s->count) {
        memcpy(s->index, s->items, s->count * sizeof *s->index);
        qsort(s->index, s->count, sizeof *s->index, compare_series);
    }
}

/* The oldest time that is kept is one older than asked for: the first rate needs it. */
static void trim_times(struct stats *s)
{
    while (s->time_count > 2 &&
           (s->time_count > s->limits.samples ||
            stats_time(s, 0)->at_ms - stats_time(s, s->time_count - 2)->at_ms >=
                s->limits.retention_ms)) {
        s->time_first = (s->time_first + 1) % (s->limits.samples + 1);
        s->time_count--;
    }
}

static void adjust(struct series_class *c, size_t samples)
{
    if (c->bytes > c->limit)
        c->keep = c->keep * 3 / 4 > 2 ? c->keep * 3 / 4 : 2;
    else if (c->keep < samples && c->bytes < c->limit / 2)
        c->keep++;
}

void stats_end(struct stats *s)
{
    take_over(s);
    trim_times(s);
    for (size_t i = 0; i < 2; i++)
        adjust(&s->classes[i], s->limits.samples);
    for (size_t i = 0; i < s->count; i++) {
        struct series *one = s->items[i];
        size_t keep = series_class_of(s, one)->keep;
        while (one->count > s->time_count || (one->count > keep && one->count > 1))
            series_drop_oldest(s, one);
    }
}
