/* SPDX-License-Identifier: Apache-2.0 */
/* What totals.c and totals_text.c share. */
#ifndef THALASSA_PLAN_TOTALS_INSIDE_H
#define THALASSA_PLAN_TOTALS_INSIDE_H

#include "plan/totals.h"

/* One proxy of one worker. */
struct track {
    bool frontend;
    struct str name, owner; /* owned; `owner` empty: nobody's */
    uint64_t last[COUNTER_COUNT], offset[COUNTER_COUNT];
    bool seen;
};

struct inherited {
    struct str guid;
    uint64_t counters[COUNTER_COUNT];
};

struct tracks {
    struct totals_worker worker;
    struct arena arena;          /* of what it inherits, until it is sampled: */
    struct inherited *inherited; /* sorted by guid */
    size_t inherited_count;
    struct track **items; /* sorted by kind and name */
    size_t count;
    bool sampled; /* by this agent, or by the one before */
};

struct total {
    bool frontend;
    struct str name;              /* owned */
    uint64_t base[COUNTER_COUNT]; /* of workers and proxies that are gone */
    uint64_t sum[COUNTER_COUNT];  /* base and all tracks, while it is asked for */
    bool used;
};

struct totals {
    struct total **items; /* sorted by kind and name */
    size_t count;
    struct tracks *workers;
    size_t worker_count;
    bool known;
};

struct tracks *totals_worker_of(struct totals *t, struct totals_worker worker);
struct track *totals_track(struct tracks *w, bool frontend, struct str name, bool *made);
struct total *totals_of(struct totals *t, bool frontend, struct str name);
void totals_clear(struct totals *t);
void totals_sort_inherited(struct tracks *w);
void totals_set_text(struct str *text, struct str value);

#endif
