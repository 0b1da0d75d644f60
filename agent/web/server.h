/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: libmicrohttpd driven by our loop, one handler behind all listeners. It reads
 * whole requests within limits and deadlines and hands them over; it knows no route. */
#ifndef THALASSA_WEB_SERVER_H
#define THALASSA_WEB_SERVER_H

#include "base/err.h"
#include "web/exchange.h"

struct ev_loop;
struct server;

struct server_limits {
    unsigned connections; /* per listener, so that a full TCP port leaves the unix socket free */
    unsigned connections_per_ip;
    size_t header_bytes; /* request line and headers: 431 */
    size_t body_bytes;   /* 413 */
    size_t bodies_bytes; /* all bodies that are being read: 503 */
    unsigned header_ms;  /* from the first byte of a request, or from the connection */
    unsigned body_ms;
    unsigned handler_ms; /* 503, if the handler has not answered by then */
    unsigned reply_ms;   /* for the client to read the reply */
    unsigned idle_ms;    /* between two requests of a connection */
    unsigned stop_ms;    /* what server_stop waits for replies to leave */
};

struct server_limits server_limits_default(void);

/* `handle` is called on the loop, with an exchange that it must answer (exchange.h). */
struct server *server_new(struct ev_loop *loop, const struct server_limits *limits,
                          void (*handle)(void *ctx, struct exchange *x), void *ctx);

/* Listen on an IP literal or a host name (resolved at once, first address). With port 0 the kernel
 * chooses; `bound` (may be NULL) tells the port. ERR_INVALID for a name that has no address,
 * ERR_UNAVAILABLE when the address is taken. */
int server_listen_tcp(struct server *s, const char *host, uint16_t port, uint16_t *bound,
                      struct err *e);

/* Listen on a unix socket of mode 0660. A socket left behind is removed if nobody listens on it;
 * ERR_CONFLICT if somebody does or if something else lies there. */
int server_listen_unix(struct server *s, const char *path, struct err *e);

/* Stop listening, answer what waits with 503, let replies leave for stop_ms at most, close and
 * free. Exchanges that a handler still owes an answer stay valid until it is given. */
void server_stop(struct server *s);

#endif
