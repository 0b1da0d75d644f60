/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy asks: messages with named, typed arguments. Nothing is allocated or copied: names
 * and values are views of the frame, which lives until the handler returns. */
#ifndef SPOE_NOTIFY_H
#define SPOE_NOTIFY_H

#include "spoe/cursor.h"

struct spop_notify {
    uint64_t stream_id, frame_id; /* with the connection, the name of the exchange */
    struct spop_bytes payload;    /* spop_notify_check has passed */
};

struct spop_arg {
    struct spop_bytes name; /* empty if the configuration gives it none */
    struct spop_value value;
};

/* Does the whole payload decode? An empty one does: HAProxy 3.1 to 3.3 may send it. */
bool spop_notify_check(struct spop_bytes payload);

/* Reading: spop_messages, then spop_message_next until false; in between, as often as wanted,
 * spop_arg_next until false. Arguments that are not read are skipped. */
struct spop_messages {
    struct spop_cursor at;
    unsigned args_left;     /* of the present message */
    struct spop_bytes name; /* of the present message */
};

static inline struct spop_messages spop_messages(const struct spop_notify *n)
{
    return (struct spop_messages){.at = spop_cursor(n->payload)};
}

static inline bool spop_arg_next(struct spop_messages *m, struct spop_arg *arg)
{
    if (m->args_left == 0)
        return false;
    m->args_left--;
    arg->name = spop_read_string(&m->at);
    arg->value = spop_read_value(&m->at);
    return !m->at.bad;
}

static inline bool spop_message_next(struct spop_messages *m)
{
    struct spop_arg skipped;

    while (spop_arg_next(m, &skipped))
        ;
    if (spop_left(&m->at) == 0)
        return false;
    m->name = spop_read_string(&m->at);
    m->args_left = spop_read_u8(&m->at);
    return !m->at.bad;
}

#endif
