/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy counts, as a series of samples of each frontend, backend and member, by the
 * operator's names: the latest in full, the others as differences. Pure.
 *
 * Frontends and backends have true totals (plan/totals.h). Of several proxies of one backend the
 * one that serves tells its state; sessions and queues of all are added up. Members are those of
 * the worker that serves; their counters go on over its successors, without what a worker serves
 * while it leaves. */
#ifndef THALASSA_PLAN_STATS_H
#define THALASSA_PLAN_STATS_H

#include "plan/stat_id.h"
#include "plan/totals.h"

/* Values of a sample: the counters, then the gauges. GAUGE_CHANGED_S is the second of the wall
 * clock at which the state changed. */
enum { STAT_VALUES = COUNTER_COUNT + GAUGE_COUNT };

/* One sample of one object. Views are valid until the next one is taken. */
struct stat_row {
    enum stat_kind kind;
    struct str id, key, member;
    int64_t time_ms;        /* wall clock */
    int64_t elapsed_ms;     /* since the sample before; 0: there is none */
    const uint64_t *values; /* STAT_VALUES */
    const uint64_t *before; /* of the sample before, or the same */
};

uint64_t stat_gauge(const struct stat_row *s, enum gauge gauge);
/* What a counter has grown by: one that went back began anew. */
uint64_t stat_growth(uint64_t before, uint64_t now);

struct stats_limits {
    size_t samples;       /* kept of each object, at least 2 */
    int64_t retention_ms; /* and no older than this, but for one that the first rate needs */
    size_t bytes;         /* of the differences of frontends and backends: above, fewer samples */
    size_t member_bytes;  /* of members */
};

struct stats;

struct stats *stats_new(const struct stats_limits *limits);
void stats_free(struct stats *s); /* NULL is fine */

/* The proxy that serves the operator's backend. */
typedef struct str stats_serving(void *ctx, struct str backend);

/* A sample of everything: have->proxies and have->members, which `totals` has taken before.
 * Objects that are not in it are gone. `now_ms` is monotonic. */
void stats_take(struct stats *s, const struct have *have, struct totals *totals,
                stats_serving *serving, void *ctx, int64_t now_ms, int64_t wall_ms);

size_t stats_kept(const struct stats *s); /* samples */

typedef void stats_visit(void *ctx, const struct stat_row *stat);

/* The latest sample of each object that the pattern names, in the order of ids: frontends,
 * backends, members. */
void stats_each(const struct stats *s, const struct stat_id *pattern, stats_visit *visit,
                void *ctx);

/* The newest `limit` (0: all) samples of one object that are newer than `since_ms`, oldest first;
 * false when there is no such object. */
bool stats_samples(const struct stats *s, const struct stat_id *id, int64_t since_ms, size_t limit,
                   stats_visit *visit, void *ctx);

/* A minute ended with the last sample: its record (stat_minutes.h), else empty. */
struct str stats_minute(const struct stats *s);

/* --- stat_record.c: samples of frontends and backends, to be kept over a restart --- */

/* The last sample, by what differs from the one before, or `whole`; by itself whole when it has to
 * be, and each so many: records are read from a whole one on. */
enum { STATS_WHOLE_EACH = 30 };
void stats_put_sample(struct stats *s, bool whole, struct buf *out);

/* Before the first sample is taken, oldest first. What comes before a whole record is skipped; -1:
 * a record of another layout, or none. */
int stats_load_sample(struct stats *s, struct str record);

/* Hash of what a sample's values are. */
uint64_t stats_layout(void);

#endif
