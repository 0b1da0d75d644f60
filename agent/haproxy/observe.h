/* SPDX-License-Identifier: Apache-2.0 */
/* Asks HAProxy what it runs and gives the answer as one `struct have` (plan/observed.h). All
 * commands go out at once, on one connection: they reach one worker. */
#ifndef THALASSA_HAPROXY_OBSERVE_H
#define THALASSA_HAPROXY_OBSERVE_H

#include "haproxy/runtime.h"
#include "plan/observed.h"

/* `show info` always, and of all backends or of some the state of their servers; the rest as asked.
 */
struct observe_request {
    bool connections;           /* used_conn, idle_conn */
    bool sessions;              /* sessions of servers, `unpublished` of backends */
    bool published;             /* `unpublished` of backends alone; HAProxy >= 3.4 */
    bool abilities;             /* the commands that it lists: help */
    bool maps;                  /* the list of maps */
    bool proxies;               /* state, counters and gauges of frontends and backends */
    bool members;               /* and of servers, with `proxies` */
    bool lua;                   /* and with `proxies` what lua/thalassa.lua counts */
    const struct str *backends; /* only these (those that do not exist are left out), a part that
                                 * have_merge takes; NULL: all */
    size_t backend_count;
    const struct str *read_maps; /* read the entries of these; implies the list */
    size_t read_map_count;
};

/* `have` is the callee's now (have_free), or NULL with the failure. A map of read_maps that HAProxy
 * does not have is not in have->maps. */
typedef void observe_on_done(void *ctx, struct have *have, const struct err *failure);

/* 0: on_done will be called once, on the loop. -1: nothing was sent (see runtime_send). What the
 * request points to is copied. */
int observe_start(struct runtime *r, const struct observe_request *request, double deadline_s,
                  observe_on_done *on_done, void *ctx, struct err *e);

#endif
