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
#include "plan/proxies.h"
#include "plan/replies.h"
#include "plan/scope.h"

struct plan_op {
    enum reply_op kind;
    struct str backend, server; /* the proxy; the server: of server operations */
    struct str map;             /* map operations: path */
    struct map_entry entry;     /* of a keyed map: what is added, set, or deleted (no value) */
    struct str command;         /* as it is sent, without the line end */
    enum server_admin state;    /* REPLY_SET_STATE: which */
    bool tidying;               /* takes away what nobody looks at any more: no difference that
                                 * anybody made */
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

/* A proxy that serves a backend, or is to; without a backend: it is no matter of ours any more. */
struct plan_claim {
    struct str proxy, backend, profile;
};

/* An admin state that somebody else set: neither what we set last nor what we were about to. */
struct plan_hand {
    struct str backend, proxy, server; /* the operator's name, HAProxy's, of the server */
    struct str host;                   /* of the member */
    uint16_t port;
    enum server_admin state;
    bool agrees; /* it is what is wanted by now: only to be noted */
};

/* Entries at both ends of two sorted maps that are the same in both. */
struct map_ends {
    size_t head, tail;
};

/* What a plan found the maps to have in common: the next one need not look again, as long as both
 * are the same. */
enum { PLAN_MAPS_SEEN = 8 };
struct plan_maps_seen {
    uint64_t maps_id;                  /* of what was wanted; 0: nothing is known */
    uint64_t versions[PLAN_MAPS_SEEN]; /* of HAProxy's; 0: not known */
    struct map_ends ends[PLAN_MAPS_SEEN];
};

/* What is not the same in a wanted map and in HAProxy's: nothing, with no entries on both sides. */
struct plan_map {
    bool known; /* what HAProxy's map says */
    struct map_file want;
    struct have_map have; /* by key alone */
};

struct plan {
    struct arena arena;
    struct plan_op *ops; /* in the order of sending */
    size_t count;
    struct reasons reasons;   /* what only a reload can change: options of servers, a backend for
                               * which there is no proxy */
    struct str_list problems; /* what cannot be sent and is left out, one line each */
    struct plan_heir *heirs;
    size_t heir_count;
    struct plan_switch *switches;
    size_t switch_count;
    struct plan_claim *claims;
    size_t claim_count;
    struct plan_hand *hands; /* only of a fresh observation */
    size_t hand_count;
    int64_t wake_ms;   /* monotonic time to observe again although nothing is sent; -1 never */
    bool keeps_routes; /* a frontend waits for a backend that is coming: whom it is led to stays */
    bool waits; /* it is not yet as it should be, though nothing is to be sent now: who is to follow
                 * does not serve, a map is to be read first. Drains of those who leave do not count
                 */
    bool waits_for_maps;     /* or for proxies: for anything but servers of `waiting` */
    struct str_list waiting; /* backends that it waits for, by the operator's names */
    uint64_t hash;           /* of all commands: the same plan twice is no progress */
    struct scope restless;   /* backends of which anything above tells */
    /* plan_index.c: */
    const struct desired_backend **moved; /* whose proxy has another name, sorted by it */
    size_t moved_count;
    bool *looked;               /* for each wanted backend: it is in scope; NULL: all are */
    struct plan_map *maps;      /* for each wanted map, in their order */
    struct plan_maps_seen seen; /* for the next plan */
};

/* Members that one backend gets at once; above, a reload is quicker on every version (measured on
 * 2.6 to 3.4 with 10,000 members). */
enum { BULK_ADDITIONS = 3000 };

struct plan_input {
    const struct desired *want;
    const struct have *have;
    bool fresh; /* `have` was asked for after the last command was answered: what is in it and not
                 * in the ledger is not ours */
    bool quiet; /* and the one before it, of the same worker, left nothing to do: a command that got
                 * no answer will not be carried out any more */
    const struct map_cache *maps;      /* contents of the maps that HAProxy has */
    const struct plan_maps_seen *seen; /* by the plan before, with the same cache; NULL: nothing */
    const struct ledger *ledger;
    const struct proxies *proxies;     /* the record of them */
    const struct proxy_facts *running; /* what the worker was started with; may be NULL */
    bool can_add;                      /* backends can be made and deleted at runtime */
    bool proxies_chosen; /* what is wanted says for every backend which proxy is its own: others
                          * may go */
    const struct scope
        *scope; /* only these backends; the others are as they should be. NULL: all */
    const struct str_list *closed; /* proxies to which no server may be added, sorted; NULL: none */
    struct str folder; /* --haproxyDir, without a '/' at the end: maps are FOLDER/maps/... */
    int64_t now_ms;    /* monotonic */
    int64_t poll_ms;   /* how soon to look again at what only waits: a check, a last session */
    int64_t drain_timeout_ms;
    int64_t warmup_ms;    /* how long the weights of a new version's members grow */
    unsigned min_healthy; /* a version switch drains the old ones when so many new ones serve */
    bool add_checked;     /* --addState checked */
    bool bulk_reload;     /* --bulkReload: reload where BULK_ADDITIONS is passed */
};

/* At least so long a server that leaves is in maintenance, where nobody new comes, before sessions
 * are cut. */
static inline int64_t plan_last_ms(const struct plan_input *in)
{
    enum { LAST_MS = 1000 };

    return in->drain_timeout_ms / 2 < LAST_MS ? in->drain_timeout_ms / 2 : LAST_MS;
}

void plan_make(const struct plan_input *in, struct plan *out);
void plan_free(struct plan *p);

/* Shared by the parts of the planner. A command that HAProxy could not read is a problem
 * instead, and plan_push false. */
bool plan_push(struct plan *p, enum reply_op kind, struct str backend, struct str server,
               const char *format, ...) __attribute__((format(printf, 5, 6)));
struct plan_op *plan_push_map(struct plan *p, enum reply_op kind, struct str path,
                              const char *format, ...) /* NULL: too long */
    __attribute__((format(printf, 4, 5)));
/* Why a reload is needed, once for each backend and field. */
void plan_reason(struct plan *p, struct str backend, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void plan_wake(struct plan *p, int64_t at_ms); /* the earliest wins */
void plan_servers(const struct plan_input *in, struct plan *p);
void plan_servers_of_leaver(const struct plan_input *in, struct plan *p, struct str proxy);
/* True when the proxy's servers are enough to serve in place of another's. */
bool plan_servers_suffice(const struct plan_input *in, const struct desired_backend *b);
/* True when nobody serves the backend, but somebody soon may: a reload makes it, the registry has
 * not told its members yet, or their first check is not over. Who is served by another one is not
 * led to it so early. */
bool plan_backend_is_coming(const struct plan_input *in, struct str backend);
const struct desired_backend *plan_find_backend(const struct desired *d, struct str name);
/* Whose proxy it is, by what is wanted; whose until another one serves. NULL: nobody's. Good for
 * the plan that was begun with plan_index. */
void plan_index(const struct plan_input *in, struct plan *p);
const struct desired_backend *plan_find_proxy(const struct plan_input *in, const struct plan *p,
                                              struct str proxy);
const struct desired_backend *plan_find_holder(const struct plan_input *in, struct str proxy);
bool plan_wants_proxy(const struct plan_input *in, const struct plan *p, struct str proxy);
bool plan_looks_at(const struct plan *p, size_t backend); /* index of a wanted one: in scope */
/* The first of those from `at` on; the number of wanted ones when there is none. */
size_t plan_next(const struct plan_input *in, const struct plan *p, size_t at);
void plan_proxies_make(const struct plan_input *in, struct plan *p);
void plan_proxies_leave(const struct plan_input *in, struct plan *p);
void plan_maps_compare(const struct plan_input *in, struct plan *p);    /* before the others */
void plan_maps_of_proxies(const struct plan_input *in, struct plan *p); /* before they are made */
void plan_frontends(const struct plan_input *in, struct plan *p);
void plan_maps(const struct plan_input *in, struct plan *p);
void plan_rules(const struct plan_input *in, struct plan *p);
void plan_maps_left(const struct plan_input *in, struct plan *p); /* after they are deleted */

/* The map of proxies as HAProxy has it. NULL: it has none, or it must be read first (*exists). */
const struct have_map *plan_map_of_proxies(const struct map_cache *maps, struct str folder,
                                           bool *exists);

/* What the records learn although nothing is sent: heirs, states set by
 * hand that are wanted by now, and whose proxy is whose. To be called
 * for the plan of what is really wanted, not of a dry run, and stored before its commands are sent.
 */
void plan_note_made(struct ledger *l, struct proxies *proxies, const struct plan *p);

/* The state was taken over as an operator's word: it is ours from now on. */
void plan_note_adopted(struct ledger *l, const struct plan_hand *h);

/* What the ledger must know before a command is sent, and what is known after it was answered. */
void plan_note_sending(struct ledger *l, const struct plan_input *in, const struct plan *p);
void plan_note_reply(struct ledger *l, struct proxies *proxies, const struct plan_op *op,
                     enum reply_meaning meaning);

/* Active set of a frontend's rule maps: 'a' (also when the active map lacks it) or 'b'. */
char plan_active_set(const struct plan_input *in, struct str frontend);

#endif
