/* SPDX-License-Identifier: Apache-2.0 */
/* One connection's conversation, without the connection: bytes in, events and bytes out. Knows
 * neither time nor sockets. */
#ifndef SPOE_SESSION_H
#define SPOE_SESSION_H

#include "spoe/hello.h"
#include "spoe/notify.h"

enum spop_state {
    SPOP_STATE_GREETING, /* nothing but HAPROXY-HELLO may come */
    SPOP_STATE_TALKING,
    SPOP_STATE_CHECKED, /* a health check was answered: HAProxy closes now */
    SPOP_STATE_ENDED    /* AGENT-DISCONNECT is written, nothing is read any more */
};

enum spop_event {
    SPOP_EVENT_MORE,   /* no complete frame is left: call again with more bytes behind these */
    SPOP_EVENT_ROOM,   /* `out` may be too small for the next answer: send it first */
    SPOP_EVENT_HELLO,  /* answered */
    SPOP_EVENT_CHECK,  /* a health check, answered */
    SPOP_EVENT_NOTIFY, /* `notify` is filled: write one ACK (ack.h), then call again */
    SPOP_EVENT_SKIP,   /* a frame of an unknown type */
    SPOP_EVENT_END     /* send `out`, then close; `status` tells why */
};

struct spop_session {
    enum spop_state state;
    uint32_t max_frame_bytes;       /* ours; after HELLO the smaller of both */
    bool refuses_checks;            /* to be set by the owner: health checks fail from now on */
    enum spop_status status;        /* what our DISCONNECT says, once ENDED */
    struct spop_disconnect haproxy; /* what HAProxy's said, with ENDED by it; message not kept */
};

/* `max_frame_bytes`: SPOP_MIN_FRAME_BYTES to SPOP_MAX_FRAME_BYTES. */
void spop_session_init(struct spop_session *s, uint32_t max_frame_bytes);

/* Takes at most one frame off the front of `*in`. A NOTIFY is given out only if all of it decodes.
 * `out` of max_frame_bytes + SPOP_PREFIX_BYTES has room for any one answer. */
enum spop_event spop_session_next(struct spop_session *s, struct spop_bytes *in,
                                  struct spop_out *out, struct spop_notify *notify);

/* Writes AGENT-DISCONNECT, if none was written yet; the session is ENDED. */
void spop_session_end(struct spop_session *s, enum spop_status status, struct spop_out *out);

#endif
