/* SPDX-License-Identifier: Apache-2.0 */
/* One question on a connection of its own: sends a line, gives what HAProxy says until it closes.
 * For the master socket and for proofs; everything else goes over runtime.h. */
#ifndef THALASSA_HAPROXY_ASK_H
#define THALASSA_HAPROXY_ASK_H

#include "base/err.h"
#include "base/str.h"

struct ev_loop;
struct ask;

/* `failure` NULL: HAProxy closed the connection after `reply` (which may be empty). Else what came
 * before is in `reply`. Called once, on the loop, unless cancelled. */
typedef void ask_on_reply(void *ctx, struct str reply, const struct err *failure);

/* NULL when it cannot even connect (ERR_UNAVAILABLE), or `command` is not one (ERR_INVALID). */
struct ask *ask_start(struct ev_loop *loop, const char *path, struct str command, double deadline_s,
                      ask_on_reply *on_reply, void *ctx, struct err *e);

void ask_cancel(struct ask *q);

#endif
