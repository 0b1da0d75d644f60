/* SPDX-License-Identifier: Apache-2.0 */
/* One WebSocket connection of the server's side, on a descriptor that does not block: frames in
 * (wslay), shared frames out (outbox.h), pings, the closing handshake, deadlines. It has no
 * watchers and does not read the clock: its owner tells it what is possible and what time it is. */
#ifndef THALASSA_WEB_WEBSOCKET_H
#define THALASSA_WEB_WEBSOCKET_H

#include "web/outbox.h"

/* Statuses of RFC 6455, 7.4. */
enum {
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_UNSUPPORTED = 1003,
    WEBSOCKET_POLICY = 1008,
    WEBSOCKET_OVERLOADED = 1013
};

struct websocket_limits {
    size_t message_bytes; /* of a message that comes in: 1009 */
    int64_t ping_ms;      /* between two of ours */
    int64_t pong_ms;      /* for the answer */
    int64_t message_ms;   /* from the first byte of a message to its last: 1008 */
    int64_t close_ms;     /* for the client to close, too */
};

struct websocket_limits websocket_limits_default(void);

struct websocket;

struct websocket_events {
    void *ctx;
    void (*on_text)(void *ctx, struct str text); /* one whole message */
    void (*on_sent)(void *ctx, size_t bytes);    /* so much of the outbox has left */
};

/* `early` was read from the descriptor before. `out` is the owner's and outlives it. */
struct websocket *websocket_new(int fd, struct str early, struct outbox *out,
                                const struct websocket_limits *limits,
                                const struct websocket_events *events, int64_t now_ms);
void websocket_free(struct websocket *w); /* leaves the descriptor open */

/* Each may be called at any time; none blocks. websocket_write sends what is in the outbox. */
void websocket_read(struct websocket *w, int64_t now_ms);
void websocket_write(struct websocket *w, int64_t now_ms);
void websocket_tick(struct websocket *w, int64_t now_ms); /* deadlines and pings: once a second */

/* The closing handshake; what is in the outbox is not sent any more. */
void websocket_close(struct websocket *w, unsigned status, const char *reason, int64_t now_ms);

/* It is over: nothing is read and sent any more. Why, for the log. */
bool websocket_is_gone(const struct websocket *w);
const char *websocket_why(const struct websocket *w);

/* Has it something to send and could not? */
bool websocket_is_blocked(const struct websocket *w);

#endif
