/* SPDX-License-Identifier: Apache-2.0 */
/* One request through the library's callbacks: target, headers, body, handler, reply.
 *
 * The library takes a response in the call for the headers or behind the last byte of the body,
 * never between. A reply in the first of the two leaves the body unread, so that it closes the
 * connection. */
#include "web/server_state.h"

#include "base/log.h"
#include "web/strict.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void *request_on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct connection *c = connection_of(mhd);
    struct str raw = str_z(target);

    (void)cls;
    if (c->phase == PHASE_IDLE)
        connection_enter(c, PHASE_HEADERS);
    if (raw.n > TARGET_MAX_BYTES)
        raw.n = TARGET_MAX_BYTES + 1; /* enough to be refused */
    c->too_large = c->crowded = false;
    c->exchange = exchange_new(raw);
    c->exchange->peer = c->peer;
    return c->exchange;
}

static enum MHD_Result on_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                 size_t name_bytes, const char *value, size_t value_bytes)
{
    struct exchange *x = ctx;
    struct header *h = ARENA_PUSH(&x->arena, x->headers.items, x->headers.count);

    (void)kind;
    h->name = arena_str(&x->arena, (struct str){name, name_bytes});
    h->value = arena_str(&x->arena, (struct str){value ? value : "", value ? value_bytes : 0});
    return MHD_YES;
}

static void refuse(struct exchange *x, unsigned status, const struct err *e)
{
    x->reply.close = true;
    exchange_fail(x, status, e);
}

__attribute__((format(printf, 3, 4))) static void refuse_text(struct exchange *x, unsigned status,
                                                              const char *format, ...)
{
    struct err e = {.kind = ERR_NONE};
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(e.text, sizeof e.text, format, ap);
    va_end(ap);
    refuse(x, status, &e);
}

static size_t header_bytes(struct connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    return info ? info->header_size : 0;
}

/* The headers are complete: fill the exchange, or give it a reply that refuses it. */
static void begin(struct connection *c, struct exchange *x, const char *method, const char *version)
{
    const struct server_limits *l = &c->server->limits;
    struct err e;

    x->method_name = arena_str(&x->arena, str_z(method));
    x->method = exchange_method(x->method_name);
    x->http_1_0 = strcmp(version, "HTTP/1.0") == 0;
    (void)MHD_get_connection_values_n(c->mhd, MHD_HEADER_KIND, on_header, x);
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        refuse_text(x, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    else if (header_bytes(c) > l->header_bytes)
        refuse_text(x, 431, "request line and headers: more than %zu bytes", l->header_bytes);
    else if (strict_check(&x->headers, &e))
        refuse(x, 400, &e);
    else if (target_parse(&x->arena, x->raw_target, &x->target, &e))
        refuse(x, e.kind == ERR_TOO_LARGE ? 414 : 400, &e);
    else if (strict_content_length(&x->headers) > l->body_bytes)
        refuse_text(x, 413, "body: more than %zu bytes", l->body_bytes);
    else if (c->server->stopping)
        refuse_text(x, 503, "the agent is stopping");
    buf_init(&x->taken, l->body_bytes);
}

static void take_body(struct connection *c, struct exchange *x, const char *bytes, size_t n)
{
    struct server *s = c->server;

    if (c->too_large || c->crowded)
        return;
    c->too_large = n > s->limits.body_bytes - x->taken.n;
    c->crowded = n > s->limits.bodies_bytes - s->bodies_bytes;
    if (c->too_large || c->crowded)
        return;
    buf_add(&x->taken, bytes, n);
    s->bodies_bytes += n;
}

static void on_reply(struct exchange *x)
{
    struct connection *c = x->carrier;

    if (!c->suspended)
        return;
    c->suspended = false;
    MHD_resume_connection(c->mhd);
    /* nothing is readable because of this: run the library in this turn of the loop, and not from
     * here, since we may be inside of it */
    ev_feed_event(c->server->loop, &c->listener->io, EV_READ);
}

static void hand_over(struct connection *c, struct exchange *x)
{
    struct server *s = c->server;

    connection_enter(c, PHASE_HANDLER);
    x->body = buf_str(&x->taken);
    x->carrier = c;
    x->on_reply = on_reply;
    if (c->too_large) {
        refuse_text(x, 413, "body: more than %zu bytes", s->limits.body_bytes);
    } else if (c->crowded) {
        refuse_text(x, 503, "too many large requests at once");
    } else {
        x->handed = true;
        s->handle(s->ctx, x);
    }
}

static void add_headers(struct MHD_Response *r, const struct exchange *x)
{
    bool cache = false;

    for (size_t i = 0; i < x->reply.headers.count; i++) {
        const struct header *h = &x->reply.headers.items[i];
        (void)MHD_add_response_header(r, h->name.p, h->value.p);
        cache = cache || str_eq_nocase(h->name, STR("Cache-Control"));
    }
    if (x->reply.content_type)
        (void)MHD_add_response_header(r, "Content-Type", x->reply.content_type);
    if (!cache)
        (void)MHD_add_response_header(r, "Cache-Control", "no-store");
    (void)MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (x->reply.close)
        (void)MHD_add_response_header(r, "Connection", "close");
}

/* --- another protocol from here on --- */

static void on_upgraded_close(struct upgraded *u)
{
    struct connection *c = (struct connection *)((char *)u - offsetof(struct connection, upgraded));

    (void)MHD_upgrade_action(c->handle, MHD_UPGRADE_ACTION_CLOSE);
    c->handle = NULL;
    ev_feed_event(c->server->loop, &c->listener->io, EV_READ); /* the library ends it */
}

static void on_upgrade(void *cls, struct MHD_Connection *mhd, void *state, const char *early,
                       size_t early_bytes, MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
    struct connection *c = connection_of(mhd);
    int flags = fcntl(fd, F_GETFL);

    (void)cls;
    (void)state;
    (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    c->handle = handle;
    c->upgraded = (struct upgraded){
        .fd = fd, .peer = c->peer, .early = {early, early_bytes}, .close = on_upgraded_close};
    connection_enter(c, PHASE_UPGRADED);
    exchange_give(c->exchange, &c->upgraded);
}

static struct MHD_Response *make_response(struct exchange *x)
{
    struct buf *body = &x->reply.body;
    struct MHD_Response *r;

    if (x->reply.status == 101)
        return MHD_create_response_for_upgrade(on_upgrade, NULL);
    r = MHD_create_response_from_buffer(body->n, body->p, MHD_RESPMEM_MUST_FREE);
    if (r)
        *body = (struct buf){.limit = body->limit}; /* the response frees it */
    return r;
}

static enum MHD_Result send_reply(struct connection *c, struct exchange *x)
{
    struct MHD_Response *r = make_response(x);
    enum MHD_Result rc;

    if (!r)
        return MHD_NO;
    connection_enter(c, PHASE_REPLY);
    add_headers(r, x);
    log_debug("web: %s: " STR_FMT " " STR_FMT ": %u", c->peer.address, STR_ARG(x->method_name),
              STR_ARG(x->raw_target), x->reply.status);
    rc = MHD_queue_response(c->mhd, x->reply.status, r);
    MHD_destroy_response(r);
    return rc;
}

enum MHD_Result request_on_part(void *cls, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes, void **state)
{
    struct connection *c = connection_of(mhd);
    struct exchange *x = *state;

    (void)cls;
    (void)url;
    if (c->phase == PHASE_HEADERS) {
        begin(c, x, method, version);
        if (x->reply.status)
            return send_reply(c, x);
        connection_enter(c, PHASE_BODY);
        return MHD_YES;
    }
    if (*upload_bytes) {
        take_body(c, x, upload, *upload_bytes);
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (c->phase == PHASE_BODY)
        hand_over(c, x);
    if (x->reply.status)
        return send_reply(c, x);
    c->suspended = true;
    MHD_suspend_connection(mhd);
    return MHD_YES;
}

void request_on_completed(void *cls, struct MHD_Connection *mhd, void **state,
                          enum MHD_RequestTerminationCode code)
{
    struct connection *c = connection_of(mhd);
    struct exchange *x = *state;

    (void)cls;
    (void)code;
    *state = NULL;
    if (!x)
        return;
    c->server->bodies_bytes -= x->taken.n;
    c->exchange = NULL;
    c->suspended = false;
    exchange_end(x);
    connection_enter(c, PHASE_IDLE);
}

void request_give_up(struct connection *c, const char *why)
{
    struct err e;

    err_set(&e, ERR_UNAVAILABLE, "%s", why);
    exchange_fail(c->exchange, 503, &e);
}
