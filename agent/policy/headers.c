/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/headers.h"

enum { FIRST_MAX = 240 };

/* What is behind the first byte, of which `*n` is the value. */
static int read_long_length(struct str *rest, size_t *n)
{
    uint64_t v = *n;
    unsigned shift = 4;
    unsigned char byte;

    do {
        if (rest->n == 0 || shift > 32)
            return -1;
        byte = (unsigned char)*rest->p++;
        rest->n--;
        v += (uint64_t)byte << shift;
        shift += 7;
    } while (byte >= 128);
    *n = (size_t)v;
    return 0;
}

static inline int read_text(struct str *rest, struct str *out)
{
    size_t n;

    if (rest->n == 0)
        return -1;
    n = (unsigned char)*rest->p++;
    rest->n--;
    if ((n >= FIRST_MAX && read_long_length(rest, &n)) || n > rest->n)
        return -1;
    *out = (struct str){rest->p, n};
    rest->p += n;
    rest->n -= n;
    return 0;
}

int headers_next(struct str *rest, struct str *name, struct str *value)
{
    if (rest->n == 0)
        return 0;
    if (read_text(rest, name) || read_text(rest, value))
        return -1;
    if (name->n)
        return 1;
    rest->n = 0;
    return value->n ? -1 : 0;
}

static void add_length(struct buf *to, size_t n)
{
    if (n < FIRST_MAX) {
        buf_add_char(to, (char)n);
        return;
    }
    buf_add_char(to, (char)((n & 15) | FIRST_MAX));
    for (n = (n - FIRST_MAX) >> 4; n >= 128; n = (n - 128) >> 7)
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
