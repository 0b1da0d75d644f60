/* SPDX-License-Identifier: Apache-2.0 */
/* Policies: read, create or change, delete, try. */
#include "web/call.h"

void route_list_policies(struct call *c)
{
    call_reply_list(c, c->api->policies);
}

void route_get_policy(struct call *c)
{
    call_reply_object(c, c->api->policy);
}

void route_put_policy(struct call *c)
{
    struct web_change *change = call_begin_change(c, CHANGE_PUT_POLICY);
    const struct json *o;
    struct policy *p;
    struct err e;

    if (call_read_object(c, &o, &e) || !(p = policy_parse(c->name, o, &e))) {
        call_refuse_change(c, &e);
        return;
    }
    change->policies = ARENA_NEW(&c->x->arena, struct policy *);
    change->policies[change->policy_count++] = p;
    call_submit_change(c);
}

void route_delete_policy(struct call *c)
{
    (void)call_begin_change(c, CHANGE_DELETE_POLICY);
    call_submit_change(c);
}

void route_try_policies(struct call *c)
{
    const struct json *o;
    struct buf out;
    struct err e;
    int rc;

    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    rc = call_read_object(c, &o, &e) || c->api->try_policies(c->api->ctx, o, &out, &e);
    call_reply_read(c, rc ? -1 : 0, &out, NULL, &e);
}
