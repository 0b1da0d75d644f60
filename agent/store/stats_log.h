/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics in history/: the last samples (plan/stats.h), and a day of minutes
 * (plan/stat_minutes.h). One transaction for each sample; what is old goes by ranges of keys. Not
 * synced: a crash of the machine may lose the last ones. */
#ifndef THALASSA_STORE_STATS_LOG_H
#define THALASSA_STORE_STATS_LOG_H

#include "plan/stat_minutes.h"
#include "store/store.h"

enum {
    STATS_LOG_HOURS = 24,                /* blocks kept, besides the one under way */
    STATS_LOG_BYTES = 64 * 1024 * 1024,  /* of blocks: above, fewer hours */
    STATS_LOG_RECORD = 24 * 1024 * 1024, /* of a record at most */
};

struct stats_log;

/* The store must outlive the log. NULL with an error. */
struct stats_log *stats_log_open(struct store *s, struct err *e);
void stats_log_close(struct stats_log *log); /* NULL is fine */

/* A sample, of which the last `keep` are kept, and the minute that ended with it, if any (else
 * empty). When history/ is full the oldest hour goes. */
int stats_log_add(struct stats_log *log, struct str sample, size_t keep, struct str minute,
                  struct err *e);

/* All samples, oldest first. `on_sample` returns -1 to stop. */
typedef int stats_log_on_sample(void *ctx, struct str sample);
int stats_log_samples(struct stats_log *log, stats_log_on_sample *on_sample, void *ctx,
                      struct err *e);

/* The minutes of one object, oldest first. */
typedef void stats_log_on_minute(void *ctx, int64_t minute, const uint64_t *values);
int stats_log_minutes(struct stats_log *log, enum stat_kind kind, struct str key,
                      stats_log_on_minute *on_minute, void *ctx, struct err *e);

#endif
