/* SPDX-License-Identifier: Apache-2.0 */
/* The difference between what HAProxy should run and what it runs, as runtime commands. Pure and
 * level-triggered: a plan is made from one observation, sent, and made again from the next; it is
 * done when it is empty. What needs more than runtime commands is not found here but by comparing
 * the structure of configurations (render/structure.h), save for the options of servers. */
#ifndef THALASSA_PLAN_PLAN_H
#define THALASSA_PLAN_PLAN_H

#include "model/reason.h"
#include "plan/ledger.h"
#include "plan/map_cache.h"
#include "plan/observed.h"
#include "plan/replies.h"
#include "plan/scope.h"

struct plan_op {
    enum reply_op kind;
    struct str backend, server; /* server operations */
    struct str map;             /* map operations: path */
    struct str command;         /* as it is sent, without the line end */
    enum server_admin state;    /* REPLY_SET_STATE: which */
    bool warming;               /* part of an addition that starts in drain */
    bool replacing;             /* of a server that is taken out to be added with other options */
    bool ramping;               /* from here on its weight grows */
};

/* A server that serves for another version (or service) by now than the one it was added for. */
struct plan_heir {
    struct str backend, server, source;
};

/* A backend that has servers of another version (or service) than the one that it follows. */
struct plan_switch {
    const struct desired_backend *backend; /* of the planner's input */
    struct str from;                       /* "service@version" */
};

struct plan {
    struct arena arena;
    struct plan_op *ops; /* in the order of sending */
    size_t count;
    struct reasons reasons;   /* options of servers that only a reload can change */
    struct str_list problems; /* what cannot be sent and is left out, one line each */
    struct plan_heir *heirs;
    size_t heir_count;
    struct plan_switch *switches;
    size_t switch_count;
    int64_t wake_ms; /* monotonic time to observe again although nothing is sent; -1 never */
    bool waits; /* it is not yet as it should be, though nothing is to be sent now: who is to follow
                 * does not serve, a map is to be read first. Drains of those who leave do not count
                 */
    uint64_t hash;         /* of all commands: the same plan twice is no progress */
    struct scope restless; /* backends of which anything above tells */
};

/* Members that one backend gets at once; above, a reload is quicker on every version (measured on
 * 2.6 to 3.4 with 10,000 members). */
enum { BULK_ADDITIONS = 3000 };

struct plan_input {
    const struct desired *want;
    const struct have *have;
    const struct map_cache *maps; /* contents of the maps that HAProxy has */
    const struct ledger *ledger;
    const struct scope
        *scope;        /* only these backends; the others are as they should be. NULL: all */
    struct str folder; /* --haproxyDir, without a '/' at the end: maps are FOLDER/maps/... */
    int64_t now_ms;    /* monotonic */
    int64_t poll_ms;   /* how soon to look again at what only waits: a check, a last session */
    int64_t drain_timeout_ms;
    int64_t warmup_ms;    /* how long the weights of a new version's members grow */
    unsigned min_healthy; /* a version switch drains the old ones when so many new ones serve */
    bool add_checked;     /* --addState checked */
    bool bulk_reload;     /* --bulkReload: reload where BULK_ADDITIONS is passed */
};

void plan_make(const struct plan_input *in, struct plan *out);
void plan_free(struct plan *p);

/* Shared by the parts of the planner. A command that HAProxy could not read is a problem
 * instead, and plan_push false. */
bool plan_push(struct plan *p, enum reply_op kind, struct str backend, struct str server,
               const char *format, ...) __attribute__((format(printf, 5, 6)));
void plan_push_map(struct plan *p, enum reply_op kind, struct str path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Why a reload is needed, once for each backend and field. */
void plan_reason(struct plan *p, struct str backend, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void plan_wake(struct plan *p, int64_t at_ms); /* the earliest wins */
void plan_servers(const struct plan_input *in, struct plan *p);
void plan_maps(const struct plan_input *in, struct plan *p);

/* What the ledger learns although nothing is sent: the heirs. To be called for the plan of what is
 * really wanted, not of a dry run. */
void plan_note_made(struct ledger *l, const struct plan *p);

/* What the ledger must know before a command is sent, and after it was answered. */
void plan_note_sending(struct ledger *l, const struct plan_input *in, const struct plan *p);
void plan_note_reply(struct ledger *l, const struct plan_op *op, enum reply_meaning meaning);

/* Active set of a frontend's rule maps: 'a' (also when the active map lacks it) or 'b'. */
char plan_active_set(const struct plan_input *in, struct str frontend);

#endif
