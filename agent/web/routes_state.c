/* SPDX-License-Identifier: Apache-2.0 */
/* What is so: status, plan, configuration, registry, activity, metrics, health. */
#include "web/call.h"
#include "web/openapi.h"

void route_get_config(struct call *c)
{
    struct buf out;
    struct err e;

    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    if (c->api->config(c->api->ctx, &out, &e)) {
        buf_free(&out);
        exchange_reply_error(c->x, &e);
        return;
    }
    exchange_reply_buf(c->x, 200, "text/plain; charset=utf-8", &out);
}

void route_get_status(struct call *c)
{
    struct buf out;
    struct err e;

    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    call_reply_read(c, c->api->status(c->api->ctx, &out, &e), &out, NULL, &e);
}

void route_get_plan(struct call *c)
{
    c->api->plan(c->api->ctx, call_on_done, c);
}

void route_list_services(struct call *c)
{
    c->api->services(c->api->ctx, STR_NONE, call_on_done, c);
}

void route_get_service(struct call *c)
{
    c->api->services(c->api->ctx, c->name, call_on_done, c);
}

static int read_accept(struct call *c, struct web_change *change, struct err *e)
{
    static const char *const known[] = {"backend", NULL};
    const struct json *o;

    if (call_read_object(c, &o, e) || read_known(o, known, e) ||
        read_str(o, "backend", &c->x->arena, &change->name, e))
        return -1;
    return change->name.n ? 0 : err_field(e, "backend", "backend: required");
}

void route_accept_loss(struct call *c)
{
    struct web_change *change = call_begin_change(c, CHANGE_ACCEPT_LOSS);
    struct err e;

    if (read_accept(c, change, &e))
        call_refuse_change(c, &e);
    else
        call_submit_change(c);
}

void route_list_activity(struct call *c)
{
    struct web_activity_query query = {c->params.since, c->params.limit, c->params.filter,
                                       c->params.oldest};
    struct buf out;
    struct err e;

    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    call_reply_read(c, c->api->activity(c->api->ctx, &query, &out, &e), &out, NULL, &e);
}

void route_get_metrics(struct call *c)
{
    struct metrics m;
    struct buf out;
    struct err e;

    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    metrics_init(&m, &out);
    if (c->api->metrics(c->api->ctx, &m, &e)) {
        buf_free(&out);
        exchange_reply_error(c->x, &e);
        return;
    }
    exchange_reply_buf(c->x, 200, METRICS_CONTENT_TYPE, &out);
}

void route_get_openapi(struct call *c)
{
    exchange_reply(c->x, 200, "application/json; charset=utf-8", openapi_text());
}

void route_get_health(struct call *c)
{
    exchange_reply(c->x, 200, "application/json; charset=utf-8", STR("{\"status\":\"ok\"}"));
}

void route_get_ready(struct call *c)
{
    struct err e;

    if (c->api->ready(c->api->ctx, &e))
        exchange_reply_error(c->x, &e);
    else
        route_get_health(c);
}
