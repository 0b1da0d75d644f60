/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/cursor.h"

struct spop_varint spop_long_varint(const uint8_t *p, const uint8_t *end)
{
    const struct spop_varint bad = {0, NULL};
    uint64_t value, group;
    unsigned shift = 4;

    if (p == end)
        return bad;
    value = *p++;
    if (value < 240)
        return (struct spop_varint){value, p};
    do {
        if (p == end)
            return bad;
        group = *p++;
        if (shift > 60 || group << shift >> shift != group ||
            __builtin_add_overflow(value, group << shift, &value))
            return bad;
        shift += 7;
    } while (group >= 128);
    return (struct spop_varint){value, p};
}
