/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a NOTIFY: variables to set and to take back, in this order. An empty one is legal.
 * HAProxy drops what follows an action that it does not know, and names that occur nowhere in its
 * configuration. */
#ifndef SPOE_ACK_H
#define SPOE_ACK_H

#include "spoe/notify.h"
#include "spoe/out.h"

struct spop_ack {
    struct spop_out out; /* cut to what the frame may have */
    struct spop_out *to;
    const struct spop_notify *about;
    size_t start;
};

/* The frame, its length prefix not counted, has `max_frame_bytes` at most. */
void spop_ack_begin(struct spop_ack *a, struct spop_out *to, const struct spop_notify *about,
                    uint32_t max_frame_bytes);

/* `name` without scope and prefix. A value of type NULL takes the variable back. */
void spop_ack_set(struct spop_ack *a, enum spop_scope scope, struct spop_bytes name,
                  struct spop_value value);
void spop_ack_set_string(struct spop_ack *a, enum spop_scope scope, const char *name,
                         struct spop_bytes text);
void spop_ack_unset(struct spop_ack *a, enum spop_scope scope, struct spop_bytes name);

/* The same without an answer: actions that are written once, for many answers to have. */
void spop_action_set(struct spop_out *to, enum spop_scope scope, struct spop_bytes name,
                     struct spop_value value);
static inline void spop_ack_put(struct spop_ack *a, struct spop_bytes actions)
{
    spop_put_bytes(&a->out, actions);
}

/* False: it did not fit, and an empty answer was written in its place. */
bool spop_ack_end(struct spop_ack *a);

#endif
