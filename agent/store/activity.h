/* SPDX-License-Identifier: Apache-2.0 */
/* The activity: what happened, in history/. Sequence numbers ascend and are never used twice, even
 * when history/ is lost: state/ holds a mark that is moved ahead in steps, so that numbers are
 * skipped after a crash, and only then. */
#ifndef THALASSA_STORE_ACTIVITY_H
#define THALASSA_STORE_ACTIVITY_H

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

enum {
    ACTIVITY_ENTRIES = 100000,   /* kept unless told otherwise */
    ACTIVITY_TEXT_MAX = 2048,    /* of object, actor, reason: the rest is cut */
    ACTIVITY_OBJECT_MAX = 16384, /* of before, after: a larger one is left out, with its size */
    ACTIVITY_LIMIT_MAX = 1000,   /* entries of one answer */
    ACTIVITY_STEP = 1024         /* sequence numbers reserved at once */
};

/* Views; any may be empty. `before` and `after` are JSON texts. `verb` and `actor` are words such
 * as "switched" and "api". */
struct activity {
    int64_t time_ms; /* wall clock */
    struct str verb, object, actor, reason;
    uint64_t generation; /* 0: none */
    struct str before, after;
};

struct activity_log;

/* `max_entries` at least 1. NULL with an error. The store must outlive the log. */
struct activity_log *activity_open(struct store *s, size_t max_entries, struct err *e);
void activity_close(struct activity_log *log); /* NULL is fine */

/* Append, and drop the oldest entries above the limit or when history/ is full. *seq becomes the
 * entry's number (from 1). *entry, if not NULL, gets the entry as JSON: one line, the form that
 * queries give. Not synced: a crash of the machine may lose the last entries. */
int activity_append(struct activity_log *log, const struct activity *what, uint64_t *seq,
                    struct buf *entry, struct err *e);

struct activity_query {
    uint64_t since;    /* only entries with a greater number; 0: all */
    size_t limit;      /* 1..ACTIVITY_LIMIT_MAX; 0: ACTIVITY_LIMIT_MAX */
    struct str filter; /* words; each must occur in verb, object, actor or reason; ASCII case does
                        * not count; empty: all */
    bool oldest_first; /* the entries right behind `since`, in the order of their numbers; false:
                        * the last ones, newest first */
};

/* Append a JSON array of entries to `out`: {"type":"activity","seq","time","verb",
 * "object","actor","reason","generation"?,"before"?,"after"?}. ERR_TOO_LARGE past out's limit. */
int activity_query(struct activity_log *log, const struct activity_query *query, struct buf *out,
                   struct err *e);

#endif
