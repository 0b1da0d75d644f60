/* SPDX-License-Identifier: Apache-2.0 */
#include "web/exchange.h"

#include "base/json_out.h"

#include <stdio.h>
#include <stdlib.h>

#define JSON_TYPE "application/json; charset=utf-8"

enum { ERROR_BODY_MAX = 64 * 1024 };

struct exchange *exchange_new(struct str raw_target)
{
    struct exchange *x = calloc(1, sizeof *x);

    if (!x)
        abort();
    x->raw_target = arena_str(&x->arena, raw_target);
    return x;
}

void exchange_give(struct exchange *x, struct upgraded *u)
{
    exchange_take *take = x->take;

    x->take = NULL;
    if (take)
        take(x->take_ctx, u);
}

static void release(struct exchange *x)
{
    if (!x->ended || (x->handed && !x->answered))
        return;
    exchange_give(x, NULL);
    buf_free(&x->taken);
    buf_free(&x->reply.body);
    arena_free(&x->arena);
    free(x);
}

void exchange_end(struct exchange *x)
{
    x->ended = true;
    x->carrier = NULL;
    x->on_reply = NULL;
    release(x);
}

enum method exchange_method(struct str name)
{
    static const struct {
        const char *name;
        enum method method;
    } known[] = {
        {"GET", METHOD_GET},   {"HEAD", METHOD_GET},      {"PUT", METHOD_PUT},
        {"POST", METHOD_POST}, {"DELETE", METHOD_DELETE}, {"OPTIONS", METHOD_OPTIONS},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (str_eq_z(name, known[i].name))
            return known[i].method;
    }
    return METHOD_OTHER;
}

struct str exchange_header(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->headers.count; i++) {
        if (str_eq_nocase(x->headers.items[i].name, str_z(name)))
            return x->headers.items[i].value;
    }
    return STR_NONE;
}

void exchange_add_header(struct exchange *x, const char *name, struct str value)
{
    struct header_list *list = &x->reply.headers;

    if (str_has_control(value))
        return;
    *ARENA_PUSH(&x->arena, list->items, list->count) =
        (struct header){str_z(name), arena_str(&x->arena, value)};
}

/* The first reply wins; takes the body's memory. */
static void set_reply(struct exchange *x, unsigned status, const char *content_type,
                      struct buf *body)
{
    if (x->reply.status || x->ended) {
        buf_free(body);
        return;
    }
    x->reply.status = status;
    x->reply.content_type = content_type;
    x->reply.body = *body;
    *body = (struct buf){.limit = body->limit};
    if (x->on_reply)
        x->on_reply(x);
}

void exchange_upgrade(struct exchange *x, const char *protocol, exchange_take *take, void *ctx)
{
    struct buf none;

    buf_init(&none, 1);
    x->take = take;
    x->take_ctx = ctx;
    exchange_add_header(x, "Upgrade", str_z(protocol));
    set_reply(x, 101, NULL, &none);
    x->answered = true;
    release(x);
}

static void answer(struct exchange *x, unsigned status, const char *content_type, struct buf *body)
{
    set_reply(x, status, content_type, body);
    x->answered = true;
    release(x);
}

void exchange_reply(struct exchange *x, unsigned status, const char *content_type, struct str body)
{
    struct buf copy;

    buf_init(&copy, body.n);
    buf_add_str(&copy, body);
    answer(x, status, content_type, &copy);
}

void exchange_reply_buf(struct exchange *x, unsigned status, const char *content_type,
                        struct buf *body)
{
    if (buf_failed(body)) {
        size_t limit = body->limit;
        buf_free(body);
        exchange_reply_status(x, 500, "the answer would be larger than %zu bytes", limit);
        return;
    }
    answer(x, status, content_type, body);
}

void exchange_reply_json(struct exchange *x, unsigned status, struct buf *body)
{
    exchange_reply_buf(x, status, JSON_TYPE, body);
}

unsigned exchange_status_of(enum err_kind kind)
{
    switch (kind) {
    case ERR_INVALID: return 400;
    case ERR_FORBIDDEN: return 403;
    case ERR_NOT_FOUND: return 404;
    case ERR_CONFLICT: return 409;
    case ERR_PRECONDITION: return 412;
    case ERR_TOO_LARGE: return 413;
    case ERR_UNPROCESSABLE: return 422;
    case ERR_UNAVAILABLE: return 503;
    case ERR_NONE:
    case ERR_INTERNAL: break;
    }
    return 500;
}

static void write_error(struct buf *to, const struct err *e)
{
    struct json_out o;

    buf_init(to, ERROR_BODY_MAX);
    json_out_init(&o, to, false);
    json_open_object(&o, NULL);
    json_put_z(&o, "error", e->text);
    if (e->field[0])
        json_put_z(&o, "field", e->field);
    if (e->detail[0])
        json_put_z(&o, "detail", e->detail);
    json_close_object(&o);
    json_out_fini(&o);
}

void exchange_reply_error(struct exchange *x, const struct err *e)
{
    struct buf body;

    write_error(&body, e);
    answer(x, exchange_status_of(e->kind), JSON_TYPE, &body);
}

void exchange_reply_status(struct exchange *x, unsigned status, const char *format, ...)
{
    struct err e = {.kind = ERR_NONE};
    struct buf body;
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(e.text, sizeof e.text, format, ap);
    va_end(ap);
    write_error(&body, &e);
    answer(x, status, JSON_TYPE, &body);
}

void exchange_fail(struct exchange *x, unsigned status, const struct err *e)
{
    struct buf body;

    write_error(&body, e);
    set_reply(x, status, JSON_TYPE, &body);
}
