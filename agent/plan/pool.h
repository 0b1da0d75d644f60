/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of one backend's servers as a whole before they are gone through one by one: who
 * serves, who is to follow whom, who may be taken out now. Pure. */
#ifndef THALASSA_PLAN_POOL_H
#define THALASSA_PLAN_POOL_H

#include "plan/plan.h"

/* Why servers with other options than wanted are (not) replaced now, one after the other. */
enum pool_replacing {
    POOL_AS_WANTED,    /* all options are as wanted */
    POOL_REPLACE_NEXT, /* `next` is taken out: others serve */
    POOL_REPLACE_IDLE, /* none that serves has other options: the rest may go at once */
    POOL_REPLACE_WAIT, /* one is under way, or somebody is still coming up */
    POOL_REPLACE_NEVER /* the only one that serves has other options: a reload */
};

struct pool {
    const struct plan_input *in;
    const struct desired_backend *want;
    const struct have_backend *have; /* never NULL */
    struct str name;                 /* of the proxy */
    size_t wanted;                   /* servers that are to take traffic */
    size_t serving;                  /* those of them that do */
    size_t unsettled;                /* those of them that may soon */
    size_t ramping;                  /* those of them whose weight still grows */
    size_t others;                   /* servers of another version that serve */
    size_t any;                      /* all that serve, wanted or not */
    size_t former;                   /* servers of another version, in whatever state */
    size_t former_leaving;           /* those of them that finish their sessions */
    struct str former_source;        /* of one of them, of one that serves before others */
    size_t enough;                   /* so many have to serve (--minHealthy) */
    bool successors_serve;           /* enough serve, none is still coming up or growing */
    bool holds;                      /* until another proxy serves: nothing is made new in it */
    bool leaves;                     /* the proxy serves nobody any more: nobody has to stay */
    unsigned scale;                  /* weights are raised by it while some grow: steps of 1 */
    enum pool_replacing replacing;
    const struct desired_server *next; /* whose turn it is, when it may be */
};

/* The planner's view of one backend. `b` refers to all that it is given. */
void pool_look(struct pool *b, const struct plan_input *in, const struct desired_backend *want,
               const struct have_backend *have);

/* What is to be done about its servers. */
void plan_pool(struct plan *p, const struct pool *b);

const struct ledger_entry *pool_entry(const struct pool *b, struct str server);

bool pool_serves(const struct have_server *s); /* NULL is fine */

/* It was added for another version (or service) than the one that is wanted. */
bool pool_is_other(const struct pool *b, const struct ledger_entry *entry);

/* HAProxy has it with other options than wanted. */
bool pool_is_stale(const struct desired_server *w, const struct have_server *h,
                   const struct ledger_entry *entry);

/* It is out of the pool for that: drained, or gone (`h` NULL), or back but not yet at work. */
bool pool_is_being_replaced(const struct desired_server *w, const struct have_server *h,
                            const struct ledger_entry *entry);

/* Its weight grows: --warmup, in a switch of versions. */
bool pool_is_ramping(const struct pool *b, const struct ledger_entry *entry);

/* The weight that a wanted server is to have now; `entry` may be NULL. `next_ms`: when it grows
 * again, -1 never. */
unsigned pool_weight(const struct pool *b, const struct desired_server *w,
                     const struct ledger_entry *entry, int64_t *next_ms);

/* The weight of a server that stays until those who follow it have grown. */
unsigned pool_weight_beside(const struct pool *b, const struct have_server *h,
                            const struct ledger_entry *entry);

/* Who is to follow has not come yet: the registry knows nobody of the new version. */
bool pool_waits_for_members(const struct pool *b, const struct ledger_entry *entry);

/* A drained server of the former version is wanted back: its successors are gone, or all down. */
bool pool_wants_back(const struct pool *b, const struct have_server *h,
                     const struct ledger_entry *entry);

/* Is its admin state somebody else's doing? Then it is among the plan's hands (plan_hands.c). */
void plan_hand_look(struct plan *p, const struct pool *b, const struct desired_server *w,
                    const struct have_server *h, const struct ledger_entry *entry);

#endif
