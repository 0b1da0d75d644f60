/* SPDX-License-Identifier: Apache-2.0 */
/* Series of samples: what is kept, and what is found. */
#include "plan/stats_inside.h"

#include "plan/pack.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)STAT_VALUES <= (int)PACK_VALUES_MAX,
               "a sample has more values than a mask has bits");

enum { SERIES_BYTES = 16 * 1024 * 1024 };

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

static struct series_class *class_of(struct stats *s, const struct series *one)
{
    return &s->classes[one->kind == STAT_MEMBER];
}

static void series_free(struct stats *s, struct series *one)
{
    class_of(s, one)->bytes -= one->deltas.n - one->start;
    buf_free(&one->deltas);
    free((char *)one->key.p); /* all its texts are one piece */
    free(one);
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

/* --- one series --- */

static struct str put_text(char **at, struct str text)
{
    struct str copy = {*at, text.n};

    if (text.n)
        memcpy(*at, text.p, text.n);
    *at += text.n;
    return copy;
}

static struct series *series_new(enum stat_kind kind, struct str key, struct str name)
{
    struct arena arena = ARENA_INIT;
    struct str member = kind == STAT_MEMBER ? stat_member_name(&arena, key, name) : STR("");
    struct str id = stat_id_text(&arena, kind, key, member);
    struct series *one = calloc(1, sizeof *one);
    char *texts = malloc(key.n + name.n + member.n + id.n + 1);

    if (!one || !texts)
        abort();
    one->kind = kind;
    one->key = put_text(&texts, key);
    one->name = put_text(&texts, name);
    one->member = put_text(&texts, member);
    one->id = put_text(&texts, id);
    buf_init(&one->deltas, SERIES_BYTES);
    arena_free(&arena);
    return one;
}

static void drop_oldest(struct stats *s, struct series *one)
{
    struct str rest = {one->deltas.p + one->start, one->deltas.n - one->start};
    size_t before = rest.n;

    if (unpack_values(&rest, one->base, STAT_VALUES))
        abort(); /* our own bytes */
    one->start = one->deltas.n - rest.n;
    one->count--;
    class_of(s, one)->bytes -= before - rest.n;
    if (one->start > 64 && one->start > one->deltas.n / 2) {
        buf_drop_front(&one->deltas, one->start);
        one->start = 0;
    }
}

static void begin_minute(struct series *one, int64_t at_ms)
{
    one->minute = (struct stat_minute){.from_ms = at_ms};
    memcpy(one->minute.from, one->last, sizeof one->minute.from);
}

static void append(struct stats *s, struct series *one, const uint64_t *values)
{
    size_t bytes = one->deltas.n;

    if (one->count == 0) {
        memcpy(one->base, values, sizeof one->base);
        memcpy(one->last, values, sizeof one->last);
        begin_minute(one, stats_time(s, 0)->at_ms);
    } else {
        pack_values(&one->deltas, one->last, values, STAT_VALUES);
        class_of(s, one)->bytes += one->deltas.n - bytes;
    }
    memcpy(one->before, one->last, sizeof one->before);
    memcpy(one->last, values, sizeof one->last);
    one->count++;
    one->minute.polls++;
    one->minute.now_sum += values[COUNTER_COUNT + GAUGE_SESSIONS_NOW];
    if (values[COUNTER_COUNT + GAUGE_SESSIONS_NOW] > one->minute.now_max)
        one->minute.now_max = values[COUNTER_COUNT + GAUGE_SESSIONS_NOW];
}

/* --- minutes --- */

uint64_t stat_growth(uint64_t before, uint64_t now)
{
    return now < before ? now : now - before;
}

static void put_minute(struct buf *out, const struct series *one, int64_t at_ms)
{
    static const enum counter counters[] = {
        COUNTER_SESSIONS,      COUNTER_REQUESTS,       COUNTER_BYTES_IN,      COUNTER_BYTES_OUT,
        COUNTER_RESPONSES_1XX, COUNTER_RESPONSES_2XX,  COUNTER_RESPONSES_3XX, COUNTER_RESPONSES_4XX,
        COUNTER_RESPONSES_5XX, COUNTER_RESPONSES_OTHER};
    const struct stat_minute *m = &one->minute;
    const uint64_t *gauges = one->last + COUNTER_COUNT;
    uint64_t values[MINUTE_VALUES] = {0};

    values[MINUTE_ELAPSED_MS] = (uint64_t)(at_ms - m->from_ms);
    values[MINUTE_NOW_AVG] = m->polls ? m->now_sum * 100 / m->polls : 0;
    values[MINUTE_NOW_MAX] = m->now_max;
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        values[MINUTE_SESSIONS + i] = stat_growth(m->from[counters[i]], one->last[counters[i]]);
    if (one->kind == STAT_BACKEND) {
        values[MINUTE_UP] = gauges[GAUGE_ACTIVE] + gauges[GAUGE_BACKUP];
        values[MINUTE_SERVERS] = gauges[GAUGE_SERVERS];
    }
    minute_add(out, one->kind, one->key, values);
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
            put_minute(&s->minute_record, s->index[i], stats_time(s, 0)->at_ms);
            begin_minute(s->index[i], stats_time(s, 0)->at_ms);
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

static int compare_to(const struct series *one, enum stat_kind kind, struct str key,
                      struct str name)
{
    int c;

    if (one->kind != kind)
        return one->kind < kind ? -1 : 1;
    c = str_cmp(one->key, key);
    return c ? c : str_cmp(one->name, name);
}

static int compare_series(const void *a, const void *b)
{
    const struct series *one = *(struct series *const *)a, *other = *(struct series *const *)b;

    return compare_to(one, other->kind, other->key, other->name);
}

/* Index of the first series that is not before. */
static size_t lower_bound(const struct stats *s, enum stat_kind kind, struct str key,
                          struct str name)
{
    size_t low = 0, high = s->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_to(s->index[middle], kind, key, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t stats_first(const struct stats *s, enum stat_kind kind, struct str key)
{
    return lower_bound(s, kind, key, STR(""));
}

/* Most often they come as they came the last time. */
static struct series *find(const struct stats *s, enum stat_kind kind, struct str key,
                           struct str name)
{
    size_t at;

    if (s->hint < s->count && compare_to(s->items[s->hint], kind, key, name) == 0)
        return s->items[s->hint];
    at = lower_bound(s, kind, key, name);
    if (at < s->count && compare_to(s->index[at], kind, key, name) == 0)
        return s->index[at];
    return NULL;
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
    append(s, one, settled);
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
        size_t keep = class_of(s, one)->keep;
        while (one->count > s->time_count || (one->count > keep && one->count > 1))
            drop_oldest(s, one);
    }
}
