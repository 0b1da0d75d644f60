/* SPDX-License-Identifier: Apache-2.0 */
/* A list of networks as sorted ranges of addresses that do not touch: a search by halves. */
#ifndef THALASSA_POLICY_NETWORKS_H
#define THALASSA_POLICY_NETWORKS_H

#include "model/network.h"

struct address_range {
    unsigned char first[16], last[16]; /* IPv4 uses the first four bytes */
};

struct networks {
    struct address_range *v4, *v6;
    size_t v4_count, v6_count;
};

struct networks networks_build(struct arena *a, const struct network *list, size_t count);

/* `address` is a network of one address. */
bool networks_have(const struct networks *n, const struct network *address);

#endif
