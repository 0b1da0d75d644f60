/* SPDX-License-Identifier: Apache-2.0 */
/* Connections and their deadlines. The library's own timeout counts inactivity only, so that a
 * client that drips bytes would live for ever: each phase has a timer of ours instead, and its end
 * is a shutdown of the socket, which the library sees as the client's. */
#include "web/server_state.h"

#include "base/log.h"

#include <stdlib.h>
#include <sys/socket.h>

static unsigned deadline_ms(const struct server_limits *l, enum phase phase)
{
    switch (phase) {
    case PHASE_HEADERS: return l->header_ms;
    case PHASE_BODY: return l->body_ms;
    case PHASE_HANDLER: return l->handler_ms;
    case PHASE_REPLY: return l->reply_ms;
    case PHASE_IDLE: return l->idle_ms;
    case PHASE_UPGRADED: break;
    }
    return 0;
}

void connection_enter(struct connection *c, enum phase phase)
{
    c->phase = phase;
    ev_timer_stop(c->server->loop, &c->deadline);
    if (phase == PHASE_UPGRADED)
        return;
    ev_timer_set(&c->deadline, deadline_ms(&c->server->limits, phase) / 1000.0, 0.0);
    ev_timer_start(c->server->loop, &c->deadline);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
    struct connection *c = w->data;

    (void)loop;
    (void)events;
    if (c->phase == PHASE_HANDLER) {
        request_give_up(c, "no answer within the deadline");
        return;
    }
    log_debug("web: %s: too slow, closed in phase %d", c->peer.address, (int)c->phase);
    (void)shutdown(c->fd, SHUT_RDWR);
}

static struct connection *open_connection(struct listener *l, struct MHD_Connection *mhd)
{
    struct connection *c = calloc(1, sizeof *c);
    struct server *s = l->server;

    if (!c)
        abort();
    c->server = s;
    c->listener = l;
    c->mhd = mhd;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    peer_read(&c->peer, c->fd,
              MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    ev_timer_init(&c->deadline, on_deadline, 0.0, 0.0);
    c->deadline.data = c;
    c->next = s->connections;
    if (c->next)
        c->next->prev = c;
    s->connections = c;
    connection_enter(c, PHASE_HEADERS);
    return c;
}

static void close_connection(struct connection *c)
{
    ev_timer_stop(c->server->loop, &c->deadline);
    if (c->next)
        c->next->prev = c->prev;
    if (c->prev)
        c->prev->next = c->next;
    else
        c->server->connections = c->next;
    free(c);
}

void connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode code)
{
    struct listener *l = cls;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = open_connection(l, mhd);
    } else {
        close_connection(*context);
        *context = NULL;
    }
}

struct connection *connection_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}
