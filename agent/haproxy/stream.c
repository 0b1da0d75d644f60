/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/stream.h"

#include "base/fault.h"
#include "haproxy/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10, OUT_BYTES = 256 << 10 };

static void end(struct stream *s, enum stream_end how, const char *why)
{
    struct err e;

    stream_close(s);
    err_set(&e, ERR_UNAVAILABLE, "%s: %s", s->path, why);
    s->on_end(s->ctx, how, &e);
}

/* One read. False if there was nothing; after true the owner may have freed the stream. */
static bool read_some(struct stream *s)
{
    size_t left = s->in.limit - s->in.n, room;
    char *p = buf_room(&s->in, READ_BYTES < left ? READ_BYTES : 1, &room);
    ssize_t n;

    if (!p) {
        end(s, STREAM_TOO_LARGE, "reply too large");
        return true;
    }
    n = recv(s->fd, p, room, MSG_DONTWAIT);
    if (n > 0) {
        buf_grown(&s->in, (size_t)n);
        s->on_bytes(s->ctx);
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n == 0)
        end(s, STREAM_EOF, "closed by HAProxy");
    else
        end(s, STREAM_BROKEN, strerror(errno));
    return true;
}

static void on_io(struct ev_loop *loop, ev_io *w, int events)
{
    struct stream *s = w->data;

    (void)loop;
    if (events & EV_WRITE)
        stream_flush(s);
    if (events & EV_READ)
        (void)read_some(s);
}

/* The loop may have been busy itself: what lies in the socket counts as in time. */
static void on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
    struct stream *s = w->data;

    (void)loop;
    (void)events;
    if (!read_some(s))
        end(s, STREAM_LATE, "no answer in time");
}

void stream_init(struct stream *s)
{
    s->fd = -1;
    s->epoch = 0;
    buf_init(&s->in, s->max_in_bytes);
    buf_init(&s->out, OUT_BYTES);
    ev_init(&s->io, on_io);
    ev_init(&s->deadline, on_deadline);
    s->io.data = s->deadline.data = s;
}

void stream_fini(struct stream *s)
{
    stream_close(s);
    buf_free(&s->in);
    buf_free(&s->out);
}

static void watch(struct stream *s)
{
    int events = s->out.n ? EV_READ | EV_WRITE : EV_READ;

    if (ev_is_active(&s->io))
        ev_io_stop(s->loop, &s->io);
    ev_io_set(&s->io, s->fd, events);
    ev_io_start(s->loop, &s->io);
}

int stream_connect(struct stream *s, struct err *e)
{
    stream_close(s);
    buf_reset(&s->in);
    buf_reset(&s->out);
    s->fd = unix_socket_connect(s->path, e);
    if (s->fd < 0)
        return -1;
    watch(s);
    return 0;
}

/* A dead peer is noticed by the read, which also gives what it said before. */
void stream_flush(struct stream *s)
{
    bool waited = s->out.n > 0 && ev_is_active(&s->io) && s->io.events & EV_WRITE;

    while (s->out.n) {
        ssize_t n;
        fault_point("stream.send");
        n = send(s->fd, s->out.p, s->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (errno != EAGAIN)
                buf_reset(&s->out);
            break;
        }
        buf_drop_front(&s->out, (size_t)n);
        if (s->last && s->out.n == 0)
            (void)shutdown(s->fd, SHUT_WR);
    }
    if (waited || s->out.n)
        watch(s);
}

void stream_set_deadline(struct stream *s, double seconds)
{
    ev_now_update(s->loop); /* time that we spent ourselves is not the peer's */
    s->deadline.repeat = seconds;
    ev_timer_again(s->loop, &s->deadline);
}

void stream_close(struct stream *s)
{
    ev_io_stop(s->loop, &s->io);
    ev_timer_stop(s->loop, &s->deadline);
    if (s->fd >= 0) {
        (void)close(s->fd);
        s->epoch++;
    }
    s->fd = -1;
}
