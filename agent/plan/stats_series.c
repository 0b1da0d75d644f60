/* SPDX-License-Identifier: Apache-2.0 */
/* One series of samples: the oldest and the last in full, what is between as differences. */
#include "plan/pack.h"
#include "plan/stats_inside.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)STAT_VALUES <= (int)PACK_VALUES_MAX,
               "a sample has more values than a mask has bits");

enum { SERIES_BYTES = 16 * 1024 * 1024 };

struct series_class *series_class_of(struct stats *s, const struct series *one)
{
    return &s->classes[one->kind == STAT_MEMBER];
}

static struct str put_text(char **at, struct str text)
{
    struct str copy = {*at, text.n};

    if (text.n)
        memcpy(*at, text.p, text.n);
    *at += text.n;
    return copy;
}

struct series *series_new(enum stat_kind kind, struct str key, struct str name)
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

void series_free(struct stats *s, struct series *one)
{
    series_class_of(s, one)->bytes -= one->deltas.n - one->start;
    buf_free(&one->deltas);
    free(one->gone);
    free((char *)one->key.p); /* all its texts are one piece */
    free(one);
}

void series_drop_oldest(struct stats *s, struct series *one)
{
    struct str rest = {one->deltas.p + one->start, one->deltas.n - one->start};
    size_t before = rest.n;

    if (unpack_values(&rest, one->base, STAT_VALUES))
        abort(); /* our own bytes */
    one->start = one->deltas.n - rest.n;
    one->count--;
    series_class_of(s, one)->bytes -= before - rest.n;
    if (one->start > 64 && one->start > one->deltas.n / 2) {
        buf_drop_front(&one->deltas, one->start);
        one->start = 0;
    }
}

void series_begin_minute(struct series *one, int64_t at_ms)
{
    one->minute = (struct stat_minute){.from_ms = at_ms};
    memcpy(one->minute.from, one->last, sizeof one->minute.from);
}

/* One counter that went back tells that all of the server's began anew: in a new worker, or by
 * `clear counters all`. */
static void carry_over(struct series *one, uint64_t *counters)
{
    bool anew = false;

    for (size_t i = 0; i < COUNTER_COUNT; i++)
        anew = anew || counters[i] + (one->gone ? one->gone[i] : 0) < one->last[i];
    if (anew && !one->gone)
        one->gone = calloc(COUNTER_COUNT, sizeof *one->gone);
    if (anew && !one->gone)
        abort();
    if (anew)
        memcpy(one->gone, one->last, COUNTER_COUNT * sizeof *one->gone);
    for (size_t i = 0; one->gone && i < COUNTER_COUNT; i++)
        counters[i] += one->gone[i];
}

void series_append(struct stats *s, struct series *one, uint64_t *values)
{
    size_t bytes = one->deltas.n;

    if (one->kind == STAT_MEMBER)
        carry_over(one, values);
    if (one->count == 0) {
        memcpy(one->base, values, sizeof one->base);
        memcpy(one->last, values, sizeof one->last);
        series_begin_minute(one, stats_time(s, 0)->at_ms);
    } else {
        pack_values(&one->deltas, one->last, values, STAT_VALUES);
        series_class_of(s, one)->bytes += one->deltas.n - bytes;
    }
    memcpy(one->before, one->last, sizeof one->before);
    memcpy(one->last, values, sizeof one->last);
    one->count++;
    one->minute.polls++;
    one->minute.now_sum += values[COUNTER_COUNT + GAUGE_SESSIONS_NOW];
    if (values[COUNTER_COUNT + GAUGE_SESSIONS_NOW] > one->minute.now_max)
        one->minute.now_max = values[COUNTER_COUNT + GAUGE_SESSIONS_NOW];
}

void series_put_minute(struct buf *out, const struct series *one, int64_t at_ms)
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
