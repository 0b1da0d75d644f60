/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/sweep.h"
#include "registry/inside.h"

#include <stdio.h>

enum { WAIT_S = 30, DEADLINE_S = 10 };
#define GAP_MIN_S 0.25    /* between the beginnings of two rounds */
#define GAP_PER_ROUND 4.0 /* a round may take a fifth of the time, no more */
#define PAUSE_FIRST_S 0.1
#define PAUSE_MAX_S 10.0

static void query_catalog(struct sweep *s);
static void begin_round(struct sweep *s);

static bool is_swept(const struct watch *w)
{
    return !w->blocking && w->wanted;
}

static bool anybody(const struct sweep *s)
{
    for (size_t i = 0; i < s->registry->count; i++)
        if (is_swept(s->registry->watches[i]))
            return true;
    return false;
}

static void timer_in(struct sweep *s, ev_timer *timer, double seconds)
{
    ev_timer_stop(s->registry->loop, timer);
    ev_now_update(s->registry->loop);
    ev_timer_set(timer, seconds, 0.);
    ev_timer_start(s->registry->loop, timer);
}

static void end_round(struct sweep *s)
{
    double took = ev_now(s->registry->loop) - s->begun;
    double gap = took * GAP_PER_ROUND > GAP_MIN_S ? took * GAP_PER_ROUND : GAP_MIN_S;

    s->running = false;
    s->not_before = s->begun + gap;
    timer_in(s, &s->timer, s->again ? gap : REGISTRY_SWEEP_S);
    s->again = false;
}

static void fill(struct sweep *s)
{
    struct registry *r = s->registry;

    while (s->running && s->active < REGISTRY_SWEEP_MAX && s->next < r->count) {
        struct watch *w = r->watches[s->next++];
        if (!is_swept(w) || w->phase != WATCH_IDLE)
            continue;
        w->in_sweep = true;
        s->active++;
        watch_query(w);
    }
    if (s->running && !s->active && s->next >= r->count)
        end_round(s);
}

static void begin_round(struct sweep *s)
{
    if (!anybody(s))
        return;
    s->running = true;
    s->next = 0;
    s->begun = ev_now(s->registry->loop);
    if (!s->call && !ev_is_active(&s->pause))
        query_catalog(s);
    fill(s);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    begin_round(timer->data);
}

static void on_pause(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct sweep *s = timer->data;

    (void)loop;
    (void)events;
    if (anybody(s))
        query_catalog(s);
}

/* Some service changed; which one, Consul does not say. */
static void wake(struct sweep *s)
{
    double left = s->not_before - ev_now(s->registry->loop);

    if (s->running)
        s->again = true;
    else if (left > 0)
        timer_in(s, &s->timer, left);
    else
        begin_round(s);
}

static void on_catalog(void *ctx, const struct http_reply *reply)
{
    struct sweep *s = ctx;
    uint64_t before = s->index;

    s->call = NULL;
    if (reply->error.kind || !reply->index) { /* the services' own reads tell about it */
        s->index = 0;
        timer_in(s, &s->pause, s->pause_s * registry_jitter(s->registry));
        s->pause_s = s->pause_s * 2 < PAUSE_MAX_S ? s->pause_s * 2 : PAUSE_MAX_S;
        return;
    }
    s->pause_s = PAUSE_FIRST_S;
    s->index = reply->index < before ? 0 : reply->index;
    if (before && reply->index != before)
        wake(s);
    timer_in(s, &s->pause, PAUSE_FIRST_S / 2); /* a busy catalog answers at once, every time */
}

static void query_catalog(struct sweep *s)
{
    char path[96] = "/v1/catalog/services";

    if (s->index)
        snprintf(path, sizeof path, "/v1/catalog/services?index=%llu&wait=%ds",
                 (unsigned long long)s->index, WAIT_S);
    s->call = http_start(s->registry->http,
                         &(struct http_request){.method = "GET",
                                                .path = path,
                                                .deadline_s = WAIT_S * 17.0 / 16 + DEADLINE_S,
                                                .on_done = on_catalog,
                                                .ctx = s});
}

void sweep_init(struct sweep *s, struct registry *r)
{
    *s = (struct sweep){.registry = r, .pause_s = PAUSE_FIRST_S};
    ev_timer_init(&s->timer, on_timer, 0., 0.);
    ev_timer_init(&s->pause, on_pause, 0., 0.);
    s->timer.data = s->pause.data = s;
}

void sweep_fini(struct sweep *s)
{
    ev_timer_stop(s->registry->loop, &s->timer);
    ev_timer_stop(s->registry->loop, &s->pause);
    if (s->call)
        http_cancel(s->call);
}

void sweep_reset(struct sweep *s)
{
    begin_round(s);
}

void sweep_done(struct sweep *s, struct watch *w)
{
    if (!w->in_sweep)
        return;
    w->in_sweep = false;
    s->active--;
}

void sweep_go_on(struct sweep *s)
{
    fill(s);
}
