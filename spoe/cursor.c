/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/cursor.h"

uint64_t spop_read_long_varint(struct spop_cursor *c)
{
    uint64_t value = spop_read_u8(c), group;
    unsigned shift = 4;

    if (value < 240)
        return value;
    do {
        group = spop_read_u8(c);
        if (shift > 60 || group << shift >> shift != group ||
            __builtin_add_overflow(value, group << shift, &value))
            spop_spoil(c);
        shift += 7;
    } while (group >= 128 && !c->bad);
    return c->bad ? 0 : value;
}

/* A negative number comes as 64 bits or, from others than HAProxy, as 32. */
static int64_t read_int32(struct spop_cursor *c)
{
    uint64_t raw = spop_read_varint(c);
    int64_t value = (int64_t)raw;

    if (raw <= UINT32_MAX)
        return (int32_t)(uint32_t)raw;
    if (value < INT32_MIN || value > INT32_MAX) {
        spop_spoil(c);
        return 0;
    }
    return value;
}

static uint64_t read_uint32(struct spop_cursor *c)
{
    uint64_t raw = spop_read_varint(c);

    if (raw > UINT32_MAX) {
        spop_spoil(c);
        return 0;
    }
    return raw;
}

struct spop_value spop_read_value_of(struct spop_cursor *c, uint8_t head)
{
    struct spop_value v = {.type = SPOP_NULL};

    switch (head & 15) {
    case SPOP_NULL: break;
    case SPOP_BOOL: v.truth = (head & 16) != 0; break;
    case SPOP_INT32: v.number = read_int32(c); break;
    case SPOP_UINT32: v.count = read_uint32(c); break;
    case SPOP_INT64: v.number = (int64_t)spop_read_varint(c); break;
    case SPOP_UINT64: v.count = spop_read_varint(c); break;
    case SPOP_IPV4: v.bytes = spop_read_bytes(c, 4); break;
    case SPOP_IPV6: v.bytes = spop_read_bytes(c, 16); break;
    case SPOP_STRING:
    case SPOP_BINARY: v.bytes = spop_read_string(c); break;
    default: spop_spoil(c); break;
    }
    if (c->bad)
        return (struct spop_value){.type = SPOP_NULL};
    v.type = (enum spop_type)(head & 15);
    return v;
}
