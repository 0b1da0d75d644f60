/* SPDX-License-Identifier: Apache-2.0 */
/* A set of texts in which a request's texts are looked up: names of headers that policies look at,
 * methods, the texts of "in". Most that come are none of them, and most differ in length. */
#ifndef THALASSA_POLICY_NAMES_H
#define THALASSA_POLICY_NAMES_H

#include "base/str.h"

struct names {
    struct str *items; /* shorter ones first, then in byte order; each once */
    size_t count;
    uint64_t marks; /* a bit for each item, by length and first byte */
};

#define NAMES_NONE SIZE_MAX

/* The order of items. */
static inline int names_cmp(struct str a, struct str b)
{
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

/* Take `count` texts in any order; `items` is kept and sorted. */
struct names names_make(struct str *items, size_t count);

/* names_find without a look at the marks. */
size_t names_search(const struct names *n, struct str name);

static inline uint64_t names_mark(struct str name)
{
    return UINT64_C(1) << ((name.n * 9 + (name.n ? (unsigned char)name.p[0] : 0)) & 63);
}

/* Index of the item, or NAMES_NONE. */
static inline size_t names_find(const struct names *n, struct str name)
{
    return n->marks & names_mark(name) ? names_search(n, name) : NAMES_NONE;
}

#endif
