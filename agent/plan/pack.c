/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pack.h"

enum { NUMBER_BYTES = 10 };

static size_t encode(unsigned char *out, uint64_t n)
{
    size_t size = 0;

    for (; n > 0x7f; n >>= 7)
        out[size++] = (unsigned char)(n | 0x80);
    out[size++] = (unsigned char)n;
    return size;
}

void pack_number(struct buf *out, uint64_t n)
{
    unsigned char bytes[NUMBER_BYTES];

    buf_add(out, bytes, encode(bytes, n));
}

int unpack_number(struct str *rest, uint64_t *n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < rest->n && i < NUMBER_BYTES; i++) {
        unsigned char c = (unsigned char)rest->p[i];
        if (i == NUMBER_BYTES - 1 && c > 1)
            return -1;
        value |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c & 0x80)
            continue;
        *n = value;
        *rest = (struct str){rest->p + i + 1, rest->n - i - 1};
        return 0;
    }
    return -1;
}

void pack_text(struct buf *out, struct str text)
{
    pack_number(out, text.n);
    buf_add_str(out, text);
}

int unpack_text(struct str *rest, struct str *text)
{
    uint64_t n;

    if (unpack_number(rest, &n) || n > rest->n)
        return -1;
    *text = (struct str){rest->p, (size_t)n};
    *rest = (struct str){rest->p + n, rest->n - (size_t)n};
    return 0;
}

/* Small numbers of either sign become small ones: 0, -1, 1, -2 are 0, 1, 2, 3. */
static uint64_t fold(uint64_t difference)
{
    return difference << 1 ^ (difference >> 63 ? UINT64_MAX : 0);
}

static uint64_t unfold(uint64_t folded)
{
    return folded >> 1 ^ (folded & 1 ? UINT64_MAX : 0);
}

void pack_values(struct buf *out, const uint64_t *before, const uint64_t *now, size_t count)
{
    unsigned char bytes[NUMBER_BYTES * (PACK_VALUES_MAX + 1)];
    uint64_t mask = 0;
    size_t n;

    if (count > PACK_VALUES_MAX)
        count = PACK_VALUES_MAX;
    for (size_t i = 0; i < count; i++)
        mask |= (uint64_t)(before[i] != now[i]) << i;
    n = encode(bytes, mask);
    for (size_t i = 0; mask && i < count; i++) {
        if (mask >> i & 1)
            n += encode(bytes + n, fold(now[i] - before[i]));
    }
    buf_add(out, bytes, n);
}

int unpack_values(struct str *rest, uint64_t *values, size_t count)
{
    uint64_t mask, folded;

    if (unpack_number(rest, &mask) || (count < PACK_VALUES_MAX && mask >> count))
        return -1;
    for (size_t i = 0; i < count && i < PACK_VALUES_MAX; i++) {
        if (!(mask >> i & 1))
            continue;
        if (unpack_number(rest, &folded))
            return -1;
        values[i] += unfold(folded);
    }
    return 0;
}
