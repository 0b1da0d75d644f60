/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to a unix socket on the loop: owns the descriptor, both buffers and one deadline.
 * What the bytes mean is the owner's. */
#ifndef THALASSA_HAPROXY_STREAM_H
#define THALASSA_HAPROXY_STREAM_H

#include "base/buf.h"
#include "base/err.h"

#include <ev.h>

enum stream_end { STREAM_EOF, STREAM_BROKEN, STREAM_LATE, STREAM_TOO_LARGE };

struct stream {
    struct ev_loop *loop;
    const char *path;
    int fd;         /* -1: closed */
    unsigned epoch; /* changes at each close: tells a callback's caller that it was cut */
    ev_io io;
    ev_timer deadline;
    struct buf in, out;
    void (*on_bytes)(void *ctx); /* more in `in`: take it with buf_drop_front or buf_reset */
    /* The stream is closed already; `in` still holds what was not taken. */
    void (*on_end)(void *ctx, enum stream_end end, const struct err *why);
    void *ctx;
    size_t max_in_bytes;
    bool last; /* close our side once `out` is sent: a master does not hang up by itself */
};

/* Fill loop, path, on_bytes, on_end, ctx, max_in_bytes; then: */
void stream_init(struct stream *s);
void stream_fini(struct stream *s); /* closes, frees the buffers */

/* Connect without waiting; buffers are empty then. 0, or -1 with ERR_UNAVAILABLE. */
int stream_connect(struct stream *s, struct err *e);

/* Send what `out` holds, as far as the socket takes it now, and the rest later. Calls nothing. */
void stream_flush(struct stream *s);

/* From now on HAProxy has so many seconds; 0: no deadline. Replaces the former one. */
void stream_set_deadline(struct stream *s, double seconds);

void stream_close(struct stream *s); /* calls nothing; `in` and `out` keep their bytes */

#endif
