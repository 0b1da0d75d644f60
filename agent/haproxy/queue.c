/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/queue.h"

#include "haproxy/command.h"

#include <stdlib.h>
#include <string.h>

struct command *command_new(struct str line, double deadline_s, runtime_on_reply *on_reply,
                            void *ctx)
{
    struct command *c = malloc(sizeof *c + line.n);

    if (!c)
        abort();
    *c = (struct command){.on_reply = on_reply,
                          .ctx = ctx,
                          .deadline_s = deadline_s,
                          .n = line.n,
                          .reads = command_reads(line)};
    memcpy(c->line, line.p, line.n);
    return c;
}

void queue_init(struct queue *q)
{
    *q = (struct queue){.last = &q->first};
}

void queue_push(struct queue *q, struct command *c)
{
    *q->last = c;
    q->last = &c->next;
    q->count++;
    q->bytes += c->n;
}

struct command *queue_pop(struct queue *q)
{
    struct command *c = q->first;

    q->first = c->next;
    if (!q->first)
        q->last = &q->first;
    q->count--;
    q->bytes -= c->n;
    return c;
}

void queue_take(struct queue *from, struct queue *to)
{
    queue_init(to);
    if (from->first) {
        *to = *from;
        queue_init(from);
    }
}
