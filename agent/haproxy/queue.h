/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that wait for their reply, in the order in which they are sent. */
#ifndef THALASSA_HAPROXY_QUEUE_H
#define THALASSA_HAPROXY_QUEUE_H

#include "haproxy/runtime.h"

struct command {
    struct command *next;
    runtime_on_reply *on_reply;
    void *ctx;
    double deadline_s;
    size_t n;
    bool reads; /* its reply may be any text: command_reads */
    char line[];
};

struct queue {
    struct command *first, **last;
    size_t count, bytes;
};

struct command *command_new(struct str line, double deadline_s, runtime_on_reply *on_reply,
                            void *ctx); /* free() it */

void queue_init(struct queue *q);
void queue_push(struct queue *q, struct command *c);
struct command *queue_pop(struct queue *q);            /* of a queue that is not empty */
void queue_take(struct queue *from, struct queue *to); /* all; `from` is empty then */

#endif
