/* SPDX-License-Identifier: Apache-2.0 */
/* Writes into memory of a fixed size. What does not fit makes it full, and nothing more is written:
 * a builder writes all, asks once, and goes back to where it began. */
#ifndef SPOE_OUT_H
#define SPOE_OUT_H

#include "spoe/spop.h"

struct spop_out {
    uint8_t *p;
    size_t n, size;
    bool full;
};

static inline size_t spop_room(const struct spop_out *o)
{
    return o->full ? 0 : o->size - o->n;
}

/* Back to `n` bytes; no longer full. */
static inline void spop_out_back(struct spop_out *o, size_t n)
{
    o->n = n;
    o->full = false;
}

static inline void spop_put_u8(struct spop_out *o, uint8_t value)
{
    if (spop_room(o) == 0)
        o->full = true;
    else
        o->p[o->n++] = value;
}

static inline void spop_put_bytes(struct spop_out *o, struct spop_bytes bytes)
{
    if (bytes.n > spop_room(o)) {
        o->full = true;
    } else if (bytes.n) {
        memcpy(o->p + o->n, bytes.p, bytes.n);
        o->n += bytes.n;
    }
}

void spop_put_u32(struct spop_out *o, uint32_t value); /* big endian */
void spop_put_long_varint(struct spop_out *o, uint64_t value);

static inline void spop_put_varint(struct spop_out *o, uint64_t value)
{
    if (value < 240)
        spop_put_u8(o, (uint8_t)value);
    else
        spop_put_long_varint(o, value);
}

/* Varint and bytes. */
static inline void spop_put_string(struct spop_out *o, struct spop_bytes text)
{
    spop_put_varint(o, text.n);
    spop_put_bytes(o, text);
}

/* An address whose bytes are not 4 or 16 is written as NULL, which takes the variable back. */
void spop_put_value(struct spop_out *o, const struct spop_value *value);

#endif
