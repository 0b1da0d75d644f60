/* SPDX-License-Identifier: Apache-2.0 */
/* An SPOE agent: threads that listen, each with a loop of its own, and call a handler for each
 * NOTIFY. All functions are for the thread that started the server; the handler runs in the
 * server's threads and must not wait. `example.c` is a whole program. */
#ifndef SPOE_SERVER_H
#define SPOE_SERVER_H

#include "spoe/ack.h"

enum { SPOP_MAX_THREADS = 64, SPOP_MAX_ADDRESSES = 8, SPOP_HEARTBEAT_MS = 250 };

/* Numbers that are 0 take the value in brackets. */
struct spop_options {
    const char *const *listen; /* "127.0.0.1:10001", "[::1]:0", "/run/x.sock", "unix@x.sock" */
    size_t listen_count;
    unsigned threads;         /* [1] each listens on all addresses */
    unsigned unix_mode;       /* [0660] of a unix socket */
    unsigned max_frame_bytes; /* [16380] */
    unsigned max_connections; /* [4096] per thread; one more is closed at once */
    size_t max_held_bytes;    /* [32 MiB] per thread: incomplete frames, unread answers */
    unsigned hello_ms;        /* [5000] from the connection to HELLO */
    unsigned frame_ms;        /* [5000] from the first byte of a frame to its last */
    unsigned idle_ms;         /* [600000] from one frame to the next: above HAProxy's timeouts */
    unsigned write_ms;        /* [5000] until the peer has read what it was sent */
    /* Views of `notify` end with the call. What is put into `ack` is the answer. */
    void (*on_notify)(void *ctx, const struct spop_notify *notify, struct spop_ack *ack);
    void *const *contexts; /* `ctx` of each thread; NULL: none has one */
};

struct spop_server;

/* Listens when it returns. NULL: `why` (of `why_size` bytes) tells. All signals are blocked in the
 * threads. */
struct spop_server *spop_server_start(const struct spop_options *options, char *why,
                                      size_t why_size);

/* The port of an address of the options; 0 for a unix socket. */
unsigned spop_server_port(const struct spop_server *s, size_t listen_index);

/* How one thread does. */
struct spop_thread_state {
    bool listening;
    unsigned connections;
    int64_t beat_ms; /* CLOCK_MONOTONIC of its loop's last turn: at most SPOP_HEARTBEAT_MS ago, and
                        what its handlers took; older: the thread is stuck */
    uint64_t turns; /* of its loop: a handler that ran when it was read is over when it has grown */
#define X(name, text) uint64_t name;
#include "spoe/counters.def"
#undef X
};
void spop_server_read(const struct spop_server *s, unsigned thread,
                      struct spop_thread_state *state);

/* From outside, for a thread that is stuck: its addresses refuse at once, its connections are cut.
 * A unix socket refuses when the last thread is closed, since all share it. Opening takes effect at
 * the thread's next turn, if it has one; `listening` tells. */
void spop_server_close_thread(struct spop_server *s, unsigned thread);
void spop_server_open_thread(struct spop_server *s, unsigned thread);

/* Begins to leave: health checks fail from now on, so that HAProxy asks others; after `grace_ms`
 * nothing listens, and each connection gets DISCONNECT with status 0 behind its next answers, or
 * when it is quiet. A second call may only shorten the time. Drained: no connection is left. */
void spop_server_drain(struct spop_server *s, unsigned grace_ms);
bool spop_server_is_drained(const struct spop_server *s);

/* Drains without grace, waits for the threads, frees. Takes 3 s at most: -1 if a thread is stuck,
 * and nothing is freed then; it may be called again. */
int spop_server_stop(struct spop_server *s);

#endif
