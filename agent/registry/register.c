/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/register.h"
#include "base/json_out.h"
#include "base/log.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_S 2.0

struct registration {
    struct ev_loop *loop;
    struct http *http;
    struct http_call *call;
    ev_timer timer;
    struct buf body;
    char id[64];
    bool registered;
    char complaint[sizeof((struct err *)0)->text]; /* logged last */
    void (*on_done)(void *ctx, const struct err *e);
    void *ctx;
};

static void put_meta(struct json_out *o, const char *key, const char *value)
{
    if (value && *value)
        json_put_z(o, key, value);
}

static void build_body(struct registration *r, const struct registration_options *options)
{
    struct json_out o;
    char text[32];

    snprintf(r->id, sizeof r->id, "thalassa-%u", options->port);
    buf_init(&r->body, 64 * 1024);
    json_out_init(&o, &r->body, false);
    json_open_object(&o, NULL);
    json_put_z(&o, "Name", "thalassa");
    json_put_z(&o, "ID", r->id);
    if (options->address)
        json_put_z(&o, "Address", options->address);
    json_put_int(&o, "Port", options->port);
    json_open_object(&o, "Meta");
    put_meta(&o, "label", options->label);
    put_meta(&o, "location", options->location);
    put_meta(&o, "version", THALASSA_VERSION);
    json_close_object(&o);
    json_open_object(&o, "Check");
    json_put_z(&o, "CheckID", r->id);
    json_put_z(&o, "Name", "alive");
    snprintf(text, sizeof text, "%ds", REGISTER_TTL_S);
    json_put_z(&o, "TTL", text);
    json_put_z(&o, "Status", "passing");
    snprintf(text, sizeof text, "%ds", REGISTER_FORGET_S);
    json_put_z(&o, "DeregisterCriticalServiceAfter", text);
    json_close_object(&o);
    json_close_object(&o);
    json_out_fini(&o);
}

static void again_in(struct registration *r, double seconds)
{
    ev_timer_stop(r->loop, &r->timer);
    ev_timer_set(&r->timer, seconds, 0.);
    ev_timer_start(r->loop, &r->timer);
}

static void complain(struct registration *r, const struct err *e)
{
    const char *text = e ? e->text : "";

    if (!strcmp(text, r->complaint))
        return;
    str_copy(r->complaint, sizeof r->complaint, str_z(text));
    if (e)
        log_warn("registering as service thalassa: %s", text);
    else
        log_info("registered as service thalassa");
}

static void on_put(void *ctx, const struct http_reply *reply)
{
    struct registration *r = ctx;
    bool was_registered = r->registered;

    r->call = NULL;
    r->registered = !reply->error.kind;
    if (!reply->error.kind) {
        complain(r, NULL);
        again_in(r, REGISTER_TTL_S / 3.0);
    } else if (was_registered && reply->status) {
        again_in(r, 0.); /* Consul was restarted and does not know the check: register anew */
    } else {
        complain(r, &reply->error);
        again_in(r, RETRY_S);
    }
}

static void put(struct registration *r, const char *path, struct str body,
                void (*on_done)(void *ctx, const struct http_reply *reply))
{
    r->call = http_start(r->http, &(struct http_request){.method = "PUT",
                                                         .path = path,
                                                         .body = body,
                                                         .deadline_s = REGISTER_DEADLINE_S,
                                                         .on_done = on_done,
                                                         .ctx = r});
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct registration *r = timer->data;
    char path[128];

    (void)loop;
    (void)events;
    if (!r->registered) {
        put(r, "/v1/agent/service/register", buf_str(&r->body), on_put);
        return;
    }
    snprintf(path, sizeof path, "/v1/agent/check/pass/%s", r->id);
    put(r, path, STR_NONE, on_put);
}

struct registration *registration_start(struct ev_loop *loop, struct http *http,
                                        const struct registration_options *options)
{
    struct registration *r = calloc(1, sizeof *r);

    if (!r)
        abort();
    r->loop = loop;
    r->http = http;
    build_body(r, options);
    ev_timer_init(&r->timer, on_timer, 0., 0.);
    r->timer.data = r;
    again_in(r, 0.);
    return r;
}

static void on_gone(void *ctx, const struct http_reply *reply)
{
    struct registration *r = ctx;
    void (*on_done)(void *, const struct err *) = r->on_done;
    void *done_ctx = r->ctx;

    buf_free(&r->body);
    free(r);
    on_done(done_ctx, reply->error.kind ? &reply->error : NULL);
}

void registration_stop(struct registration *r, void (*on_done)(void *ctx, const struct err *e),
                       void *ctx)
{
    char path[128];

    ev_timer_stop(r->loop, &r->timer);
    if (r->call)
        http_cancel(r->call);
    r->on_done = on_done;
    r->ctx = ctx;
    snprintf(path, sizeof path, "/v1/agent/service/deregister/%s", r->id);
    put(r, path, STR_NONE, on_gone);
}
