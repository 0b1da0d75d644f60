/* SPDX-License-Identifier: Apache-2.0 */
/* What the stats*.c and stat_record.c share. */
#ifndef THALASSA_PLAN_STATS_INSIDE_H
#define THALASSA_PLAN_STATS_INSIDE_H

#include "plan/stat_minutes.h"
#include "plan/stats.h"

/* A minute under way, of a frontend or a backend. */
struct stat_minute {
    uint64_t polls, now_sum, now_max;
    uint64_t from[COUNTER_COUNT]; /* counters at its begin */
    int64_t from_ms;
};

struct series {
    enum stat_kind kind;
    struct str key, name; /* owned; `name`: the server's, as HAProxy has it */
    struct str id, member;
    uint64_t base[STAT_VALUES];   /* the oldest sample */
    uint64_t before[STAT_VALUES]; /* the one before the last */
    uint64_t last[STAT_VALUES];
    struct buf deltas; /* from the oldest to the last, from `start` on */
    size_t start, count;
    bool taken;     /* in the sample that is being taken */
    uint64_t *gone; /* COUNTER_COUNT, of a member in workers that are gone; NULL: nothing */
    struct stat_minute minute;
};

struct poll_time {
    int64_t at_ms, wall_ms; /* `at_ms` never goes back; it goes on over a restart */
};

/* Frontends and backends, or members. */
struct series_class {
    size_t bytes, limit, keep;
};

struct stats {
    struct stats_limits limits;
    struct series **items; /* as they came with the last sample */
    struct series **index; /* the same, sorted by kind, key, name */
    size_t count, size;
    struct series **next; /* the sample that is being taken */
    size_t next_count, next_size, hint;
    struct poll_time *times; /* of the samples that are kept; a ring */
    size_t time_first, time_count;
    struct series_class classes[2]; /* of members: 1 */
    int64_t now_ms;                 /* of the last sample; 0: none in this life */
    bool whole_due;                 /* other objects than in the last record */
    unsigned records;               /* since the last whole one */
    int64_t minute;                 /* number of the one under way; 0: none */
    struct buf minute_record;
};

/* --- stats_series.c --- */

struct series *series_new(enum stat_kind kind, struct str key, struct str name);
void series_free(struct stats *s, struct series *one);
/* `values` of a member become those of all workers; others are so already. */
void series_append(struct stats *s, struct series *one, uint64_t *values);
void series_drop_oldest(struct stats *s, struct series *one);
void series_begin_minute(struct series *one, int64_t at_ms);
void series_put_minute(struct buf *out, const struct series *one, int64_t at_ms);
struct series_class *series_class_of(struct stats *s, const struct series *one);

/* --- stats.c --- */

/* A sample: begin, add each object once (a second time is left out), end. */
void stats_begin(struct stats *s, int64_t elapsed_ms, int64_t wall_ms);
void stats_add(struct stats *s, enum stat_kind kind, struct str key, struct str name,
               const uint64_t *values);
void stats_end(struct stats *s);

/* Index of the first series of this kind and key. */
size_t stats_first(const struct stats *s, enum stat_kind kind, struct str key);

const struct poll_time *stats_time(const struct stats *s, size_t back); /* 0: the last */

#endif
