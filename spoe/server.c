/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread of the server runs: its loop, accepting, deadlines. The only file that knows libev.
 * A descriptor is closed under the lock and by its own thread only, so that another thread can shut
 * it down without meeting a stranger's. */
#include "spoe/peer.h"
#include "spoe/worker.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    ACCEPTS_PER_TURN = 64,
    LEAVING_MS = 2000, /* then the connections that are left are cut */
    LEAVING_TICK_MS = 50,
    STALL_MS = 4 * SPOP_HEARTBEAT_MS
};

struct connection {
    struct spop_peer peer;
    ev_io io;
    struct spop_worker *worker;
    struct connection *prev, *next;
};

struct gate {
    ev_io io; /* fd -1: closed */
    bool entered;
    struct spop_worker *worker;
    struct spop_door *door;
};

struct spop_worker {
    struct spop_server *server;
    struct spop_post *post;
    struct ev_loop *loop;
    ev_async wake;
    ev_timer tick;
    ev_check turn;
    struct gate gates[SPOP_MAX_ADDRESSES];
    struct connection *connections;
    int64_t swept_ms;
    int spare_fd; /* given up for a moment to hang up on somebody when there are no more */
    struct spop_work work;
};

int64_t spop_monotonic_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void connection_free(struct connection *c)
{
    struct spop_worker *w = c->worker;

    ev_io_stop(w->loop, &c->io);
    pthread_mutex_lock(&w->server->lock);
    *(c->prev ? &c->prev->next : &w->connections) = c->next;
    if (c->next)
        c->next->prev = c->prev;
    (void)close(c->peer.fd);
    pthread_mutex_unlock(&w->server->lock);
    spop_peer_fini(&c->peer, &w->work);
    free(c);
    atomic_fetch_sub(&w->post->connections, 1);
    SPOP_COUNT(w->work.counters, closed, 1);
}

static void connection_want(struct connection *c, enum spop_want want)
{
    int events = want == SPOP_WANT_WRITE ? EV_WRITE : EV_READ;

    if (want == SPOP_WANT_CLOSE) {
        connection_free(c);
    } else if (!ev_is_active(&c->io) || (c->io.events & (EV_READ | EV_WRITE)) != events) {
        ev_io_stop(c->worker->loop, &c->io);
        ev_io_set(&c->io, c->peer.fd, events);
        ev_io_start(c->worker->loop, &c->io);
    }
}

static void on_connection(struct ev_loop *loop, ev_io *io, int events)
{
    struct connection *c = io->data;

    (void)loop;
    if (events & EV_WRITE)
        connection_want(c, spop_peer_write(&c->peer, &c->worker->work));
    else
        connection_want(c, spop_peer_read(&c->peer, &c->worker->work));
}

static bool connection_new(struct spop_worker *w, int fd)
{
    struct connection *c;

    if (atomic_load(&w->post->connections) >= w->server->options.max_connections)
        return false;
    c = calloc(1, sizeof *c);
    if (!c)
        return false;
    spop_peer_init(&c->peer, fd, &w->work);
    c->worker = w;
    ev_init(&c->io, on_connection);
    c->io.data = c;
    pthread_mutex_lock(&w->server->lock);
    c->next = w->connections;
    if (c->next)
        c->next->prev = c;
    w->connections = c;
    pthread_mutex_unlock(&w->server->lock);
    atomic_fetch_add(&w->post->connections, 1);
    SPOP_COUNT(w->work.counters, accepted, 1);
    connection_want(c, SPOP_WANT_READ);
    return true;
}

/* A peer that knocks when descriptors have run out hears a no. */
static bool refuse_one(struct spop_worker *w, int listener)
{
    int fd;

    if (w->spare_fd >= 0)
        (void)close(w->spare_fd);
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        SPOP_COUNT(w->work.counters, refused, 1);
        (void)close(fd);
    }
    w->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

/* One connection. False: no more for now; a gate that can do nothing rests until the next tick. */
static bool gate_accept(struct gate *g)
{
    struct spop_worker *w = g->worker;
    int fd = accept4(g->io.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0) {
        if (!connection_new(w, fd)) {
            SPOP_COUNT(w->work.counters, refused, 1);
            (void)close(fd);
        }
        return true;
    }
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
        return false;
    if ((errno != EMFILE && errno != ENFILE) || !refuse_one(w, g->io.fd))
        ev_io_stop(w->loop, &g->io);
    return false;
}

static void on_gate(struct ev_loop *loop, ev_io *io, int events)
{
    struct gate *g = io->data;

    (void)loop, (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN && atomic_load(&g->worker->post->wanted); i++)
        if (!gate_accept(g))
            break;
}

static void gate_close(struct gate *g)
{
    struct spop_worker *w = g->worker;

    if (g->io.fd < 0)
        return;
    ev_io_stop(w->loop, &g->io);
    pthread_mutex_lock(&w->server->lock);
    if (g->entered)
        spop_door_leave(g->door, g->io.fd);
    if (!spop_address_is_local(&g->door->address))
        (void)close(g->io.fd);
    g->io.fd = -1;
    g->entered = false;
    pthread_mutex_unlock(&w->server->lock);
}

static bool gate_open(struct gate *g)
{
    struct spop_worker *w = g->worker;
    const struct spop_options *o = &w->server->options;
    int fd;

    gate_close(g);
    pthread_mutex_lock(&w->server->lock);
    fd = spop_door_enter(g->door, o->threads > 1, o->unix_mode);
    ev_io_set(&g->io, fd, EV_READ);
    g->entered = fd >= 0;
    pthread_mutex_unlock(&w->server->lock);
    if (fd >= 0)
        ev_io_start(w->loop, &g->io);
    return fd >= 0;
}

static void worker_close(struct spop_worker *w)
{
    atomic_store(&w->post->listening, false);
    for (size_t i = 0; i < w->server->options.listen_count; i++)
        gate_close(&w->gates[i]);
}

const struct spop_door *spop_worker_open(struct spop_worker *w)
{
    for (size_t i = 0; i < w->server->options.listen_count; i++) {
        int why;

        if (gate_open(&w->gates[i]))
            continue;
        why = errno;
        worker_close(w);
        errno = why;
        return w->gates[i].door;
    }
    atomic_store(&w->post->listening, true);
    return NULL;
}

/* Looks for connections that are late, or to be left. After a stall nobody is late: what lies in
 * the sockets is read first. */
static void worker_sweep(struct spop_worker *w)
{
    int64_t now = w->work.now_ms, left_ms = now - atomic_load(&w->server->leave_ms);
    bool stalled = now - w->swept_ms > STALL_MS;
    struct connection *next;

    w->swept_ms = now;
    for (struct connection *c = w->connections; c; c = next) {
        next = c->next;
        if (w->work.leaving && left_ms >= LEAVING_MS)
            connection_free(c);
        else if (!stalled)
            connection_want(c, spop_peer_age(&c->peer, &w->work));
    }
}

static void worker_leave(struct spop_worker *w)
{
    w->work.leaving = true;
    worker_close(w);
    w->tick.repeat = LEAVING_TICK_MS / 1000.0;
    ev_timer_again(w->loop, &w->tick);
}

/* What is to be done is in the atomics: by whom and how often it was asked does not matter. */
static void worker_attend(struct spop_worker *w)
{
    int64_t leave_ms = atomic_load(&w->server->leave_ms);

    w->work.refuses_checks = atomic_load(&w->server->lame);
    if (leave_ms && w->work.now_ms >= leave_ms && !w->work.leaving)
        worker_leave(w);
    if (!w->work.leaving && !atomic_load(&w->post->wanted))
        worker_close(w);
    else if (!w->work.leaving && !atomic_load(&w->post->listening))
        (void)spop_worker_open(w);
    for (size_t i = 0; i < w->server->options.listen_count; i++)
        if (w->gates[i].io.fd >= 0)
            ev_io_start(w->loop, &w->gates[i].io);
    worker_sweep(w);
    if (w->work.leaving && !w->connections)
        ev_break(w->loop, EVBREAK_ALL);
}

static void on_wake(struct ev_loop *loop, ev_async *wake, int events)
{
    (void)loop, (void)events;
    worker_attend(wake->data);
}

static void on_tick(struct ev_loop *loop, ev_timer *tick, int events)
{
    (void)loop, (void)events;
    worker_attend(tick->data);
}

/* Runs before the other watchers of a turn. */
static void on_turn(struct ev_loop *loop, ev_check *turn, int events)
{
    struct spop_worker *w = turn->data;

    (void)loop, (void)events;
    w->work.now_ms = spop_monotonic_ms();
    atomic_store_explicit(&w->post->beat_ms, w->work.now_ms, memory_order_release);
    atomic_store_explicit(&w->post->turns,
                          atomic_load_explicit(&w->post->turns, memory_order_relaxed) + 1,
                          memory_order_release);
}

void *spop_worker_run(void *worker)
{
    struct spop_worker *w = worker;

    ev_run(w->loop, 0);
    return NULL;
}

void spop_worker_wake(struct spop_worker *w)
{
    ev_async_send(w->loop, &w->wake);
}

void spop_worker_cut(struct spop_worker *w)
{
    pthread_mutex_lock(&w->server->lock);
    for (size_t i = 0; i < w->server->options.listen_count; i++) {
        if (w->gates[i].entered)
            spop_door_leave(w->gates[i].door, w->gates[i].io.fd);
        w->gates[i].entered = false;
    }
    for (struct connection *c = w->connections; c; c = c->next)
        (void)shutdown(c->peer.fd, SHUT_RDWR);
    pthread_mutex_unlock(&w->server->lock);
}

static void worker_watch(struct spop_worker *w)
{
    for (size_t i = 0; i < SPOP_MAX_ADDRESSES; i++) {
        ev_io_init(&w->gates[i].io, on_gate, -1, EV_READ);
        w->gates[i].io.data = &w->gates[i];
        w->gates[i].worker = w;
        w->gates[i].door = &w->server->doors[i];
    }
    ev_async_init(&w->wake, on_wake);
    ev_timer_init(&w->tick, on_tick, 0.0, SPOP_HEARTBEAT_MS / 1000.0);
    ev_check_init(&w->turn, on_turn);
    ev_set_priority(&w->turn, EV_MAXPRI);
    w->wake.data = w->tick.data = w->turn.data = w;
    ev_async_start(w->loop, &w->wake);
    ev_timer_start(w->loop, &w->tick);
    ev_check_start(w->loop, &w->turn);
}

struct spop_worker *spop_worker_new(struct spop_server *s, struct spop_post *post, void *ctx)
{
    const struct spop_options *o = &s->options;
    struct spop_worker *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->server = s;
    w->post = post;
    w->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    w->work = (struct spop_work){.max_held_bytes = o->max_held_bytes,
                                 .max_frame_bytes = o->max_frame_bytes,
                                 .now_ms = spop_monotonic_ms(),
                                 .patience = {o->hello_ms, o->frame_ms, o->idle_ms, o->write_ms},
                                 .counters = &post->counters,
                                 .on_notify = o->on_notify,
                                 .ctx = ctx};
    w->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (w->loop)
        worker_watch(w);
    if (w->loop && spop_work_init(&w->work) == 0)
        return w;
    spop_worker_free(w);
    return NULL;
}

void spop_worker_free(struct spop_worker *w)
{
    if (!w)
        return;
    for (struct connection *c = w->connections, *next; c; c = next) {
        next = c->next;
        connection_free(c);
    }
    if (w->loop) {
        worker_close(w);
        ev_loop_destroy(w->loop);
    }
    spop_work_fini(&w->work);
    if (w->spare_fd >= 0)
        (void)close(w->spare_fd);
    free(w);
}
