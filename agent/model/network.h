/* SPDX-License-Identifier: Apache-2.0 */
/* An IPv4 or IPv6 network as an operator writes it: "10.0.0.0/8", "2001:db8::/32", or an address
 * alone. IPv4 that is mapped into IPv6 (::ffff:10.0.0.1) is IPv4 here, as in HAProxy's `src`. */
#ifndef THALASSA_MODEL_NETWORK_H
#define THALASSA_MODEL_NETWORK_H

#include "base/arena.h"

#include <stdbool.h>

struct network {
    bool v6;
    unsigned bits;           /* 0..32 or 0..128 */
    unsigned char bytes[16]; /* network order, 0 behind the prefix; IPv4 uses the first four */
};

/* 0, or -1 when it is none. Bits behind the prefix are cleared. */
int network_parse(struct str text, struct network *out);
/* An address alone: a network of 32 or 128 bits. */
int network_parse_address(struct str text, struct network *out);
/* From the bytes of an address in network order, 4 or 16 of them; another length is -1. */
int network_from_bytes(struct str bytes, struct network *out);

/* As HAProxy writes it, "/BITS" behind it unless it is one address. */
struct str network_text(struct arena *a, const struct network *n);

/* Order by family, bytes, bits: for sorting. */
int network_cmp(const void *a, const void *b);

#endif
