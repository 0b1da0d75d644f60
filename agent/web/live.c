/* SPDX-License-Identifier: Apache-2.0 */
#include "web/live.h"

#include "base/json_out.h"
#include "base/log.h"
#include "web/handshake.h"
#include "web/live_state.h"
#include "web/said.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    SEND_BUFFER = 128 * 1024, /* the kernel's share of what a client has not read */
    TURN_MS = 4,              /* of one turn of serving */
    LOOK_EVERY = 8            /* clients, at the clock */
};

struct live_limits live_limits_default(void)
{
    return (struct live_limits){
        .viewers = 1000,
        .switches = 16,
        .websocket = websocket_limits_default(),
    };
}

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- one connection --- */

/* What it has not read would stay in the kernel, and the client would not see the end of it. */
static void reset(const struct live_client *c)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(c->upgraded->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void close_client(struct live_client *c)
{
    struct live *l = c->live;

    log_debug("stream: %s: closed: %s", c->upgraded->peer.address,
              c->viewer.lost ? "too far behind" : websocket_why(c->websocket));
    l->counts.lost += c->viewer.lost;
    if (c->viewer.lost || websocket_is_blocked(c->websocket))
        reset(c);
    ev_io_stop(l->loop, &c->io);
    hub_leave(l->hub, &c->viewer);
    websocket_free(c->websocket);
    c->upgraded->close(c->upgraded);
    live_forget_switches(c);
    *(c->prev ? &c->prev->next : &l->clients) = c->next;
    if (c->next)
        c->next->prev = c->prev;
    l->counts.viewers--;
    free(c);
    if (!l->clients)
        ev_timer_stop(l->loop, &l->tick);
}

/* Frees what is over, and watches for what the rest waits for. */
static void settle(struct live_client *c)
{
    int events = (c->viewer.live ? EV_READ : 0) | /* what it says is heard once it is greeted */
                 (websocket_is_blocked(c->websocket) ? EV_WRITE : 0);

    if (websocket_is_gone(c->websocket) || c->viewer.lost) {
        close_client(c);
        return;
    }
    if (c->events == events)
        return;
    c->events = events;
    ev_io_stop(c->live->loop, &c->io);
    ev_io_set(&c->io, c->io.fd, events);
    ev_io_start(c->live->loop, &c->io);
}

static void serve(struct live_client *c)
{
    websocket_write(c->websocket, now_ms());
    if (c->viewer.out.count && !websocket_is_blocked(c->websocket))
        hub_make_due(c->live->hub, &c->viewer); /* its share of this turn is used up */
    settle(c);
}

static void on_io(struct ev_loop *loop, ev_io *w, int events)
{
    struct live_client *c = w->data;
    struct live *l = c->live;

    (void)loop;
    if (events & EV_READ)
        websocket_read(c->websocket, now_ms());
    serve(c); /* it may be gone */
    live_flush(l);
}

static void on_sent(void *ctx, size_t bytes)
{
    struct live_client *c = ctx;

    c->live->counts.sent_bytes += bytes;
    hub_sent(&c->viewer, bytes);
}

/* --- turns --- */

void live_flush(struct live *l)
{
    if (!ev_is_active(&l->flush) && hub_has_due(l->hub)) {
        ev_timer_set(&l->flush, 0.0, 0.0);
        ev_timer_start(l->loop, &l->flush);
    }
}

static void on_flush(struct ev_loop *loop, ev_timer *w, int events)
{
    struct live *l = w->data;
    int64_t end_ms = now_ms() + TURN_MS;
    struct viewer *v;

    (void)loop;
    (void)events;
    for (unsigned i = 1; (v = hub_next_due(l->hub)); i++) {
        serve(live_client_of(v));
        if (i % LOOK_EVERY == 0 && now_ms() >= end_ms)
            break;
    }
    live_flush(l);
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
    struct live *l = w->data;
    int64_t now = now_ms();
    struct live_client *next;

    (void)loop;
    (void)events;
    for (struct live_client *c = l->clients; c; c = next) {
        next = c->next;
        websocket_tick(c->websocket, now);
        settle(c);
    }
}

/* --- coming --- */

static void tune(int fd)
{
    int on = 1, bytes = SEND_BUFFER;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* a unix socket refuses */
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static void open_client(struct live_guest *g, struct upgraded *u)
{
    struct live *l = g->live;
    struct live_client *c = calloc(1, sizeof *c);
    struct websocket_events events = {.ctx = c, .on_text = live_on_text, .on_sent = on_sent};

    if (!c)
        abort();
    c->live = l;
    c->upgraded = u;
    c->waits = true;
    c->has_resume = g->has_resume;
    c->resume_seq = g->seq;
    memcpy(c->resume_epoch, g->epoch, sizeof c->resume_epoch);
    tune(u->fd);
    hub_join(l->hub, &c->viewer);
    c->websocket =
        websocket_new(u->fd, u->early, &c->viewer.out, &l->limits.websocket, &events, now_ms());
    c->next = l->clients;
    if (c->next)
        c->next->prev = c;
    else
        ev_timer_again(l->loop, &l->tick);
    l->clients = c;
    l->counts.opened++;
    ev_io_init(&c->io, on_io, u->fd, 0);
    c->io.data = c;
    l->source.wanted(l->source.ctx);
}

static void on_upgraded(void *ctx, struct upgraded *u)
{
    struct live_guest *g = ctx;

    if (u && !g->live->stopping) {
        open_client(g, u);
    } else {
        g->live->counts.viewers--;
        if (u)
            u->close(u);
    }
    free(g);
}

static void refuse(struct exchange *x, unsigned status, const struct err *e)
{
    if (status == 426) {
        exchange_add_header(x, "Upgrade", STR("websocket"));
        exchange_add_header(x, "Sec-WebSocket-Version", STR("13"));
    }
    if (status == 405)
        exchange_add_header(x, "Allow", STR("GET, OPTIONS"));
    exchange_reply_status(x, status, "%s", e->text);
}

static struct live_guest *expect(struct live *l, const struct hub_resume *resume)
{
    struct live_guest *g = calloc(1, sizeof *g);

    if (!g)
        abort();
    g->live = l;
    if (resume) {
        g->has_resume = true;
        g->seq = resume->seq;
        (void)str_copy(g->epoch, sizeof g->epoch, resume->epoch);
    }
    l->counts.viewers++;
    return g;
}

void live_take(struct live *l, struct exchange *x, const struct hub_resume *resume)
{
    char accept[HANDSHAKE_ACCEPT_MAX];
    struct err e;
    unsigned status = handshake_check(x, accept, &e);

    if (status != 101) {
        refuse(x, status, &e);
    } else if (l->stopping || l->counts.viewers >= l->limits.viewers) {
        l->counts.refused++;
        exchange_reply_status(x, 503,
                              l->stopping ? "the agent is stopping"
                                          : "%zu clients watch the stream, and no more may",
                              l->limits.viewers);
    } else {
        exchange_add_header(x, "Sec-WebSocket-Accept", str_z(accept));
        exchange_upgrade(x, "websocket", on_upgraded, expect(l, resume));
    }
}

void live_greet(struct live *l)
{
    for (struct live_client *c = l->clients; c; c = c->next) {
        struct hub_resume resume = {c->resume_seq, str_z(c->resume_epoch)};
        if (!c->waits)
            continue;
        hub_greet(l->hub, &c->viewer, c->has_resume ? &resume : NULL);
        c->waits = c->has_resume = false;
        ev_feed_event(l->loop, &c->io, EV_READ); /* it may have said something with its request */
    }
    live_flush(l);
}

/* --- the whole --- */

struct live *live_new(struct ev_loop *loop, const struct live_limits *limits, struct hub *hub,
                      const struct live_source *source, const struct web_api *api,
                      const struct access *access)
{
    struct live *l = calloc(1, sizeof *l);

    if (!l)
        abort();
    *l = (struct live){.loop = loop,
                       .limits = *limits,
                       .hub = hub,
                       .source = *source,
                       .api = api,
                       .access = access};
    ev_init(&l->flush, on_flush);
    l->flush.data = l;
    ev_init(&l->tick, on_tick);
    l->tick.repeat = 1.0;
    l->tick.data = l;
    return l;
}

void live_stop(struct live *l)
{
    struct live_client *next;
    int64_t now = now_ms();

    l->stopping = true;
    for (struct live_client *c = l->clients; c; c = next) {
        next = c->next;
        websocket_close(c->websocket, WEBSOCKET_GOING_AWAY, "the agent is stopping", now);
        websocket_write(c->websocket, now);
        close_client(c);
    }
    ev_timer_stop(l->loop, &l->flush);
}

void live_free(struct live *l)
{
    live_free_switches(l);
    free(l);
}

size_t live_viewers(const struct live *l)
{
    return l->counts.viewers;
}

struct live_counts live_counts(const struct live *l)
{
    return l->counts;
}
