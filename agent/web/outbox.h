/* SPDX-License-Identifier: Apache-2.0 */
/* What one client has yet to get: references to shared messages, in order. */
#ifndef THALASSA_WEB_OUTBOX_H
#define THALASSA_WEB_OUTBOX_H

#include "web/message.h"

struct outbox {
    struct message **items; /* `count` of them from `head` on, in a circle of `size` */
    size_t head, count, size;
    size_t bytes; /* of all of them, those that were sent of the first one too */
    size_t sent;  /* bytes of the first one */
};

void outbox_fini(struct outbox *o);
void outbox_push(struct outbox *o, struct message *m); /* takes a reference */
struct message *outbox_message(const struct outbox *o, size_t i);
struct str outbox_piece(const struct outbox *o, size_t i); /* what of item i is to be sent */
void outbox_sent(struct outbox *o, size_t n);              /* so many bytes have left */

/* All but a message that has begun to leave: a frame is never cut. */
void outbox_clear(struct outbox *o);
void outbox_keep_answers(struct outbox *o); /* likewise, and answers stay */

#endif
