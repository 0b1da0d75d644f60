/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the hub, shared by hub.c and hub_stats.c only. */
#ifndef THALASSA_WEB_HUB_STATE_H
#define THALASSA_WEB_HUB_STATE_H

#include "base/buf.h"
#include "web/hub.h"

/* What was told last of one object. */
struct told {
    char *id; /* "" of the status */
    struct message *message;
    uint64_t look;
};

struct told_list {
    struct told *items; /* sorted by id */
    size_t count, size;
};

struct hub {
    struct hub_limits limits;
    char *epoch, *hello;
    struct ring ring;
    struct told_list told[HUB_ACTIVITY];
    struct outbox activity; /* the last entries */
    struct viewer *viewers;
    struct viewer *first_due, *last_due;
    struct topics topics;
    struct buf text;   /* of the message that is being written */
    struct buf bundle; /* frames that go out together */
};

/* A text is written in these steps, the object or nothing in the middle. */
void hub_begin_text(struct hub *h, const char *type, const char *op, uint64_t seq);
void hub_put_id(struct hub *h, struct str id);
void hub_put_object(struct hub *h, struct str object);
struct message *hub_end_text(struct hub *h);

/* Into the outbox, which takes a reference of its own. */
void hub_post(struct hub *h, struct viewer *v, struct message *m);

#endif
