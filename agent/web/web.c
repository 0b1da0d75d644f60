/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web.h"

#include "web/assets.h"
#include "web/call.h"

static const struct route routes[] = {
#define ROUTE(method, pattern, right, params, handler)                                             \
    {METHOD_##method, RIGHT_##right, pattern, params, route_##handler},
#include "web/routes.def"
#undef ROUTE
};

const struct route *web_routes(size_t *count)
{
    *count = sizeof routes / sizeof *routes;
    return routes;
}

static int check_origin(const struct web *w, const struct exchange *x, struct err *e)
{
    struct str host = exchange_header(x, "Host");

    if (access_host(w->access, host, e))
        return -1;
    return access_origin(exchange_header(x, "Origin"), host, e);
}

/* A page can send a body of another type without asking first; JSON it cannot. */
static bool is_json_or_untyped(const struct exchange *x)
{
    struct str type = exchange_header(x, "Content-Type");

    return !type.p || str_eq_nocase(str_trim(str_cut(&type, ';')), STR("application/json"));
}

static void reply_allow(struct exchange *x, unsigned allow)
{
    exchange_add_header(x, "Allow", router_allow(&x->arena, allow));
    if (x->method == METHOD_OPTIONS)
        exchange_reply(x, 204, NULL, STR_NONE);
    else
        exchange_reply_status(x, 405, "this path does not take " STR_FMT, STR_ARG(x->method_name));
}

static void run_route(const struct web *w, struct exchange *x, const struct route_match *match)
{
    struct call *c = ARENA_NEW(&x->arena, struct call);
    struct err e;

    *c = (struct call){.api = w->api,
                       .access = w->access,
                       .live = w->live,
                       .x = x,
                       .name = match->name,
                       .member = match->member};
    if (access_may(w->access, &x->peer, match->route->right, &e) ||
        params_read(&x->target, match->route->params, &c->params, &e))
        exchange_reply_error(x, &e);
    else if (x->body.n && x->method != METHOD_GET && !is_json_or_untyped(x))
        exchange_reply_status(x, 415, "the body must be application/json");
    else
        match->route->handle(c);
}

static void reply_asset(const struct web *w, struct exchange *x)
{
    struct err e;

    if (access_may(w->access, &x->peer, RIGHT_READ, &e))
        exchange_reply_error(x, &e);
    else
        assets_reply(x);
}

void web_handle(void *web, struct exchange *x)
{
    const struct web *w = web;
    struct route_match match;
    struct err e;

    if (check_origin(w, x, &e)) {
        exchange_reply_error(x, &e);
        return;
    }
    if (assets_wanted(x)) {
        reply_asset(w, x);
        return;
    }
    switch (router_find(routes, sizeof routes / sizeof *routes, x->method, x->target.path,
                        &x->arena, &match)) {
    case ROUTE_FOUND: run_route(w, x, &match); return;
    case ROUTE_METHOD: reply_allow(x, match.allow); return;
    case ROUTE_BAD_NAME: exchange_reply_status(x, 400, "bad escape in the path"); return;
    case ROUTE_UNKNOWN: break;
    }
    if (x->method == METHOD_OPTIONS && str_eq_z(x->target.path, "*"))
        reply_allow(x, ~0u);
    else
        exchange_reply_status(x, 404, "no such path");
}
