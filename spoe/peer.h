/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: its descriptor, its session, and what could not be handled or sent yet. Reads
 * once and writes once per call, decides no time and knows no loop: the caller waits for what is
 * wanted. While output waits nothing is read, so that a peer that does not read can make us hold no
 * more than one buffer each way. */
#ifndef SPOE_PEER_H
#define SPOE_PEER_H

#include "spoe/ack.h"
#include "spoe/counters.h"
#include "spoe/session.h"

enum spop_want { SPOP_WANT_READ, SPOP_WANT_WRITE, SPOP_WANT_CLOSE };

/* In ms; each is far above what a working HAProxy needs. */
struct spop_patience {
    unsigned hello_ms; /* from the connection to HELLO */
    unsigned frame_ms; /* from the first byte of a frame to its last */
    unsigned idle_ms;  /* from one frame to the next */
    unsigned write_ms; /* until the peer has read what it was sent */
};

/* What the connections of one thread share. */
struct spop_work {
    uint8_t *in, *out; /* for one call: read into, answered in */
    size_t in_size, out_size;
    size_t held_bytes, max_held_bytes; /* of all connections */
    uint32_t max_frame_bytes;
    bool refuses_checks, leaving; /* leaving: a connection ends with its next answers */
    int64_t now_ms;
    struct spop_patience patience;
    struct spop_counters *counters;
    void (*on_notify)(void *ctx, const struct spop_notify *notify, struct spop_ack *ack);
    void *ctx;
};

struct spop_held {
    uint8_t *p;
    size_t at, n, size; /* bytes `at` to `n` are held */
};

struct spop_peer {
    int fd;
    struct spop_session session;
    struct spop_held in, out;
    bool shut;          /* our side is closed: what comes is thrown away until the peer closes */
    int64_t heard_ms;   /* the last whole frame, or the connection's begin */
    int64_t begun_ms;   /* 0, or since when a frame is incomplete */
    int64_t blocked_ms; /* 0, or since when output waits */
    int64_t shut_ms;
};

/* The buffers of a thread. 0, or -1 without memory. */
int spop_work_init(struct spop_work *w);
void spop_work_fini(struct spop_work *w);

void spop_peer_init(struct spop_peer *p, int fd, const struct spop_work *w);
void spop_peer_fini(struct spop_peer *p, struct spop_work *w); /* the descriptor is the caller's */

enum spop_want spop_peer_read(struct spop_peer *p, struct spop_work *w);
enum spop_want spop_peer_write(struct spop_peer *p, struct spop_work *w);

/* To be called now and then: a peer that let a deadline pass is told why, if it can be, and one
 * that is quiet is told that we leave. */
enum spop_want spop_peer_age(struct spop_peer *p, struct spop_work *w);

#endif
