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

/* What does not fit into 64 bits is bad. The encoding is HAProxy's own ("peers"), not LEB128. */
uint64_t spop_read_long_varint(struct spop_cursor *c);

static inline uint64_t spop_read_varint(struct spop_cursor *c)
{
    return c->p != c->end && *c->p < 240 ? *c->p++ : spop_read_long_varint(c);
}

/* Varint and so many bytes. */
static inline struct spop_bytes spop_read_string(struct spop_cursor *c)
{
    uint64_t n = spop_read_varint(c);

    return spop_read_bytes(c, n);
}

/* What follows the byte with the type. */
struct spop_value spop_read_value_of(struct spop_cursor *c, uint8_t head);

/* A typed value. A reserved type and a 32-bit number that does not fit are bad. */
static inline struct spop_value spop_read_value(struct spop_cursor *c)
{
    uint8_t head = spop_read_u8(c);

    if ((head & 15) == SPOP_STRING) {
        struct spop_value text = {SPOP_STRING, {.bytes = spop_read_string(c)}};

        return c->bad ? (struct spop_value){.type = SPOP_NULL} : text;
    }
    return spop_read_value_of(c, head);
}

#endif
