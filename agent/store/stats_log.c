/* SPDX-License-Identifier: Apache-2.0 */
#include "store/stats_log.h"

#include "store/seq_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOURS_MAX = 4 * STATS_LOG_HOURS, NAME_BYTES = 200 };

/* The blocks of one hour lie together: SEQ alone tells of them, SEQ KIND NAME is one of them. */
struct hour {
    uint64_t seq, bytes;
};

struct stats_log {
    struct store *store;
    uint64_t next_sample, next_minute, next_hour;
    size_t minutes; /* of the hour under way */
    struct hour hours[HOURS_MAX];
    size_t hour_count;
};

/* --- what is there --- */

static int on_last(void *ctx, struct str key, struct str value, struct err *e)
{
    uint64_t *next = ctx;

    (void)value;
    (void)e;
    *next = seq_of(key) + 1;
    return 1;
}

/* The number behind the last. */
static int read_next(struct store_txn *t, enum store_table table, uint64_t *next, struct err *e)
{
    *next = 1;
    return store_each(t, table, STORE_BACKWARD, STR_NONE, on_last, next, e);
}

static void forget_hours(struct stats_log *log, size_t count)
{
    log->hour_count -= count;
    memmove(log->hours, log->hours + count, log->hour_count * sizeof *log->hours);
}

/* Each key is looked up, not what lies between: there are few hours and many names. */
static int on_hour(void *ctx, struct str key, struct str value, struct err *e)
{
    struct stats_log *log = ctx;
    struct hour hour = {.seq = seq_of(key)};

    (void)e;
    if (key.n == SEQ_KEY_BYTES && str_u64(value, &hour.bytes) == 0) {
        if (log->hour_count == HOURS_MAX)
            forget_hours(log, 1);
        log->hours[log->hour_count++] = hour;
    }
    log->next_hour = hour.seq + 1;
    return 1;
}

static int read_hours(struct stats_log *log, struct store_txn *t, struct err *e)
{
    uint64_t before;
    char key[SEQ_KEY_BYTES];

    do {
        before = log->next_hour;
        if (store_each(t, STORE_HOURS, STORE_FORWARD, seq_key(before, key), on_hour, log, e))
            return -1;
    } while (log->next_hour != before);
    return 0;
}

struct stats_log *stats_log_open(struct store *s, struct err *e)
{
    struct stats_log *log = calloc(1, sizeof *log);
    struct store_txn *t = store_read(s, STORE_HISTORY, e);
    int rc = -1;

    if (!log)
        abort();
    log->store = s;
    if (t && read_next(t, STORE_STATS, &log->next_sample, e) == 0 &&
        read_next(t, STORE_MINUTES, &log->next_minute, e) == 0)
        rc = read_hours(log, t, e);
    if (rc == 0)
        log->minutes = store_count(t, STORE_MINUTES);
    store_abort(t);
    if (rc == 0)
        return log;
    free(log);
    err_wrap(e, "statistics");
    return NULL;
}

void stats_log_close(struct stats_log *log)
{
    free(log);
}

/* --- hours --- */

static struct str block_key(uint64_t seq, enum stat_kind kind, struct str name, char *out)
{
    struct str key = seq_key(seq, out);

    out[key.n++] = kind == STAT_FRONTEND ? 'f' : 'b';
    if (name.n)
        memcpy(out + key.n, name.p, name.n);
    return (struct str){out, key.n + name.n};
}

struct filling {
    struct stats_log *log;
    struct store_txn *txn;
    uint64_t bytes;
};

static void put_block(void *ctx, enum stat_kind kind, struct str name, struct str block)
{
    struct filling *f = ctx;
    char key[SEQ_KEY_BYTES + 1 + NAME_BYTES];

    if (name.n > NAME_BYTES)
        return;
    store_put(f->txn, STORE_HOURS, block_key(f->log->next_hour, kind, name, key), block);
    f->bytes += block.n + name.n;
}

struct records {
    struct arena arena;
    struct str *items;
    size_t count;
};

static int on_record(void *ctx, struct str key, struct str value, struct err *e)
{
    struct records *r = ctx;

    (void)key;
    (void)e;
    *ARENA_PUSH(&r->arena, r->items, r->count) = arena_str(&r->arena, value);
    return 0;
}

/* Hours above the limits, the oldest first. */
static size_t count_surplus(const struct stats_log *log)
{
    size_t surplus = 0;
    uint64_t bytes = 0;

    for (size_t i = 0; i < log->hour_count; i++)
        bytes += log->hours[i].bytes;
    while (surplus < log->hour_count &&
           (log->hour_count - surplus > STATS_LOG_HOURS || bytes > STATS_LOG_BYTES))
        bytes -= log->hours[surplus++].bytes;
    return surplus;
}

static void drop_hours(struct stats_log *log, struct store_txn *t, size_t count)
{
    char key[SEQ_KEY_BYTES];
    uint64_t end;

    if (count == 0)
        return;
    end = count < log->hour_count ? log->hours[count].seq : log->next_hour;
    store_trim_before(t, STORE_HOURS, seq_key(end, key));
    forget_hours(log, count);
}

/* The minutes of an hour become blocks. */
static int close_hour(struct stats_log *log, struct store_txn *t, struct err *e)
{
    struct filling filling = {log, t, 0};
    struct records records = {0};
    char key[SEQ_KEY_BYTES], bytes[24];
    int rc = store_each(t, STORE_MINUTES, STORE_FORWARD, STR_NONE, on_record, &records, e);

    if (rc == 0) {
        minute_gather(records.items, records.count, put_block, &filling);
        (void)snprintf(bytes, sizeof bytes, "%" PRIu64, filling.bytes);
        store_put(t, STORE_HOURS, seq_key(log->next_hour, key), str_z(bytes));
        store_trim_before(t, STORE_MINUTES, seq_key(log->next_minute, key));
        if (log->hour_count == HOURS_MAX)
            drop_hours(log, t, 1);
        log->hours[log->hour_count++] = (struct hour){log->next_hour++, filling.bytes};
        log->minutes = 0;
        drop_hours(log, t, count_surplus(log));
    }
    arena_free(&records.arena);
    return rc;
}

/* --- adding --- */

static int put(struct stats_log *log, struct store_txn *t, struct str sample, size_t keep,
               struct str minute, struct err *e)
{
    char key[SEQ_KEY_BYTES];

    if (sample.n)
        store_put(t, STORE_STATS, seq_key(log->next_sample++, key), sample);
    store_trim(t, STORE_STATS, keep);
    if (!minute.n)
        return 0;
    store_put(t, STORE_MINUTES, seq_key(log->next_minute++, key), minute);
    return ++log->minutes < MINUTES_IN_BLOCK ? 0 : close_hour(log, t, e);
}

static int add(struct stats_log *log, struct str sample, size_t keep, struct str minute,
               struct err *e)
{
    struct stats_log before = *log;
    struct store_txn *t = store_write(log->store, STORE_HISTORY, e);

    if (!t)
        return -1;
    if (put(log, t, sample, keep, minute, e) == 0) {
        if (store_commit(t, e) == 0)
            return 0;
    } else {
        store_abort(t);
    }
    *log = before;
    return -1;
}

/* history/ is full: the oldest hour goes, or the samples. */
static int make_room(struct stats_log *log, struct err *e)
{
    struct store_txn *t = store_write(log->store, STORE_HISTORY, e);
    struct stats_log before = *log;

    if (!t)
        return -1;
    if (log->hour_count)
        drop_hours(log, t, 1);
    else
        store_trim(t, STORE_STATS, 0);
    if (store_commit(t, e) == 0)
        return 0;
    *log = before;
    return -1;
}

int stats_log_add(struct stats_log *log, struct str sample, size_t keep, struct str minute,
                  struct err *e)
{
    struct err first;

    if (add(log, sample, keep, minute, &first) == 0)
        return 0;
    if (first.kind == ERR_UNAVAILABLE && make_room(log, e) == 0 &&
        add(log, sample, keep, minute, &first) == 0)
        return 0;
    if (e)
        *e = first;
    return err_wrap(e, "statistics");
}

/* --- reading --- */

struct telling {
    stats_log_on_sample *on_sample;
    void *ctx;
};

static int tell_sample(void *ctx, struct str key, struct str value, struct err *e)
{
    const struct telling *t = ctx;

    (void)key;
    (void)e;
    return t->on_sample(t->ctx, value) ? 1 : 0;
}

int stats_log_samples(struct stats_log *log, stats_log_on_sample *on_sample, void *ctx,
                      struct err *e)
{
    struct telling telling = {on_sample, ctx};
    struct store_txn *t = store_read(log->store, STORE_HISTORY, e);
    int rc = t ? store_each(t, STORE_STATS, STORE_FORWARD, STR_NONE, tell_sample, &telling, e) : -1;

    store_abort(t);
    return rc ? err_wrap(e, "statistics") : 0;
}

struct looking {
    enum stat_kind kind;
    struct str name;
    stats_log_on_minute *on_minute;
    void *ctx;
};

static void tell_block(const struct looking *l, struct str block)
{
    uint64_t values[MINUTE_VALUES];
    struct str rest;
    int64_t minute;

    if (minute_block_open(block, &rest))
        return;
    while (minute_block_next(&rest, &minute, values))
        l->on_minute(l->ctx, minute, values);
}

/* A minute of the hour under way. */
static int look_for(void *ctx, struct str key, struct str value, struct err *e)
{
    const struct looking *l = ctx;
    uint64_t values[MINUTE_VALUES];
    struct minute_reader reader;
    struct minute_row row;

    (void)key;
    (void)e;
    if (minute_open(&reader, value))
        return 0;
    while (minute_next(&reader, &row)) {
        if (row.kind != l->kind || !str_eq(row.key, l->name))
            continue;
        if (minute_unpack(row.packed, values) == 0)
            l->on_minute(l->ctx, reader.minute, values);
        break;
    }
    return 0;
}

static int read_minutes(struct stats_log *log, struct store_txn *t, struct looking *l,
                        struct err *e)
{
    char key[SEQ_KEY_BYTES + 1 + NAME_BYTES];
    struct str block;

    if (l->name.n > NAME_BYTES)
        return 0;
    for (size_t i = 0; i < log->hour_count; i++) {
        struct str which = block_key(log->hours[i].seq, l->kind, l->name, key);
        if (store_get(t, STORE_HOURS, which, &block, e))
            return -1;
        if (block.p)
            tell_block(l, block);
    }
    return store_each(t, STORE_MINUTES, STORE_FORWARD, STR_NONE, look_for, l, e);
}

int stats_log_minutes(struct stats_log *log, enum stat_kind kind, struct str key,
                      stats_log_on_minute *on_minute, void *ctx, struct err *e)
{
    struct looking looking = {kind, key, on_minute, ctx};
    struct store_txn *t = store_read(log->store, STORE_HISTORY, e);
    int rc = t ? read_minutes(log, t, &looking, e) : -1;

    store_abort(t);
    return rc ? err_wrap(e, "statistics") : 0;
}
