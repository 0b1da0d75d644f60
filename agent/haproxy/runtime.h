/* SPDX-License-Identifier: Apache-2.0 */
/* Client of HAProxy's command line (admin socket, or the master socket with the prefix "@1 ").
 *
 * One connection in prompt mode, one command per line, pipelined in windows (frames.h), read while
 * writing. Each accepted command's on_reply is called exactly once, on the loop, never from within
 * runtime_send: with the reply, or with the failure that ended the connection. After a failure the
 * connection is opened again by itself, with a growing pause. An open connection stays on the
 * worker that it reached: after a reload call runtime_reopen. */
#ifndef THALASSA_HAPROXY_RUNTIME_H
#define THALASSA_HAPROXY_RUNTIME_H

#include "base/err.h"
#include "base/str.h"

struct ev_loop;
struct runtime;

enum runtime_state {
    RUNTIME_DOWN,    /* waits for the next attempt; commands are refused */
    RUNTIME_OPENING, /* commands are queued */
    RUNTIME_UP
};

enum {
    RUNTIME_MAX_LINE = 16384,   /* tune.bufsize of HAProxy by default, newline included */
    RUNTIME_MAX_QUEUE = 100000, /* commands waiting or in flight */
    RUNTIME_MAX_QUEUE_BYTES = 64 << 20,
    RUNTIME_MAX_REPLY_BYTES = 128 << 20
};

struct runtime_options {
    const char *path;       /* of the unix socket */
    const char *prefix;     /* put before each command: "@1 " on a master socket; NULL: none */
    double open_deadline_s; /* for the connection to become usable; 0: 5 s */
    size_t max_reply_bytes; /* of one window; 0: RUNTIME_MAX_REPLY_BYTES */
    /* State changed; `why` is set for RUNTIME_DOWN. May be NULL. */
    void (*on_state)(void *ctx, enum runtime_state state, const struct err *why);
    void *ctx;
};

/* `failure` is NULL when HAProxy answered. `reply` is without prompt, a view for the time of the
 * call. A reply is not a success: plan/replies.h tells. */
typedef void runtime_on_reply(void *ctx, const struct err *failure, struct str reply);

/* Starts to connect (on the loop's next turn). NULL with ERR_INVALID if the path is too long. */
struct runtime *runtime_open(struct ev_loop *loop, const struct runtime_options *options,
                             struct err *e);

/* Queue one command, without newline. HAProxy has `deadline_s` for it once everything before it is
 * answered. -1 with ERR_INVALID for a text that is not one command (control characters, an
 * unescaped ';', a payload mark, too long), ERR_UNAVAILABLE when down or the queue is full; then
 * on_reply is not called. */
int runtime_send(struct runtime *r, struct str command, double deadline_s,
                 runtime_on_reply *on_reply, void *ctx, struct err *e);

/* What runtime_send would say to these commands, queued one after another now. */
int runtime_accepts(const struct runtime *r, const struct str *commands, size_t n, struct err *e);

enum runtime_state runtime_state(const struct runtime *r);
size_t runtime_queued(const struct runtime *r);

/* Drop the connection (queued commands fail) and connect at once. */
void runtime_reopen(struct runtime *r);

/* Queued commands fail; then nothing is called any more. May be called from a callback. */
void runtime_close(struct runtime *r);

#endif
