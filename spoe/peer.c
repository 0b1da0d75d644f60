/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    READ_BYTES = 64 << 10,
    ANSWER_BYTES = 64 << 10,
    FRAMES_PER_CALL = 256, /* then the others' turn */
    KEPT_BYTES = 4096,     /* of memory that holds nothing at present */
    LINGER_MS = 1000,      /* for a peer to close after we did */
    QUIET_MS = 500 /* when leaving: HAProxy asks nothing on this one, as far as one can tell */
};

enum sent { SENT_ALL, SENT_PART, SENT_BROKEN };

int spop_work_init(struct spop_work *w)
{
    size_t frame = (size_t)w->max_frame_bytes + SPOP_PREFIX_BYTES;

    w->in_size = READ_BYTES > 2 * frame ? READ_BYTES : 2 * frame;
    w->out_size = ANSWER_BYTES + frame;
    w->in = malloc(w->in_size);
    w->out = malloc(w->out_size);
    if (w->in && w->out)
        return 0;
    spop_work_fini(w);
    return -1;
}

void spop_work_fini(struct spop_work *w)
{
    free(w->in);
    free(w->out);
    w->in = w->out = NULL;
}

static void held_free(struct spop_held *h, struct spop_work *w)
{
    w->held_bytes -= h->size;
    free(h->p);
    *h = (struct spop_held){0};
}

/* Hold these bytes, which lie elsewhere, in place of the former ones. False: there is no room. */
static bool hold(struct spop_held *h, struct spop_work *w, const uint8_t *p, size_t n)
{
    if (n > h->size || (n == 0 && h->size > KEPT_BYTES)) {
        size_t size = (n + 1023) & ~(size_t)1023;

        held_free(h, w);
        if (n == 0)
            return true;
        if (size > w->max_held_bytes - w->held_bytes || !(h->p = malloc(size))) {
            SPOP_COUNT(w->counters, starved, 1);
            return false;
        }
        h->size = size;
        w->held_bytes += size;
    }
    if (n)
        memcpy(h->p, p, n);
    h->at = 0;
    h->n = n;
    return true;
}

void spop_peer_init(struct spop_peer *p, int fd, const struct spop_work *w)
{
    int on = 1;

    *p = (struct spop_peer){.fd = fd, .heard_ms = w->now_ms};
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* fails on a unix socket */
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    spop_session_init(&p->session, w->max_frame_bytes);
}

void spop_peer_fini(struct spop_peer *p, struct spop_work *w)
{
    held_free(&p->in, w);
    held_free(&p->out, w);
}

static enum sent send_bytes(struct spop_peer *p, struct spop_work *w, const uint8_t *bytes,
                            size_t n, size_t *sent)
{
    ssize_t done;

    *sent = 0;
    if (n == 0)
        return SENT_ALL;
    do
        done = send(p->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (done < 0 && errno == EINTR);
    if (done < 0)
        return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? SENT_PART : SENT_BROKEN;
    SPOP_COUNT(w->counters, bytes_out, done);
    *sent = (size_t)done;
    return *sent == n ? SENT_ALL : SENT_PART;
}

/* What the socket does not take now is held. */
static enum sent send_out(struct spop_peer *p, struct spop_work *w, struct spop_out *out)
{
    size_t sent;
    enum sent how = send_bytes(p, w, out->p, out->n, &sent);

    if (how == SENT_PART) {
        SPOP_COUNT(w->counters, paused, 1);
        if (!hold(&p->out, w, out->p + sent, out->n - sent))
            return SENT_BROKEN;
    }
    spop_out_back(out, 0);
    return how;
}

/* Closing with unread input would reset the connection, and the peer might lose our last words. */
static enum spop_want shut_down(struct spop_peer *p, struct spop_work *w)
{
    held_free(&p->in, w);
    p->begun_ms = 0;
    p->shut = true;
    p->shut_ms = w->now_ms;
    return shutdown(p->fd, SHUT_WR) == 0 ? SPOP_WANT_READ : SPOP_WANT_CLOSE;
}

static enum spop_want wait_to_write(struct spop_peer *p, const struct spop_work *w)
{
    p->blocked_ms = w->now_ms;
    return SPOP_WANT_WRITE;
}

static void count_end(const struct spop_session *s, struct spop_counters *c)
{
    if (s->status != SPOP_NORMAL)
        SPOP_COUNT(c, faulty, 1);
    else if (s->haproxy.status != SPOP_NORMAL)
        SPOP_COUNT(c, blamed, 1);
}

static void answer_notify(const struct spop_peer *p, struct spop_work *w,
                          const struct spop_notify *notify, struct spop_out *out)
{
    struct spop_ack ack;

    spop_ack_begin(&ack, out, notify, p->session.max_frame_bytes);
    w->on_notify(w->ctx, notify, &ack);
    if (!spop_ack_end(&ack))
        SPOP_COUNT(w->counters, oversized, 1);
    SPOP_COUNT(w->counters, notifies, 1);
}

/* Answers frames until there is a reason to stop, which is returned. */
static enum spop_event answer_some(struct spop_peer *p, struct spop_work *w, struct spop_bytes *in,
                                   struct spop_out *out, unsigned *frames)
{
    struct spop_notify notify;
    enum spop_event event;

    p->session.refuses_checks = w->refuses_checks;
    for (;; ++*frames) {
        if (*frames == FRAMES_PER_CALL)
            return SPOP_EVENT_ROOM;
        event = spop_session_next(&p->session, in, out, &notify);
        switch (event) {
        case SPOP_EVENT_NOTIFY: answer_notify(p, w, &notify, out); break;
        case SPOP_EVENT_HELLO: SPOP_COUNT(w->counters, hellos, 1); break;
        case SPOP_EVENT_CHECK: SPOP_COUNT(w->counters, checks, 1); break;
        case SPOP_EVENT_SKIP: SPOP_COUNT(w->counters, skipped, 1); break;
        case SPOP_EVENT_END: count_end(&p->session, w->counters); return event;
        case SPOP_EVENT_MORE:
        case SPOP_EVENT_ROOM: return event;
        }
    }
}

/* Keep what is left of the input, of which the last frame may be incomplete. */
static bool keep_rest(struct spop_peer *p, struct spop_work *w, struct spop_bytes in, bool heard)
{
    if (heard)
        p->heard_ms = w->now_ms;
    if (in.n == 0)
        p->begun_ms = 0;
    else if (heard || !p->begun_ms)
        p->begun_ms = w->now_ms;
    return hold(&p->in, w, in.p, in.n);
}

/* Handles the frames in w->in, sends the answers, keeps the rest. */
static enum spop_want answer(struct spop_peer *p, struct spop_work *w, size_t n)
{
    struct spop_bytes in = {w->in, n};
    struct spop_out out = {w->out, 0, w->out_size, false};
    unsigned frames = 0;
    enum spop_event event = answer_some(p, w, &in, &out, &frames);
    enum sent sent;

    if (event == SPOP_EVENT_MORE && frames && w->leaving) {
        spop_session_end(&p->session, SPOP_NORMAL, &out);
        event = SPOP_EVENT_END;
    }
    if (event == SPOP_EVENT_END)
        in.n = 0;
    sent = send_out(p, w, &out);
    if (sent == SENT_BROKEN || !keep_rest(p, w, in, frames > 0))
        return SPOP_WANT_CLOSE;
    if (sent == SENT_PART || event == SPOP_EVENT_ROOM)
        return wait_to_write(p, w);
    return event == SPOP_EVENT_END ? shut_down(p, w) : SPOP_WANT_READ;
}

/* The held input goes to the front of w->in. */
static size_t recall(struct spop_peer *p, struct spop_work *w)
{
    size_t n = p->in.n;

    if (n)
        memcpy(w->in, p->in.p, n);
    p->in.n = 0;
    return n;
}

enum spop_want spop_peer_read(struct spop_peer *p, struct spop_work *w)
{
    size_t before = p->shut ? 0 : recall(p, w);
    ssize_t n = recv(p->fd, w->in + before, w->in_size - before, MSG_DONTWAIT);

    if (n > 0) {
        SPOP_COUNT(w->counters, bytes_in, n);
        return p->shut ? SPOP_WANT_READ : answer(p, w, before + (size_t)n);
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        return SPOP_WANT_CLOSE;
    p->in.n = before;
    return SPOP_WANT_READ;
}

enum spop_want spop_peer_write(struct spop_peer *p, struct spop_work *w)
{
    size_t sent;

    switch (send_bytes(p, w, p->out.p + p->out.at, p->out.n - p->out.at, &sent)) {
    case SENT_BROKEN: return SPOP_WANT_CLOSE;
    case SENT_PART: p->out.at += sent; return SPOP_WANT_WRITE;
    case SENT_ALL: break;
    }
    held_free(&p->out, w);
    p->blocked_ms = 0;
    if (p->session.state == SPOP_STATE_ENDED)
        return shut_down(p, w);
    return answer(p, w, recall(p, w));
}

/* DISCONNECT, then no more. */
static enum spop_want say_goodbye(struct spop_peer *p, struct spop_work *w, enum spop_status status)
{
    struct spop_out out = {w->out, 0, w->out_size, false};

    spop_session_end(&p->session, status, &out);
    switch (send_out(p, w, &out)) {
    case SENT_BROKEN: return SPOP_WANT_CLOSE;
    case SENT_PART: return wait_to_write(p, w);
    case SENT_ALL: break;
    }
    return shut_down(p, w);
}

enum spop_want spop_peer_age(struct spop_peer *p, struct spop_work *w)
{
    const struct spop_patience *patience = &w->patience;
    int64_t quiet_ms = w->now_ms - p->heard_ms;

    if (p->blocked_ms) {
        if (w->now_ms - p->blocked_ms < patience->write_ms)
            return SPOP_WANT_WRITE;
        SPOP_COUNT(w->counters, blocked, 1);
        return SPOP_WANT_CLOSE;
    }
    if (p->shut)
        return w->now_ms - p->shut_ms < LINGER_MS ? SPOP_WANT_READ : SPOP_WANT_CLOSE;
    if ((p->begun_ms && w->now_ms - p->begun_ms >= patience->frame_ms) ||
        (p->session.state != SPOP_STATE_TALKING && quiet_ms >= patience->hello_ms)) {
        SPOP_COUNT(w->counters, late, 1);
        return say_goodbye(p, w, SPOP_TIMEOUT);
    }
    if (quiet_ms >= patience->idle_ms) {
        SPOP_COUNT(w->counters, idle, 1);
        return say_goodbye(p, w, SPOP_NORMAL);
    }
    return w->leaving && quiet_ms >= QUIET_MS ? say_goodbye(p, w, SPOP_NORMAL) : SPOP_WANT_READ;
}
