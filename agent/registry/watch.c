/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/watch.h"
#include "base/log.h"
#include "registry/inside.h"

#include <stdlib.h>

enum { WAIT_FIRST_S = 5, WAIT_MAX_S = 60, DEADLINE_S = 10 };
/* Pace: a reply costs 1, and 1 more for each 500 kB, so that a change of a small service is told at
 * once while ten thousand instances that change all the time do not take all of a processor. */
enum { BURST = 100, PER_S = 100, BYTES_PER_TOKEN = 500000 };
#define PAUSE_FIRST_S 0.1
#define PAUSE_MAX_S 10.0
#define CONFIRM_AGAIN_S 1.0

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct watch *w = timer->data;

    (void)loop;
    (void)events;
    bool confirm = w->confirm_due && w->wanted;
    w->confirm_due = false;
    w->phase = WATCH_IDLE;
    if (confirm)
        watch_confirm(w);
    else
        registry_idle(w->registry, w);
}

static char *path_of(struct str service)
{
    struct buf b;

    buf_init(&b, 64 * 1024);
    buf_add_z(&b, "/v1/health/service/");
    http_encode(&b, service);
    return b.p;
}

struct watch *watch_new(struct registry *r, const struct catalog_service *service)
{
    struct watch *w = calloc(1, sizeof *w);
    char *name = malloc(service->name.n + 1);

    if (!w || !name)
        abort();
    w->registry = r;
    w->service = (struct str){str_copy(name, service->name.n + 1, service->name), service->name.n};
    w->path = path_of(w->service);
    w->wanted = true;
    w->had_any = service->index > 0;
    w->wait_s = WAIT_FIRST_S;
    w->pause_s = PAUSE_FIRST_S;
    w->tokens = BURST;
    w->tokens_at = ev_now(r->loop);
    continuity_init(&w->continuity, service->index, service->server);
    buf_init(&w->self_text, 1024 * 1024);
    ev_timer_init(&w->timer, on_timer, 0., 0.);
    w->timer.data = w;
    return w;
}

void watch_free(struct watch *w)
{
    if (w->call)
        http_cancel(w->call);
    ev_timer_stop(w->registry->loop, &w->timer);
    service_parser_free(w->parser);
    listing_parser_free(w->listing);
    service_read_unref(w->last);
    buf_free(&w->self_text);
    free(w->path);
    free((char *)(uintptr_t)w->service.p);
    free(w);
}

static void pause_for(struct watch *w, double seconds)
{
    w->phase = WATCH_PAUSE;
    ev_now_update(w->registry->loop);
    ev_timer_set(&w->timer, seconds, 0.);
    ev_timer_start(w->registry->loop, &w->timer);
}

void watch_failed(struct watch *w, const struct err *e)
{
    struct err named = *e;

    if (e->kind == ERR_INVALID || e->kind == ERR_TOO_LARGE) /* else it is a matter of the server */
        err_wrap(&named, "service " STR_FMT, STR_ARG(w->service));
    continuity_error(&w->continuity);
    w->wait_s = WAIT_FIRST_S;
    w->registry->server_stale = true;
    registry_note(w->registry, w, &named);
    pause_for(w, w->pause_s * registry_jitter(w->registry));
    w->pause_s = w->pause_s * 2 < PAUSE_MAX_S ? w->pause_s * 2 : PAUSE_MAX_S;
}

int watch_take_service(void *ctx, struct str piece, struct err *e)
{
    struct watch *w = ctx;

    w->reply_bytes += piece.n;
    return service_parser_feed(w->parser, piece, e);
}

struct service_read *watch_finish_read(struct watch *w, const struct http_reply *reply)
{
    struct service_read *read = NULL;
    struct err e = reply->error;

    if (!e.kind && !reply->index)
        err_set(&e, ERR_UNAVAILABLE, "Consul %s: no X-Consul-Index in the answer",
                http_server(w->registry->http));
    if (!e.kind && service_parser_finish(w->parser, &read, &e))
        err_wrap(&e, "Consul %s", http_server(w->registry->http));
    service_parser_free(w->parser);
    w->parser = NULL;
    if (e.kind)
        watch_failed(w, &e);
    return read;
}

/* Rule 6: Consul answers with an empty list, not with 403, when the token may not see. */
static void hint_about_rights(struct watch *w)
{
    const struct listing *seen = w->registry->seen;

    if (w->hinted || w->had_any || !seen)
        return;
    w->hinted = true;
    if (!listing_has(seen, w->service))
        log_warn("service " STR_FMT ": Consul does not know it, or the token lacks service_prefix "
                 "read or node_prefix read",
                 STR_ARG(w->service));
    else
        log_warn("service " STR_FMT ": Consul lists it but shows no instance: none is left, or the "
                 "token lacks node_prefix read",
                 STR_ARG(w->service));
}

/* A reply that comes at once again and again (no blocking in between) must not become a storm. */
static double tokens_take(struct watch *w)
{
    ev_tstamp now = ev_now(w->registry->loop);

    w->tokens += (now - w->tokens_at) * PER_S;
    w->tokens = w->tokens > BURST ? BURST : w->tokens;
    w->tokens_at = now;
    w->tokens -= 1 + (double)w->reply_bytes / BYTES_PER_TOKEN;
    return w->tokens < 0 ? -w->tokens / PER_S : 0;
}

static void watch_next(struct watch *w)
{
    double pause = tokens_take(w);

    w->phase = WATCH_IDLE;
    if (pause > 0)
        pause_for(w, pause);
    else
        registry_idle(w->registry, w);
}

static bool tell(struct watch *w)
{
    struct registry *r = w->registry;

    return w->wanted && r->events.on_read(r->events.ctx, w->last, &w->evidence);
}

void watch_tell_again(struct watch *w)
{
    if (w->last)
        tell(w); /* if somebody lost by it, the next reply asks again */
}

static void remember(struct watch *w, struct service_read *read, enum read_trust trust,
                     bool disturbed, const struct http_reply *reply)
{
    service_read_unref(w->last);
    w->last = read;
    w->had_any |= read->count > 0;
    w->evidence = (struct evidence){
        .trust = trust,
        .disturbed = disturbed,
        .sound = w->services_sound && w->nodes_sound && !reply->filtered,
        .index = reply->index,
        .now_ms = registry_now_ms(),
    };
    str_copy(w->evidence.server, sizeof w->evidence.server, str_z(w->continuity.server));
}

/* Held members wait for a sound catalog: ask again after 1 s, 2 s, 4 s, then every 5 s. */
static void wait_for_sound(struct watch *w, bool confirm)
{
    if (confirm)
        w->wait_s = w->unsound < 3 ? 1u << w->unsound : WAIT_FIRST_S;
    else
        w->unsound = 0;
    if (confirm && w->evidence.trust == READ_CONFIRMED)
        w->unsound++;
}

void watch_deliver(struct watch *w, struct service_read *read, enum read_trust trust,
                   bool disturbed, const struct http_reply *reply)
{
    struct registry *r = w->registry;
    ev_tstamp now = ev_now(r->loop);
    bool confirm;

    remember(w, read, trust, disturbed, reply);
    registry_note(r, w, NULL);
    w->pause_s = PAUSE_FIRST_S;
    if (!read->count)
        hint_about_rights(w);
    confirm = tell(w);
    wait_for_sound(w, confirm);
    if (trust == READ_CONFIRMED || trust == READ_REFUTED) {
        w->confirm_not_before = now + CONFIRM_AGAIN_S;
    } else if (confirm && (disturbed || now >= w->confirm_not_before)) {
        watch_confirm(w);
        return;
    } else if (confirm) {
        w->confirm_due = true;
        pause_for(w, w->confirm_not_before - now);
        return;
    } else if (trust == READ_DOUBTFUL) {
        continuity_settle(&w->continuity, reply->index);
        registry_learn_server(r);
    }
    watch_next(w);
}

static void on_query_done(void *ctx, const struct http_reply *reply)
{
    struct watch *w = ctx;
    bool quiet = reply->index == w->asked_index;

    w->call = NULL;
    struct service_read *read = watch_finish_read(w, reply);
    if (!read)
        return;
    w->wait_s = !quiet ? WAIT_FIRST_S : w->wait_s * 2 < WAIT_MAX_S ? w->wait_s * 2 : WAIT_MAX_S;
    w->services_sound = w->nodes_sound = false;
    enum read_trust trust = continuity_reply(&w->continuity, reply->index);
    watch_deliver(w, read, trust, trust == READ_DOUBTFUL, reply);
}

void watch_query(struct watch *w)
{
    struct buf path;
    double wait = 0;

    buf_init(&path, 64 * 1024);
    buf_add_z(&path, w->path);
    w->asked_index = w->blocking ? w->continuity.next : 0;
    if (w->asked_index) {
        buf_printf(&path, "?index=%llu&wait=%us", (unsigned long long)w->asked_index, w->wait_s);
        wait = w->wait_s;
    }
    w->parser = service_parser_new(w->service);
    w->reply_bytes = 0;
    w->phase = WATCH_QUERY;
    w->call = http_start(w->registry->http, &(struct http_request){
                                                .method = "GET",
                                                .path = path.p,
                                                .deadline_s = wait * 17 / 16 + DEADLINE_S,
                                                .on_body = watch_take_service,
                                                .on_done = on_query_done,
                                                .ctx = w,
                                            });
    buf_free(&path);
}
