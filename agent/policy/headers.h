/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of a request in the form of HAProxy's `req.hdrs_bin`: length and bytes of name and
 * value, one header after the other, ended by an empty name with an empty value. A length is a
 * variable integer as SPOP has it (SPOE.txt 3.1). Names come in lower case. */
#ifndef THALASSA_POLICY_HEADERS_H
#define THALASSA_POLICY_HEADERS_H

#include "base/buf.h"

enum { HEADERS_LONG = 240 }; /* a first byte from here on does not hold the length alone */

/* The text at the front of `rest`, whose length has several bytes; a length that cannot be is
 * longer than the rest. */
struct str headers_long(struct str rest);

/* Take a text off the front of *rest; -1 when there is none. */
static inline int headers_text(struct str *rest, struct str *out)
{
    unsigned char first;

    if (rest->n == 0)
        return -1;
    first = (unsigned char)*rest->p;
    *out = (struct str){rest->p + 1, first};
    if (first >= HEADERS_LONG)
        *out = headers_long(*rest);
    if (out->n > rest->n - (size_t)(out->p - rest->p))
        return -1;
    rest->n -= (size_t)(out->p - rest->p) + out->n;
    rest->p = out->p + out->n;
    return 0;
}

/* Take the next header off the front of *rest. 1, 0 at the end, -1 when this is no such text.
 * Nothing at all is a list without headers. */
static inline int headers_next(struct str *rest, struct str *name, struct str *value)
{
    if (rest->n == 0)
        return 0;
    if (headers_text(rest, name) || headers_text(rest, value))
        return -1;
    if (name->n)
        return 1;
    rest->n = 0;
    return value->n ? -1 : 0;
}

/* Write a list: a header with the name in lower case; the end. */
void headers_add(struct buf *to, struct str name, struct str value);
void headers_end(struct buf *to);

#endif
