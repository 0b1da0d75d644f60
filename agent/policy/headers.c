/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/headers.h"

struct str headers_long(struct str rest)
{
    uint64_t n = (unsigned char)rest.p[0];
    unsigned char byte;
    size_t at = 1;

    for (unsigned shift = 4; shift <= 32 && at < rest.n; shift += 7) {
        byte = (unsigned char)rest.p[at++];
        n += (uint64_t)byte << shift;
        if (byte < 128)
            return (struct str){rest.p + at, (size_t)n};
    }
    return (struct str){rest.p, SIZE_MAX};
}

static void add_length(struct buf *to, size_t n)
{
    if (n < HEADERS_LONG) {
        buf_add_char(to, (char)n);
        return;
    }
    buf_add_char(to, (char)((n & 15) | HEADERS_LONG));
    for (n = (n - HEADERS_LONG) >> 4; n >= 128; n = (n - 128) >> 7)
        buf_add_char(to, (char)((n & 127) | 128));
    buf_add_char(to, (char)n);
}

void headers_add(struct buf *to, struct str name, struct str value)
{
    add_length(to, name.n);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        buf_add_char(to, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
    }
    add_length(to, value.n);
    buf_add_str(to, value);
}

void headers_end(struct buf *to)
{
    buf_add(to, "\0\0", 2);
}
