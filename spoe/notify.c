/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/notify.h"

bool spop_arg_next(struct spop_messages *m, struct spop_arg *arg)
{
    if (m->args_left == 0)
        return false;
    m->args_left--;
    arg->name = spop_read_string(&m->at);
    arg->value = spop_read_value(&m->at);
    return !m->at.bad;
}

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

bool spop_notify_check(struct spop_bytes payload)
{
    struct spop_messages m = {.at = spop_cursor(payload)};

    while (spop_message_next(&m))
        ;
    return !m.at.bad;
}
