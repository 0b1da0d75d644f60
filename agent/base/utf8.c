/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/* Bytes that a first byte announces; 0 for what cannot be one. */
static size_t announced(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2)
        return 0;
    if (first < 0xe0)
        return 2;
    if (first < 0xf0)
        return 3;
    return first < 0xf5 ? 4 : 0;
}

size_t utf8_length(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t want = announced(p[0]);

    if (want == 0 || want > s.n)
        return 0;
    for (size_t i = 1; i < want; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return want;
}

size_t utf8_valid(struct str s)
{
    size_t i = 0, step;

    while (i < s.n && (step = utf8_length((struct str){s.p + i, s.n - i})) > 0)
        i += step;
    return i;
}
