/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of HAProxy added up over its workers, by the operator's names: a reload starts a new
 * worker with counters of its own, and one backend may be served by several proxies one after
 * another. Pure. A total never goes down while it is there.
 *
 * Of each proxy of each worker the last sample is kept, and an offset that does not count: what the
 * worker took over from a stats-file (HAProxy >= 3.0), what it counted for another owner before. */
#ifndef THALASSA_PLAN_TOTALS_H
#define THALASSA_PLAN_TOTALS_H

#include "plan/observed.h"

#include "base/buf.h"

struct totals;

struct totals_worker {
    int64_t pid, start_time_s;
};

/* Who is who, at the time of a sample. Views live until the call returns. */
struct totals_names {
    void *ctx;
    /* Operator's name of what a proxy serves; empty: nobody's (an idle spare), not counted. `last`
     * is what was answered before, empty for a new proxy. */
    struct str (*owner)(void *ctx, bool frontend, struct str proxy, struct str last);
    /* Its guid in the configuration; empty: none. */
    struct str (*guid)(void *ctx, bool frontend, struct str proxy);
};

struct totals *totals_new(void);
void totals_free(struct totals *t); /* NULL is fine */

/* `worker` was started with this stats-file (the text of `dump stats-file`). To be called before
 * its first sample is taken; a line that does not read is left out. */
void totals_inherit(struct totals *t, struct totals_worker worker, struct str stats_file);

/* A sample: have->proxies of the worker that have->pid names. Of one that serves (not
 * have->stopping) it is the whole truth: proxies that it lacks are gone, and totals that no worker
 * counts for any more are dropped. */
void totals_take(struct totals *t, const struct have *have, const struct totals_names *names);

/* Only these workers are alive; what others have counted stays in the totals. */
void totals_keep(struct totals *t, const struct totals_worker *alive, size_t count);

/* Whose a proxy of a worker was at its last sample; empty: nobody's. Valid until the next one. */
struct str totals_owner(const struct totals *t, struct totals_worker worker, bool frontend,
                        struct str proxy);

/* False while nothing is known, or only what was loaded: the numbers may be old ones. */
bool totals_are_known(const struct totals *t);

/* Frontends first, by name. */
typedef void totals_visit(void *ctx, bool frontend, struct str name, const uint64_t *counters);
void totals_each(struct totals *t, totals_visit *visit, void *ctx);

/* As text, to be remembered over a restart of the agent. `t` is an empty one and stays so with -1:
 * another text, or one of other counters. */
void totals_put(const struct totals *t, struct buf *out);
int totals_load(struct totals *t, struct str text, struct err *e);

#endif
