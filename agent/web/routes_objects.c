/* SPDX-License-Identifier: Apache-2.0 */
/* Frontends and backends: read, create or update, delete, switch. */
#include "web/call.h"

void route_list_frontends(struct call *c)
{
    call_reply_list(c, c->api->frontends);
}

void route_get_frontend(struct call *c)
{
    call_reply_object(c, c->api->frontend);
}

void route_list_backends(struct call *c)
{
    call_reply_list(c, c->api->backends);
}

void route_get_backend(struct call *c)
{
    call_reply_object(c, c->api->backend);
}

void route_list_members(struct call *c)
{
    struct buf out;
    struct err e;

    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    call_reply_read(c, c->api->members(c->api->ctx, c->name, &out, &e), &out, NULL, &e);
}

void route_put_frontend(struct call *c)
{
    struct web_change *change = call_begin_change(c, CHANGE_PUT_FRONTEND);
    const struct json *o;
    struct frontend *f;
    struct err e;

    if (call_read_object(c, &o, &e) || !(f = frontend_parse(c->name, o, &e))) {
        call_refuse_change(c, &e);
        return;
    }
    change->frontends = ARENA_NEW(&c->x->arena, struct frontend *);
    change->frontends[change->frontend_count++] = f;
    call_submit_change(c);
}

/* Raw configuration lines are an administrator's. */
static int check_natives(const struct call *c, const struct backend *b, struct err *e)
{
    return b->natives.count ? access_may(c->access, &c->x->peer, RIGHT_ADMIN, e) : 0;
}

void route_put_backend(struct call *c)
{
    struct web_change *change = call_begin_change(c, CHANGE_PUT_BACKEND);
    const struct json *o;
    struct backend *b;
    struct err e;

    if (call_read_object(c, &o, &e) || !(b = backend_parse(c->name, o, &e))) {
        call_refuse_change(c, &e);
        return;
    }
    change->backends = ARENA_NEW(&c->x->arena, struct backend *);
    change->backends[change->backend_count++] = b;
    if (check_natives(c, b, &e))
        call_refuse_change(c, &e);
    else
        call_submit_change(c);
}

void route_delete_frontend(struct call *c)
{
    (void)call_begin_change(c, CHANGE_DELETE_FRONTEND);
    call_submit_change(c);
}

void route_delete_backend(struct call *c)
{
    (void)call_begin_change(c, CHANGE_DELETE_BACKEND);
    call_submit_change(c);
}

static int read_switch(struct call *c, struct web_change *change, struct err *e)
{
    static const char *const known[] = {"id", "_type", "key", "name", "version", NULL};
    const struct json *o;

    if (call_read_object(c, &o, e) || read_known(o, known, e) ||
        read_identity(o, "backend", c->name, false, e) ||
        read_str(o, "name", &c->x->arena, &change->service, e) ||
        read_str(o, "version", &c->x->arena, &change->version, e))
        return -1;
    if (!change->version.n)
        return err_field(e, "version", "version: required");
    return 0;
}

void route_switch_backend(struct call *c)
{
    struct web_change *change = call_begin_change(c, CHANGE_SWITCH);
    struct err e;

    if (read_switch(c, change, &e))
        call_refuse_change(c, &e);
    else
        call_submit_change(c);
}

void route_get_member(struct call *c)
{
    struct endpoint member;
    struct buf out;
    struct err e;

    if (endpoint_parse(&c->x->arena, c->member, &member, &e)) {
        exchange_reply_error(c->x, &e);
        return;
    }
    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    call_reply_read(c, c->api->member(c->api->ctx, c->name, &member, &out, &e), &out, NULL, &e);
}

void route_put_member(struct call *c)
{
    struct web_change *change = call_begin_change(c, CHANGE_OVERRIDE);
    const struct json *o;
    struct err e;

    if (endpoint_parse(&c->x->arena, c->member, &change->override.member, &e) ||
        call_read_object(c, &o, &e) || override_wish_read(o, &change->override, &e))
        call_refuse_change(c, &e);
    else
        call_submit_change(c);
}
