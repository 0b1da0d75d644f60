/* SPDX-License-Identifier: Apache-2.0 */
/* Splits: read, create or change, delete. */
#include "web/call.h"

void route_list_splits(struct call *c)
{
    call_reply_list(c, c->api->splits);
}

void route_get_split(struct call *c)
{
    call_reply_object(c, c->api->split);
}

void route_put_split(struct call *c)
{
    struct web_change *change = call_begin_change(c, CHANGE_PUT_SPLIT);
    const struct json *o;
    struct split *s;
    struct err e;

    if (call_read_object(c, &o, &e) || !(s = split_parse(c->name, o, &e))) {
        call_refuse_change(c, &e);
        return;
    }
    change->splits = ARENA_NEW(&c->x->arena, struct split *);
    change->splits[change->split_count++] = s;
    call_submit_change(c);
}

void route_delete_split(struct call *c)
{
    (void)call_begin_change(c, CHANGE_DELETE_SPLIT);
    call_submit_change(c);
}
