/* SPDX-License-Identifier: Apache-2.0 */
/* The confirming read: whose server is this, does the catalog look whole, and what does a
 * consistent read say? One request after the other, on one connection; the instances come last, so
 * that they are the newest. */
#include "registry/inside.h"

#include <string.h>

enum { DEADLINE_S = 20 }; /* Consul itself holds a request up to 7 s while it has no leader */

static void step(struct watch *w, enum watch_phase phase);

static int take_self(void *ctx, struct str piece, struct err *e)
{
    struct watch *w = ctx;

    (void)e;
    buf_add_str(&w->self_text, piece); /* cut at its limit, then no JSON: the NodeID is unknown */
    return 0;
}

static int take_listing(void *ctx, struct str piece, struct err *e)
{
    struct watch *w = ctx;

    return listing_parser_feed(w->listing, piece, e);
}

static void on_self(void *ctx, const struct http_reply *reply)
{
    struct watch *w = ctx;

    w->call = NULL;
    *w->server = 0;
    if (!reply->error.kind)
        registry_node_id(buf_str(&w->self_text), w->server);
    buf_reset(&w->self_text);
    if (reply->error.kind && reply->status != 403)
        watch_failed(w, &reply->error);
    else
        step(w, CONFIRM_SERVICES);
}

/* NULL, and the watch has failed, when there is no listing. */
static struct listing *finish_listing(struct watch *w, const struct http_reply *reply)
{
    struct listing *listing = NULL;
    struct err e = reply->error;

    w->call = NULL;
    if (!e.kind && listing_parser_finish(w->listing, &listing, &e))
        err_wrap(&e, "Consul %s", http_server(w->registry->http));
    listing_parser_free(w->listing);
    w->listing = NULL;
    if (e.kind)
        watch_failed(w, &e);
    return listing;
}

static void on_services(void *ctx, const struct http_reply *reply)
{
    struct watch *w = ctx;
    struct listing *services = finish_listing(w, reply);

    if (!services)
        return;
    w->services_sound = !reply->filtered && registry_is_sound(w->registry, services);
    if (w->services_sound) {
        listing_free(w->registry->seen);
        w->registry->seen = services;
    } else {
        listing_free(services);
    }
    step(w, CONFIRM_NODES);
}

static void on_nodes(void *ctx, const struct http_reply *reply)
{
    struct watch *w = ctx;
    struct listing *nodes = finish_listing(w, reply);

    if (!nodes)
        return;
    w->nodes_sound = !reply->filtered && nodes->names.count > 0;
    listing_free(nodes);
    step(w, CONFIRM_READ);
}

static void on_read(void *ctx, const struct http_reply *reply)
{
    struct watch *w = ctx;
    bool disturbed = w->continuity.broken;

    w->call = NULL;
    struct service_read *read = watch_finish_read(w, reply);
    if (!read)
        return;
    enum read_trust trust = continuity_confirm(&w->continuity, reply->index, w->server);
    watch_deliver(w, read, trust, disturbed, reply);
}

static void step(struct watch *w, enum watch_phase phase)
{
    struct http_request request = {.method = "GET", .deadline_s = DEADLINE_S, .ctx = w};
    struct buf path;

    buf_init(&path, 64 * 1024);
    w->phase = phase;
    if (phase == CONFIRM_SELF) {
        buf_add_z(&path, "/v1/agent/self");
        request.on_body = take_self;
        request.on_done = on_self;
    } else if (phase == CONFIRM_READ) {
        buf_printf(&path, "%s?consistent", w->path);
        w->parser = service_parser_new(w->service);
        request.on_body = watch_take_service;
        request.on_done = on_read;
    } else {
        buf_printf(&path, "/v1/catalog/%s?consistent",
                   phase == CONFIRM_SERVICES ? "services" : "nodes");
        w->listing = listing_parser_new();
        request.on_body = take_listing;
        request.on_done = phase == CONFIRM_SERVICES ? on_services : on_nodes;
    }
    request.path = path.p;
    w->call = http_start(w->registry->http, &request);
    buf_free(&path);
}

void watch_confirm(struct watch *w)
{
    w->services_sound = w->nodes_sound = false;
    buf_reset(&w->self_text);
    step(w, CONFIRM_SELF);
}
