/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two halves of a server: threads.c, which starts and ends threads, and server.c, which
 * is what each of them runs. Not installed. */
#ifndef SPOE_WORKER_H
#define SPOE_WORKER_H

#include "spoe/counters.h"
#include "spoe/door.h"
#include "spoe/server.h"

#include <pthread.h>

struct spop_worker; /* one thread's loop, with all that lives on it */

/* What the outside sees of a worker, and asks of it. */
struct spop_post {
    struct spop_worker *worker;
    pthread_t thread;
    bool running;
    _Atomic bool wanted;    /* to listen */
    _Atomic bool listening; /* does so */
    _Atomic unsigned connections;
    _Atomic int64_t beat_ms;
    _Atomic uint64_t turns;
    struct spop_counters counters;
};

struct spop_server {
    struct spop_options options; /* complete; `listen` and `contexts` are not kept */
    struct spop_door doors[SPOP_MAX_ADDRESSES];
    pthread_mutex_t lock; /* doors, descriptors of gates and connections, lists of connections */
    _Atomic int64_t leave_ms; /* 0, or from when on connections are ended */
    _Atomic bool lame;        /* health checks fail */
    struct spop_post posts[]; /* one per thread */
};

int64_t spop_monotonic_ms(void);

/* In the thread that starts the server. NULL without memory. */
struct spop_worker *spop_worker_new(struct spop_server *s, struct spop_post *post, void *ctx);
void spop_worker_free(struct spop_worker *w);

/* Listens on all addresses or none. NULL, or the address that could not be, with errno. */
const struct spop_door *spop_worker_open(struct spop_worker *w);

void *spop_worker_run(void *worker); /* until it is drained */

/* From any thread: look at what is asked. */
void spop_worker_wake(struct spop_worker *w);

/* From any thread, while the worker does not turn: refuse, and cut the connections. */
void spop_worker_cut(struct spop_worker *w);

#endif
