/* SPDX-License-Identifier: Apache-2.0 */
/* The master socket: which processes run, and a reload with its proof. */
#ifndef THALASSA_HAPROXY_MASTER_H
#define THALASSA_HAPROXY_MASTER_H

#include "base/err.h"
#include "base/str.h"
#include "plan/observed.h"

struct ev_loop;

/* `procs` is NULL with the failure. Views live for the call. */
typedef void master_on_procs(void *ctx, const struct have_procs *procs, const struct err *failure);
int master_show_proc(struct ev_loop *loop, const char *path, double deadline_s,
                     master_on_procs *on_procs, void *ctx, struct err *e);

struct reload_result {
    bool ok;
    int64_t pid;        /* of the new worker when ok; 0: not known */
    struct str message; /* HAProxy's words (the reload's log), or why it is not ok */
    bool master_gone;   /* nothing listens on the master socket any more */
};
typedef void reload_on_done(void *ctx, const struct reload_result *result);

/* `reload`, and the proof. HAProxy >= 3.0 answers when it is done (Success=0 or 1); 2.6's
 * reply says nothing: `show proc` is asked until there is a new worker, or `[failed: N]` rose.
 * Another reload under way is waited for, within the deadline. A master that
 * executes itself again does not listen for a moment: asked again for 2 s. 0: on_done will be
 * called once; -1: there is no such socket. */
int master_reload(struct ev_loop *loop, const char *path, double deadline_s,
                  reload_on_done *on_done, void *ctx, struct err *e);

#endif
