/* SPDX-License-Identifier: Apache-2.0 */
#include "web/websocket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <wslay/wslay.h>

enum {
    READ_AT_ONCE = 16 * 1024,   /* so that nobody holds the loop */
    WRITE_AT_ONCE = 256 * 1024, /* likewise */
    PIECES = 64,
    CONTROL_MAX = 32, /* answers to pings that wait to be sent */
    HEAD_BYTES = 6,   /* of a client's frame: two and the mask */
    LENGTH16 = 126
};

enum state {
    OPEN,
    CLOSING,   /* the frame that closes is to be sent */
    LINGERING, /* it was: until the client closes, too */
    GONE
};

struct websocket {
    int fd;
    enum state state;
    const char *why;
    wslay_event_context_ptr wslay;
    struct websocket_limits limits;
    struct websocket_events events;
    struct outbox *out;
    char *early; /* bytes that were read before */
    size_t early_bytes, early_taken;
    size_t budget;      /* bytes that may still be read in this turn */
    int64_t now_ms;     /* of the call under way */
    int64_t heard_ms;   /* the last byte from the client */
    int64_t pinged_ms;  /* the last ping */
    int64_t closing_ms; /* since when it closes */
    int64_t partial_ms; /* since when a message is under way; -1: none is */
    uint64_t taken;     /* bytes given to wslay, less those of whole frames */
    uint64_t frame_bytes;
    bool in_message; /* a frame came that was not the last of its message */
    bool broken;     /* a frame's head was bad: wslay would close without saying so */
    bool blocked;
};

struct websocket_limits websocket_limits_default(void)
{
    return (struct websocket_limits){
        .message_bytes = 4096,
        .ping_ms = 15000,
        .pong_ms = 10000,
        .message_ms = 10000,
        .close_ms = 3000,
    };
}

static void leave(struct websocket *w, const char *why)
{
    if (w->state == GONE)
        return;
    w->state = GONE;
    w->why = why;
}

static void begin_closing(struct websocket *w, const char *why)
{
    if (w->state != OPEN)
        return;
    w->state = CLOSING;
    w->closing_ms = w->now_ms;
    w->why = why;
}

/* --- frames in --- */

static size_t take_early(struct websocket *w, uint8_t *to, size_t n)
{
    size_t left = w->early_bytes - w->early_taken;

    if (n > left)
        n = left;
    memcpy(to, w->early + w->early_taken, n);
    w->early_taken += n;
    return n;
}

static ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t *to, size_t n, int flags, void *user)
{
    struct websocket *w = user;
    ssize_t got;

    (void)flags;
    if (n > w->budget)
        n = w->budget;
    if (n == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (w->early_taken < w->early_bytes) {
        got = (ssize_t)take_early(w, to, n);
    } else {
        do
            got = recv(w->fd, to, n, 0);
        while (got < 0 && errno == EINTR);
    }
    if (got > 0) {
        w->budget -= (size_t)got;
        w->taken += (uint64_t)got;
        w->heard_ms = w->now_ms;
        return got;
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    leave(w, "the client has gone");
    wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static void on_frame_start(wslay_event_context_ptr ctx,
                           const struct wslay_event_on_frame_recv_start_arg *frame, void *user)
{
    struct websocket *w = user;
    uint64_t n = frame->payload_length;

    (void)ctx;
    w->frame_bytes = HEAD_BYTES + (n > UINT16_MAX ? 8u : n >= LENGTH16 ? 2u : 0u) + n;
    if (!wslay_is_ctrl_frame(frame->opcode))
        w->in_message = !frame->fin;
}

static void on_frame_end(wslay_event_context_ptr ctx, void *user)
{
    struct websocket *w = user;

    (void)ctx;
    w->taken -= w->frame_bytes;
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m,
                       void *user)
{
    struct websocket *w = user;

    if (wslay_is_ctrl_frame(m->opcode) || w->state != OPEN)
        return;
    w->partial_ms = -1;
    if (m->opcode == WSLAY_TEXT_FRAME)
        w->events.on_text(w->events.ctx, (struct str){(const char *)m->msg, m->msg_length});
    else
        websocket_close(w, WEBSOCKET_UNSUPPORTED, "only text is spoken here", w->now_ms);
    if (w->state != OPEN)
        wslay_event_shutdown_read(ctx);
}

/* --- control frames out --- */

static ssize_t send_some(struct websocket *w, const struct iovec *pieces, size_t count)
{
    struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = count};
    ssize_t sent;

    do
        sent = sendmsg(w->fd, &m, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        leave(w, "the client cannot be written to");
    return sent;
}

static ssize_t on_send(wslay_event_context_ptr ctx, const uint8_t *bytes, size_t n, int flags,
                       void *user)
{
    struct iovec piece = {(void *)(uintptr_t)bytes, n};
    struct websocket *w = user;
    ssize_t sent = send_some(w, &piece, 1);

    (void)flags;
    if (sent < 0)
        wslay_event_set_error(ctx,
                              w->state == GONE ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
    return sent;
}

struct websocket *websocket_new(int fd, struct str early, struct outbox *out,
                                const struct websocket_limits *limits,
                                const struct websocket_events *events, int64_t now_ms)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_recv,
        .send_callback = on_send,
        .on_frame_recv_start_callback = on_frame_start,
        .on_frame_recv_end_callback = on_frame_end,
        .on_msg_recv_callback = on_message,
    };
    struct websocket *w = calloc(1, sizeof *w);

    if (!w)
        abort();
    *w = (struct websocket){.fd = fd,
                            .limits = *limits,
                            .events = *events,
                            .out = out,
                            .now_ms = now_ms,
                            .heard_ms = now_ms,
                            .pinged_ms = now_ms,
                            .partial_ms = -1};
    if (early.n) {
        w->early = malloc(early.n);
        if (!w->early)
            abort();
        memcpy(w->early, early.p, early.n);
        w->early_bytes = early.n;
    }
    if (wslay_event_context_server_init(&w->wslay, &callbacks, w))
        abort();
    wslay_event_config_set_max_recv_msg_length(w->wslay, limits->message_bytes);
    return w;
}

void websocket_free(struct websocket *w)
{
    wslay_event_context_free(w->wslay);
    free(w->early);
    free(w);
}

/* --- reading --- */

/* What the client says while it is being closed is not read as frames any more. */
static void discard(struct websocket *w)
{
    char bytes[4096];
    ssize_t got = recv(w->fd, bytes, sizeof bytes, 0);

    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        leave(w, w->why);
}

static void note_partial(struct websocket *w)
{
    bool partial = w->taken > 0 || w->in_message;

    if (!partial)
        w->partial_ms = -1;
    else if (w->partial_ms < 0)
        w->partial_ms = w->now_ms;
}

void websocket_read(struct websocket *w, int64_t now_ms)
{
    w->now_ms = now_ms;
    if (w->state != OPEN) {
        if (w->state != GONE)
            discard(w);
        return;
    }
    w->budget = READ_AT_ONCE + w->early_bytes - w->early_taken;
    if (wslay_event_recv(w->wslay) && w->state == OPEN) {
        w->broken = true;
        begin_closing(w, "the client broke the protocol");
    }
    if (wslay_event_get_close_received(w->wslay))
        begin_closing(w, "the client has closed");
    else if (!wslay_event_get_read_enabled(w->wslay))
        begin_closing(w, "the client broke the protocol");
    else if (wslay_event_get_queued_msg_count(w->wslay) > CONTROL_MAX)
        leave(w, "the client sends pings and does not read");
    note_partial(w);
}

/* --- writing --- */

/* Up to `max` messages of the outbox. False when no more can be sent now. */
static bool send_pieces(struct websocket *w, size_t max)
{
    struct iovec pieces[PIECES];
    size_t count = 0, bytes = 0;
    ssize_t sent;

    while (count < max && count < w->out->count && bytes < WRITE_AT_ONCE) {
        struct str s = outbox_piece(w->out, count);
        pieces[count++] = (struct iovec){(void *)(uintptr_t)s.p, s.n};
        bytes += s.n;
    }
    sent = send_some(w, pieces, count);
    if (sent > 0)
        w->events.on_sent(w->events.ctx, (size_t)sent);
    w->blocked = w->state != GONE && (sent < 0 || (size_t)sent < bytes);
    return w->state != GONE && !w->blocked;
}

/* The frame that closes for wslay, which has only an empty one here. */
static bool send_broken(struct websocket *w)
{
    static const char bytes[] = {(char)0x88, 2, WEBSOCKET_PROTOCOL_ERROR >> 8,
                                 (char)(WEBSOCKET_PROTOCOL_ERROR & 0xff)};
    const struct iovec piece = {(void *)(uintptr_t)bytes, sizeof bytes};

    if (send_some(w, &piece, 1) != (ssize_t)sizeof bytes)
        leave(w, w->why);
    return w->state != GONE;
}

/* Pings, pongs and the close go between two messages, never into one. */
static bool send_control(struct websocket *w)
{
    if (w->broken)
        return send_broken(w);
    if (!wslay_event_want_write(w->wslay))
        return true;
    if (wslay_event_send(w->wslay))
        leave(w, "the client cannot be written to");
    w->blocked = w->state != GONE && wslay_event_want_write(w->wslay);
    return w->state != GONE && !w->blocked;
}

void websocket_write(struct websocket *w, int64_t now_ms)
{
    w->now_ms = now_ms;
    w->blocked = false;
    if (w->state == GONE || w->state == LINGERING)
        return;
    if (w->out->sent && !send_pieces(w, 1))
        return;
    if (!send_control(w))
        return;
    if (w->state == OPEN && w->out->count) {
        (void)send_pieces(w, PIECES);
    } else if (w->state == CLOSING) {
        (void)shutdown(w->fd, SHUT_WR);
        w->state = LINGERING;
    }
}

void websocket_close(struct websocket *w, unsigned status, const char *reason, int64_t now_ms)
{
    w->now_ms = now_ms;
    if (w->state != OPEN)
        return;
    (void)wslay_event_queue_close(w->wslay, (uint16_t)status, (const uint8_t *)reason,
                                  strlen(reason));
    begin_closing(w, reason);
}

/* --- time --- */

static void ping(struct websocket *w)
{
    static const struct wslay_event_msg message = {.opcode = WSLAY_PING};

    w->pinged_ms = w->now_ms;
    if (wslay_event_queue_msg(w->wslay, &message) == 0)
        websocket_write(w, w->now_ms);
}

void websocket_tick(struct websocket *w, int64_t now_ms)
{
    bool unanswered = w->pinged_ms > w->heard_ms;

    w->now_ms = now_ms;
    if (w->state == GONE)
        return;
    if (w->state != OPEN) {
        if (now_ms - w->closing_ms >= w->limits.close_ms)
            leave(w, w->why);
    } else if (w->partial_ms >= 0 && now_ms - w->partial_ms >= w->limits.message_ms) {
        websocket_close(w, WEBSOCKET_POLICY, "a message was begun and not ended in time", now_ms);
        websocket_write(w, now_ms);
    } else if (unanswered && now_ms - w->pinged_ms >= w->limits.pong_ms) {
        leave(w, "no answer to a ping");
    } else if (!unanswered && now_ms - w->pinged_ms >= w->limits.ping_ms) {
        ping(w);
    }
}

bool websocket_is_gone(const struct websocket *w)
{
    return w->state == GONE;
}

const char *websocket_why(const struct websocket *w)
{
    return w->why ? w->why : "";
}

bool websocket_is_blocked(const struct websocket *w)
{
    return w->blocked;
}
