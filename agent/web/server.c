/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners and the loop. Each listener is one daemon of the library, without threads: its epoll
 * descriptor and its next timeout are two watchers of our loop. */
#include "web/server.h"

#include "base/log.h"
#include "web/listen.h"
#include "web/server_state.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Of each connection's pool: the header block, what is parsed from it, and the reply's headers. */
enum { POOL_FACTOR = 2, POOL_SPARE_BYTES = 8192 };

struct server_limits server_limits_default(void)
{
    return (struct server_limits){
        .connections = 1256, /* 1000 of them may be viewers of the stream */
        .connections_per_ip = 1128,
        .header_bytes = (size_t)16 * 1024,
        .body_bytes = (size_t)1024 * 1024,
        .bodies_bytes = (size_t)64 * 1024 * 1024,
        .header_ms = 5000,
        .body_ms = 10000,
        .handler_ms = 330000, /* behind the longest ?wait */
        .reply_ms = 60000,
        .idle_ms = 30000,
        .stop_ms = 500,
    };
}

struct server *server_new(struct ev_loop *loop, const struct server_limits *limits,
                          void (*handle)(void *ctx, struct exchange *x), void *ctx)
{
    struct server *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->loop = loop;
    s->limits = *limits;
    s->handle = handle;
    s->ctx = ctx;
    return s;
}

__attribute__((format(printf, 2, 0))) static void on_library_log(void *ctx, const char *format,
                                                                 va_list ap)
{
    char line[512];

    (void)ctx;
    (void)vsnprintf(line, sizeof line, format, ap);
    log_debug("web: " STR_FMT, STR_ARG(str_trim(str_z(line))));
}

static void run(struct listener *l)
{
    MHD_UNSIGNED_LONG_LONG ms;

    (void)MHD_run(l->daemon);
    ev_timer_stop(l->server->loop, &l->timer);
    if (MHD_get_timeout(l->daemon, &ms) == MHD_YES) {
        ev_timer_set(&l->timer, (double)ms / 1000.0, 0.0);
        ev_timer_start(l->server->loop, &l->timer);
    }
}

static void on_io(struct ev_loop *loop, ev_io *w, int events)
{
    (void)loop;
    (void)events;
    run(w->data);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)loop;
    (void)events;
    run(w->data);
}

static struct MHD_Daemon *start_daemon(struct listener *l, int fd)
{
    const struct server_limits *limits = &l->server->limits;

    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, request_on_part, l, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
        limits->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, limits->connections_per_ip,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits->header_bytes * POOL_FACTOR + POOL_SPARE_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_NOTIFY_CONNECTION, connection_notify, l,
        MHD_OPTION_NOTIFY_COMPLETED, request_on_completed, l, MHD_OPTION_URI_LOG_CALLBACK,
        request_on_target, l, MHD_OPTION_END);
}

/* Takes the descriptor and, for a unix socket, the path. */
static int add_listener(struct server *s, int fd, char *unix_path, ino_t inode, struct err *e)
{
    struct listener *l = calloc(1, sizeof *l);

    if (!l)
        abort();
    l->server = s;
    l->unix_path = unix_path;
    l->inode = inode;
    l->daemon = start_daemon(l, fd);
    if (!l->daemon) {
        if (unix_path)
            listen_unlink(unix_path, inode);
        free(unix_path);
        free(l);
        return err_set(e, ERR_INTERNAL, "the HTTP server could not be started");
    }
    ev_io_init(&l->io, on_io, MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
               EV_READ);
    l->io.data = l;
    ev_io_start(s->loop, &l->io);
    ev_timer_init(&l->timer, on_timer, 0.0, 0.0);
    l->timer.data = l;
    l->next = s->listeners;
    s->listeners = l;
    return 0;
}

int server_listen_tcp(struct server *s, const char *host, uint16_t port, uint16_t *bound,
                      struct err *e)
{
    int fd = listen_tcp(host, port, bound, e);

    return fd < 0 ? -1 : add_listener(s, fd, NULL, 0, e);
}

int server_listen_unix(struct server *s, const char *path, struct err *e)
{
    ino_t inode;
    int fd = listen_unix(path, &inode, e);
    char *copy;

    if (fd < 0)
        return -1;
    copy = strdup(path);
    if (!copy)
        abort();
    return add_listener(s, fd, copy, inode, e);
}

static bool has_replies_to_send(const struct server *s)
{
    for (const struct connection *c = s->connections; c; c = c->next) {
        if (c->phase == PHASE_HANDLER || c->phase == PHASE_REPLY)
            return true;
    }
    return false;
}

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Outside of the loop, which may not turn any more. */
static void let_replies_leave(struct server *s)
{
    int64_t end_ms = now_ms() + s->limits.stop_ms;

    do {
        for (struct listener *l = s->listeners; l; l = l->next)
            (void)MHD_run(l->daemon);
        if (!has_replies_to_send(s))
            return;
        (void)poll(NULL, 0, 1);
    } while (now_ms() < end_ms);
}

static void close_listener(struct listener *l)
{
    ev_io_stop(l->server->loop, &l->io);
    ev_timer_stop(l->server->loop, &l->timer);
    MHD_stop_daemon(l->daemon);
    free(l->unix_path);
    free(l);
}

void server_stop(struct server *s)
{
    s->stopping = true;
    for (struct listener *l = s->listeners; l; l = l->next) {
        int fd = MHD_quiesce_daemon(l->daemon);
        if (fd >= 0)
            (void)close(fd);
        if (l->unix_path)
            listen_unlink(l->unix_path, l->inode);
    }
    for (struct connection *c = s->connections; c; c = c->next) {
        if (c->suspended)
            request_give_up(c, "the agent is stopping");
    }
    let_replies_leave(s);
    while (s->listeners) {
        struct listener *l = s->listeners;
        s->listeners = l->next;
        close_listener(l);
    }
    free(s);
}
