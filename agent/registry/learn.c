/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry learns beside the services: whose server this is, and which services the
 * catalog shows when all is well. Both serve to tell a lost catalog from an empty one. */
#include "base/log.h"
#include "registry/inside.h"

#include <string.h>

enum { DEADLINE_S = 20, SELF_BYTES_MAX = 1024 * 1024, ALONE_S = 10 };

void registry_node_id(struct str body, char out[SERVER_ID_BYTES])
{
    struct arena a = ARENA_INIT;
    struct json *root = NULL;

    *out = 0;
    if (!json_parse(&a, body, JSON_MAX_DEPTH, &root, NULL)) {
        const struct json *config = json_get(root, "Config");
        const struct json *id = config ? json_get(config, "NodeID") : NULL;
        if (id && id->type == JSON_STRING)
            str_copy(out, SERVER_ID_BYTES, id->text);
    }
    arena_free(&a);
}

bool registry_is_sound(struct registry *r, const struct listing *services)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->watches[i]->had_any && listing_has(services, r->watches[i]->service))
            return true;
    for (size_t i = 0; r->seen && i < services->names.count; i++)
        if (listing_has(r->seen, services->names.items[i]))
            return true;
    return false;
}

static int take_self(void *ctx, struct str piece, struct err *e)
{
    struct registry *r = ctx;

    (void)e;
    buf_add_str(&r->self_text, piece);
    return 0;
}

static void on_self(void *ctx, const struct http_reply *reply)
{
    struct registry *r = ctx;

    r->self_call = NULL;
    *r->server = 0;
    if (!reply->error.kind)
        registry_node_id(buf_str(&r->self_text), r->server);
    buf_reset(&r->self_text);
    if (!reply->error.kind || reply->status == 403)
        r->server_stale = false;
    for (size_t i = 0; i < r->count; i++)
        if (!r->watches[i]->continuity.broken)
            continuity_learn_server(&r->watches[i]->continuity, r->server);
}

static int take_seen(void *ctx, struct str piece, struct err *e)
{
    struct registry *r = ctx;

    return listing_parser_feed(r->seen_parser, piece, e);
}

static void on_seen(void *ctx, const struct http_reply *reply)
{
    struct registry *r = ctx;
    struct listing *services = NULL;
    struct err e = reply->error;

    r->seen_call = NULL;
    if (!e.kind && listing_parser_finish(r->seen_parser, &services, &e))
        err_wrap(&e, "Consul %s", http_server(r->http));
    listing_parser_free(r->seen_parser);
    r->seen_parser = NULL;
    registry_note_alone(r, e.kind ? &e : NULL);
    if (services && !services->names.count && !r->seen)
        log_warn("Consul %s shows no service at all: the token may lack service_prefix read",
                 http_server(r->http));
    if (services && !r->seen)
        r->seen = services;
    else
        listing_free(services);
}

static void ask_self(struct registry *r)
{
    buf_reset(&r->self_text);
    r->self_call = http_start(r->http, &(struct http_request){.method = "GET",
                                                              .path = "/v1/agent/self",
                                                              .deadline_s = DEADLINE_S,
                                                              .on_body = take_self,
                                                              .on_done = on_self,
                                                              .ctx = r});
}

static void ask_seen(struct registry *r)
{
    r->seen_parser = listing_parser_new();
    r->seen_call = http_start(r->http, &(struct http_request){.method = "GET",
                                                              .path = "/v1/catalog/services",
                                                              .deadline_s = DEADLINE_S,
                                                              .on_body = take_seen,
                                                              .on_done = on_seen,
                                                              .ctx = r});
}

void registry_learn_server(struct registry *r)
{
    if (!r->self_call && r->server_stale)
        ask_self(r);
    else if (!r->server_stale)
        for (size_t i = 0; i < r->count; i++)
            if (!r->watches[i]->continuity.broken)
                continuity_learn_server(&r->watches[i]->continuity, r->server);
    if (!r->seen_call && !r->seen)
        ask_seen(r);
}

static void on_alone(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct registry *r = timer->data;

    (void)loop;
    (void)events;
    if (!r->count && !r->seen_call)
        ask_seen(r);
}

void registry_learn_start(struct registry *r)
{
    ev_timer_init(&r->alone, on_alone, ALONE_S, ALONE_S);
    r->alone.data = r;
    ev_timer_start(r->loop, &r->alone);
    buf_init(&r->self_text, SELF_BYTES_MAX);
    r->server_stale = true;
    registry_learn_server(r);
}

void registry_learn_stop(struct registry *r)
{
    ev_timer_stop(r->loop, &r->alone);
    if (r->self_call)
        http_cancel(r->self_call);
    if (r->seen_call)
        http_cancel(r->seen_call);
    listing_parser_free(r->seen_parser);
    listing_free(r->seen);
    buf_free(&r->self_text);
}
