/* SPDX-License-Identifier: Apache-2.0 */
/* The record of our own work on HAProxy's servers: what HAProxy does not show (options, why a
 * server is drained) and what is needed to tell our doing from an operator's by hand. Written
 * before a command is sent, so that it survives a kill at any moment. Pure: the shell stores what
 * ledger_each_dirty() gives. */
#ifndef THALASSA_PLAN_LEDGER_H
#define THALASSA_PLAN_LEDGER_H

#include "base/json_in.h"
#include "base/json_out.h"
#include "model/desired.h"
#include "plan/observed.h"

struct ledger_entry {
    struct str backend, server; /* proxy and server name */
    struct str args;            /* text behind `add server NAME ADDR`; empty: not known */
    struct str source; /* "service@version" it was added for, "static" for static members */
    bool complete;     /* every command of the addition was answered well */
    bool warming;      /* kept in drain until a check has passed */
    bool leaving;      /* being drained for removal */
    bool killing;   /* about to be deleted, its sessions cut or its connections dropped: it does not
                     * come back */
    bool replacing; /* taken out to be added with other options; it may be gone just now */
    bool refused;   /* HAProxy did not take `args` at runtime */
    bool raised;    /* its weight was raised beside growing ones; base_weight is its own */
    unsigned base_weight;
    int64_t ramp_end_ms;          /* monotonic time until which its weight grows; 0: it does not */
    int64_t deadline_ms;          /* leaving: monotonic time at which sessions are cut */
    enum server_admin admin_set;  /* what we set last, confirmed */
    enum server_admin admin_next; /* what we are about to set: a kill may lie between */
    bool dirty, gone, listed;     /* for ledger_each_dirty */
};

struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);

/* NULL when unknown. The entry may be changed in place through ledger_touch only. */
const struct ledger_entry *ledger_find(const struct ledger *l, struct str backend,
                                       struct str server);

/* Find or make an entry and mark it dirty; its texts are set with ledger_set_text. */
struct ledger_entry *ledger_touch(struct ledger *l, struct str backend, struct str server);
void ledger_set_text(struct str *place, struct str value); /* place of an entry: args, source */
void ledger_forget(struct ledger *l, struct str backend, struct str server);

/* Call `visit` for each entry that changed (entry->gone: remove it), then forget the marks. */
void ledger_each_dirty(struct ledger *l, void (*visit)(void *ctx, const struct ledger_entry *entry),
                       void *ctx);

/* Another worker than before answers: what it runs is the new base line. Entries of servers that it
 * does not have are dropped; admin states are taken as they are, unless `kept` (our own reload
 * carried them over in the state file). */
void ledger_rebase(struct ledger *l, const struct have *have, bool kept);

/* The servers of proxies (keys) stand in others (values) by now: entries move, all at once, and
 * take the place of those that the others had. */
void ledger_rename(struct ledger *l, const struct map_entry *proxies, size_t count);

/* One entry as JSON (an object at the top) and back. Times are kept as remaining milliseconds. */
void ledger_put(struct json_out *o, const struct ledger_entry *entry, int64_t now_ms);
int ledger_load(struct ledger *l, const struct json *o, int64_t now_ms, struct err *e);

/* The admin state that an observation shows, by what matters to us. */
enum server_admin have_admin_state(const struct have_server *s);

#endif
