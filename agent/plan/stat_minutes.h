/* SPDX-License-Identifier: Apache-2.0 */
/* Minutes of frontends and backends: one record has all objects of one minute; when an hour of
 * them is full they become one block for each object, so that the day of one is read in few steps.
 * Pure; store/stats_log.h keeps both. */
#ifndef THALASSA_PLAN_STAT_MINUTES_H
#define THALASSA_PLAN_STAT_MINUTES_H

#include "base/buf.h"
#include "plan/stat_id.h"

enum { MINUTE_MS = 60000, MINUTES_IN_BLOCK = 60, MINUTE_BYTES = 24 * 1024 * 1024 };

/* What is kept of a minute. Counters: what they grew by. */
enum minute_value {
    MINUTE_ELAPSED_MS,
    MINUTE_NOW_AVG, /* sessions, in hundredths */
    MINUTE_NOW_MAX,
    MINUTE_SESSIONS,
    MINUTE_REQUESTS,
    MINUTE_BYTES_IN,
    MINUTE_BYTES_OUT,
    MINUTE_1XX,
    MINUTE_2XX,
    MINUTE_3XX,
    MINUTE_4XX,
    MINUTE_5XX,
    MINUTE_OTHER,
    MINUTE_UP, /* servers, of a backend */
    MINUTE_SERVERS,
    MINUTE_VALUES
};

/* --- a record: rows in the order of kind and key --- */
void minute_begin(struct buf *out, int64_t minute);
void minute_add(struct buf *out, enum stat_kind kind, struct str key, const uint64_t *values);

struct minute_row {
    enum stat_kind kind;
    struct str key, packed;
};
struct minute_reader {
    struct str rest;
    int64_t minute; /* since 1970 */
};
int minute_open(struct minute_reader *r, struct str record); /* -1: not a record of this layout */
bool minute_next(struct minute_reader *r, struct minute_row *row); /* false: the end, or damage */
int minute_unpack(struct str packed, uint64_t *values);

/* --- a block: minutes of one object, oldest first --- */
typedef void minute_on_block(void *ctx, enum stat_kind kind, struct str key, struct str block);
/* Records, oldest first; those that do not read are left out. */
void minute_gather(const struct str *records, size_t count, minute_on_block *on_block, void *ctx);

int minute_block_open(struct str block, struct str *rest); /* -1: not of this layout */
bool minute_block_next(struct str *rest, int64_t *minute, uint64_t *values);

#endif
