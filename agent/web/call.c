/* SPDX-License-Identifier: Apache-2.0 */
#include "web/call.h"

#include <inttypes.h>

int call_read_object(struct call *c, const struct json **out, struct err *e)
{
    struct json *o;

    if (json_parse(&c->x->arena, c->x->body, JSON_MAX_DEPTH, &o, e))
        return -1;
    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "the body: an object wanted, this is %s",
                       json_type_name(o->type));
    *out = o;
    return 0;
}

struct web_change *call_begin_change(struct call *c, enum web_change_kind kind)
{
    c->change = (struct web_change){
        .kind = kind,
        .name = c->name,
        .prune = c->params.prune,
        .dry_run = c->params.dry_run,
        .strict = c->params.strict,
        .force = c->params.force,
        .wait_ms = c->params.wait_ms,
        .if_match = exchange_header(c->x, "If-Match"),
        .actor = c->x->peer.address,
    };
    return &c->change;
}

static void release_objects(struct web_change *change)
{
    for (size_t i = 0; i < change->frontend_count; i++)
        frontend_unref(change->frontends[i]);
    for (size_t i = 0; i < change->backend_count; i++)
        backend_unref(change->backends[i]);
    for (size_t i = 0; i < change->split_count; i++)
        split_unref(change->splits[i]);
    for (size_t i = 0; i < change->policy_count; i++)
        policy_unref(change->policies[i]);
    change->frontend_count = change->backend_count = 0;
    change->split_count = change->policy_count = 0;
}

static void on_change_done(void *ctx, const struct web_result *result)
{
    struct call *c = ctx;

    release_objects(&c->change);
    call_on_done(c, result);
}

void call_submit_change(struct call *c)
{
    c->api->change(c->api->ctx, &c->change, on_change_done, c);
}

void call_refuse_change(struct call *c, const struct err *e)
{
    release_objects(&c->change);
    exchange_reply_error(c->x, e);
}

void call_reply_read(struct call *c, int rc, struct buf *out, const struct etag *etag,
                     const struct err *e)
{
    if (rc) {
        buf_free(out);
        exchange_reply_error(c->x, e);
        return;
    }
    if (etag && etag->text[0])
        exchange_add_header(c->x, "ETag", str_z(etag->text));
    exchange_reply_json(c->x, 200, out);
}

void call_reply_list(struct call *c, list_reader *read)
{
    struct buf out;
    struct err e;

    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    call_reply_read(c, read(c->api->ctx, &out, &e), &out, NULL, &e);
}

void call_reply_object(struct call *c, object_reader *read)
{
    struct etag etag = {""};
    struct buf out;
    struct err e;

    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    call_reply_read(c, read(c->api->ctx, c->name, &out, &etag, &e), &out, &etag, &e);
}

/* The object's text with one member more, so that nobody has to build it twice. */
static void put_warnings(struct buf *out, struct str body, const struct web_result *r)
{
    struct str object = str_trim(body);
    struct json_out o;

    object.n--; /* the closing brace */
    buf_add_str(out, object);
    buf_add_z(out, str_eq_z(str_trim(object), "{") ? "\"warnings\":" : ",\"warnings\":");
    json_out_init(&o, out, false);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < r->warning_count; i++)
        json_put_str(&o, NULL, r->warnings[i]);
    json_close_array(&o);
    json_out_fini(&o);
    buf_add_char(out, '}');
}

void call_on_done(void *call, const struct web_result *r)
{
    struct call *c = call;
    struct str body = r->body.n ? r->body : STR("{}");
    struct buf out;

    if (r->error) {
        exchange_reply_error(c->x, r->error);
        return;
    }
    if (r->generation)
        exchange_add_header(c->x, "X-Thalassa-Generation",
                            arena_printf(&c->x->arena, "%" PRIu64, r->generation));
    if (r->etag.text[0])
        exchange_add_header(c->x, "ETag", str_z(r->etag.text));
    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    if (r->warning_count && str_ends(str_trim(body), STR("}")))
        put_warnings(&out, body, r);
    else
        buf_add_str(&out, body);
    exchange_reply_json(c->x, r->status ? r->status : 200, &out);
}
