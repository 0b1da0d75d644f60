/* SPDX-License-Identifier: Apache-2.0 */
/* Reads bytes that may be hostile. A read beyond the end, or of something that cannot be, makes the
 * cursor bad: it stands at its end then and gives zeros and empty views, so that a parser reads all
 * and asks once. Nothing is copied: views point into the input. */
#ifndef SPOE_CURSOR_H
#define SPOE_CURSOR_H

#include "spoe/spop.h"

struct spop_cursor {
    const uint8_t *p, *end;
    bool bad;
};

static inline struct spop_cursor spop_cursor(struct spop_bytes in)
{
    return (struct spop_cursor){in.p, in.n ? in.p + in.n : in.p, false};
}

static inline size_t spop_left(const struct spop_cursor *c)
{
    return (size_t)(c->end - c->p);
}

static inline void spop_spoil(struct spop_cursor *c)
{
    c->p = c->end;
    c->bad = true;
}

static inline uint8_t spop_read_u8(struct spop_cursor *c)
{
    if (c->p == c->end) {
        spop_spoil(c);
        return 0;
    }
    return *c->p++;
}

static inline struct spop_bytes spop_read_bytes(struct spop_cursor *c, uint64_t n)
{
    struct spop_bytes found = {c->p, (size_t)n};

    if (n > spop_left(c)) {
        spop_spoil(c);
        return (struct spop_bytes){c->end, 0};
    }
    c->p += n;
    return found;
}

static inline uint32_t spop_read_u32(struct spop_cursor *c) /* big endian */
{
    struct spop_bytes b = spop_read_bytes(c, 4);

    if (b.n != 4)
        return 0;
    return (uint32_t)b.p[0] << 24 | (uint32_t)b.p[1] << 16 | (uint32_t)b.p[2] << 8 | b.p[3];
}

struct spop_varint {
    uint64_t value;
    const uint8_t *end; /* NULL: bad */
};

/* Of any length. What does not fit into 64 bits is bad. The encoding is HAProxy's own ("peers"),
 * not LEB128. */
struct spop_varint spop_long_varint(const uint8_t *p, const uint8_t *end);

static inline uint64_t spop_read_varint(struct spop_cursor *c)
{
    struct spop_varint v;

    if (c->p != c->end && *c->p < 240)
        return *c->p++;
    v = spop_long_varint(c->p, c->end);
    if (v.end)
        c->p = v.end;
    else
        spop_spoil(c);
    return v.value;
}

/* Varint and so many bytes. */
static inline struct spop_bytes spop_read_string(struct spop_cursor *c)
{
    uint64_t n = spop_read_varint(c);

    return spop_read_bytes(c, n);
}

/* A negative number comes as 64 bits or, from others than HAProxy, as 32. */
static inline int64_t spop_read_int32(struct spop_cursor *c)
{
    uint64_t raw = spop_read_varint(c);
    int64_t value = (int64_t)raw;

    if (raw <= UINT32_MAX)
        return (int32_t)(uint32_t)raw;
    if (value >= INT32_MIN && value <= INT32_MAX)
        return value;
    spop_spoil(c);
    return 0;
}

static inline uint64_t spop_read_uint32(struct spop_cursor *c)
{
    uint64_t raw = spop_read_varint(c);

    if (raw <= UINT32_MAX)
        return raw;
    spop_spoil(c);
    return 0;
}

/* A typed value. A reserved type and a 32-bit number that does not fit are bad. */
static inline struct spop_value spop_read_value(struct spop_cursor *c)
{
    uint8_t head = spop_read_u8(c);
    struct spop_value v = {.type = (enum spop_type)(head & 15)};

    switch (head & 15) {
    case SPOP_NULL: break;
    case SPOP_BOOL: v.truth = (head & 16) != 0; break;
    case SPOP_INT32: v.number = spop_read_int32(c); break;
    case SPOP_UINT32: v.count = spop_read_uint32(c); break;
    case SPOP_INT64: v.number = (int64_t)spop_read_varint(c); break;
    case SPOP_UINT64: v.count = spop_read_varint(c); break;
    case SPOP_IPV4: v.bytes = spop_read_bytes(c, 4); break;
    case SPOP_IPV6: v.bytes = spop_read_bytes(c, 16); break;
    case SPOP_STRING:
    case SPOP_BINARY: v.bytes = spop_read_string(c); break;
    default: spop_spoil(c); break;
    }
    if (c->bad)
        v.type = SPOP_NULL;
    return v;
}

#endif
