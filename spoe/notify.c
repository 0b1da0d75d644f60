/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/notify.h"

bool spop_message_next(struct spop_messages *m)
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

/* As spop_read_value, of which nothing is wanted but whether it succeeds. */
static void skip_value(struct spop_cursor *c)
{
    uint8_t head = spop_read_u8(c);

    switch (head & 15) {
    case SPOP_NULL:
    case SPOP_BOOL: break;
    case SPOP_INT64:
    case SPOP_UINT64: (void)spop_read_varint(c); break;
    case SPOP_STRING:
    case SPOP_BINARY: (void)spop_read_string(c); break;
    default: (void)spop_read_value_of(c, head); break;
    }
}

bool spop_notify_check(struct spop_bytes payload)
{
    struct spop_cursor c = spop_cursor(payload);

    while (spop_left(&c)) {
        (void)spop_read_string(&c);
        for (unsigned args = spop_read_u8(&c); args > 0; args--) {
            (void)spop_read_string(&c);
            skip_value(&c);
        }
    }
    return !c.bad;
}
