/* SPDX-License-Identifier: Apache-2.0 */
/* The words of HAProxy's Stream Processing Offload Protocol 2.0: views of bytes, typed values,
 * frame types, scopes, status codes. libspop knows nothing of what is decided with them. */
#ifndef SPOE_SPOP_H
#define SPOE_SPOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    SPOP_MIN_FRAME_BYTES = 256,       /* no peer may ask for less */
    SPOP_DEFAULT_FRAME_BYTES = 16380, /* what HAProxy announces with its default tune.bufsize */
    SPOP_MAX_FRAME_BYTES = 1 << 20,
    SPOP_PREFIX_BYTES = 4, /* the length before a frame, which it does not count */
    SPOP_VARINT_BYTES = 10 /* the longest */
};

/* A view: never owned, not ended by NUL. */
struct spop_bytes {
    const uint8_t *p;
    size_t n;
};

#define SPOP_BYTES(literal)                                                                        \
    ((struct spop_bytes){(const uint8_t *)("" literal), sizeof(literal) - 1})

static inline struct spop_bytes spop_bytes_z(const char *z)
{
    return (struct spop_bytes){(const uint8_t *)z, strlen(z)};
}

static inline bool spop_bytes_eq(struct spop_bytes a, struct spop_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

enum spop_type {
    SPOP_NULL = 0,
    SPOP_BOOL = 1,
    SPOP_INT32 = 2,
    SPOP_UINT32 = 3,
    SPOP_INT64 = 4, /* every integer that HAProxy sends */
    SPOP_UINT64 = 5,
    SPOP_IPV4 = 6,
    SPOP_IPV6 = 7,
    SPOP_STRING = 8,
    SPOP_BINARY = 9 /* 10 to 15 are reserved: their length is unknown */
};

/* `truth` for BOOL, `number` for INT32 and INT64, `count` for UINT32 and UINT64, `bytes` for STRING
 * and BINARY and for addresses, which are 4 or 16 bytes in network order. */
struct spop_value {
    enum spop_type type;
    union {
        bool truth;
        int64_t number;
        uint64_t count;
        struct spop_bytes bytes;
    };
};

enum spop_frame_type {
    SPOP_FRAME_UNSET = 0,
    SPOP_FRAME_HAPROXY_HELLO = 1,
    SPOP_FRAME_HAPROXY_DISCONNECT = 2,
    SPOP_FRAME_NOTIFY = 3,
    SPOP_FRAME_AGENT_HELLO = 101,
    SPOP_FRAME_AGENT_DISCONNECT = 102,
    SPOP_FRAME_ACK = 103
};

enum { SPOP_FIN = 1, SPOP_ABRT = 2 };

/* HAProxy builds the variable's name from it: `txn.PREFIX.NAME`, 64 bytes in all at most. */
enum spop_scope {
    SPOP_SCOPE_PROC = 0,
    SPOP_SCOPE_SESS = 1,
    SPOP_SCOPE_TXN = 2,
    SPOP_SCOPE_REQ = 3,
    SPOP_SCOPE_RES = 4
};

/* Status of a DISCONNECT and its text. */
#define SPOP_STATUSES(X)                                                                           \
    X(SPOP_NORMAL, 0, "normal")                                                                    \
    X(SPOP_IO, 1, "I/O error")                                                                     \
    X(SPOP_TIMEOUT, 2, "a timeout occurred")                                                       \
    X(SPOP_TOO_BIG, 3, "frame is too big")                                                         \
    X(SPOP_INVALID, 4, "invalid frame received")                                                   \
    X(SPOP_NO_VERSION, 5, "version value not found")                                               \
    X(SPOP_NO_FRAME_SIZE, 6, "max-frame-size value not found")                                     \
    X(SPOP_NO_CAPABILITIES, 7, "capabilities value not found")                                     \
    X(SPOP_BAD_VERSION, 8, "unsupported version")                                                  \
    X(SPOP_BAD_FRAME_SIZE, 9, "max-frame-size too big or too small")                               \
    X(SPOP_FRAGMENTED, 10, "fragmentation not supported")                                          \
    X(SPOP_INTERLACED, 11, "invalid interlaced frames")                                            \
    X(SPOP_NO_FRAME_ID, 12, "frame-id not found")                                                  \
    X(SPOP_RESOURCES, 13, "resource allocation error")                                             \
    X(SPOP_UNKNOWN, 99, "an unknown error occurred")

enum spop_status {
#define X(name, code, text) name = (code),
    SPOP_STATUSES(X)
#undef X
};

#endif
