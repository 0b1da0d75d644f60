/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/out.h"

void spop_put_u32(struct spop_out *o, uint32_t value)
{
    uint8_t b[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                    (uint8_t)value};

    spop_put_bytes(o, (struct spop_bytes){b, sizeof b});
}

void spop_put_long_varint(struct spop_out *o, uint64_t value)
{
    uint8_t b[SPOP_VARINT_BYTES];
    size_t n = 0;

    b[n++] = (uint8_t)(value | 240);
    value = (value - 240) >> 4;
    while (value >= 128) {
        b[n++] = (uint8_t)(value | 128);
        value = (value - 128) >> 7;
    }
    b[n++] = (uint8_t)value;
    spop_put_bytes(o, (struct spop_bytes){b, n});
}

static void put_address(struct spop_out *o, const struct spop_value *value, size_t n)
{
    if (value->bytes.n != n) {
        spop_put_u8(o, SPOP_NULL);
        return;
    }
    spop_put_u8(o, (uint8_t)value->type);
    spop_put_bytes(o, value->bytes);
}

void spop_put_value(struct spop_out *o, const struct spop_value *value)
{
    switch (value->type) {
    case SPOP_NULL: spop_put_u8(o, SPOP_NULL); break;
    case SPOP_BOOL: spop_put_u8(o, (uint8_t)(SPOP_BOOL | (value->truth ? 16 : 0))); break;
    case SPOP_INT32:
    case SPOP_INT64:
        spop_put_u8(o, (uint8_t)value->type);
        spop_put_varint(o, (uint64_t)value->number);
        break;
    case SPOP_UINT32:
    case SPOP_UINT64:
        spop_put_u8(o, (uint8_t)value->type);
        spop_put_varint(o, value->count);
        break;
    case SPOP_IPV4: put_address(o, value, 4); break;
    case SPOP_IPV6: put_address(o, value, 16); break;
    case SPOP_STRING:
    case SPOP_BINARY:
        spop_put_u8(o, (uint8_t)value->type);
        spop_put_string(o, value->bytes);
        break;
    }
}
