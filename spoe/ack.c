/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/ack.h"

#include "spoe/frame.h"

enum { SET_VAR = 1, UNSET_VAR = 2 };

void spop_ack_begin(struct spop_ack *a, struct spop_out *to, const struct spop_notify *about,
                    uint32_t max_frame_bytes)
{
    size_t most = (size_t)max_frame_bytes + SPOP_PREFIX_BYTES;

    a->out = *to;
    a->to = to;
    a->about = about;
    if (spop_room(to) > most)
        a->out.size = to->n + most;
    a->start = spop_frame_begin(&a->out, SPOP_FRAME_ACK, about->stream_id, about->frame_id);
}

static void put_action(struct spop_out *o, uint8_t action, uint8_t args, enum spop_scope scope,
                       struct spop_bytes name)
{
    const uint8_t head[] = {action, args, (uint8_t)scope};

    spop_put_bytes(o, (struct spop_bytes){head, sizeof head});
    spop_put_string(o, name);
}

void spop_action_set(struct spop_out *to, enum spop_scope scope, struct spop_bytes name,
                     struct spop_value value)
{
    put_action(to, SET_VAR, 3, scope, name);
    spop_put_value(to, &value);
}

void spop_ack_set(struct spop_ack *a, enum spop_scope scope, struct spop_bytes name,
                  struct spop_value value)
{
    spop_action_set(&a->out, scope, name, value);
}

void spop_ack_set_string(struct spop_ack *a, enum spop_scope scope, const char *name,
                         struct spop_bytes text)
{
    spop_ack_set(a, scope, spop_bytes_z(name), (struct spop_value){SPOP_STRING, {.bytes = text}});
}

void spop_ack_unset(struct spop_ack *a, enum spop_scope scope, struct spop_bytes name)
{
    put_action(&a->out, UNSET_VAR, 2, scope, name);
}

bool spop_ack_end(struct spop_ack *a)
{
    bool fits = !a->out.full;

    if (!fits) {
        spop_out_back(&a->out, a->start);
        (void)spop_frame_begin(&a->out, SPOP_FRAME_ACK, a->about->stream_id, a->about->frame_id);
    }
    spop_frame_end(&a->out, a->start);
    a->to->n = a->out.n;
    a->to->full = a->out.full;
    return fits;
}
