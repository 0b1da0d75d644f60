/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/networks.h"

#include <stdlib.h>
#include <string.h>

static struct address_range range_of(const struct network *n)
{
    struct address_range r;
    unsigned bytes = n->v6 ? 16 : 4;

    memcpy(r.first, n->bytes, sizeof r.first);
    memcpy(r.last, n->bytes, sizeof r.last);
    for (unsigned i = n->bits / 8; i < bytes; i++) {
        unsigned free_bits = i == n->bits / 8 ? 0xffu >> (n->bits % 8) : 0xffu;
        r.last[i] = (unsigned char)(r.last[i] | free_bits);
    }
    return r;
}

static int by_first(const void *pa, const void *pb)
{
    const struct address_range *a = pa, *b = pb;
    int c = memcmp(a->first, b->first, sizeof a->first);

    return c ? c : memcmp(a->last, b->last, sizeof a->last);
}

/* Whether `next` is the address behind `last`. */
static bool follows(const unsigned char *last, const unsigned char *next, size_t bytes)
{
    unsigned char up[16];
    size_t i = bytes;

    memcpy(up, last, bytes);
    while (i && ++up[i - 1] == 0)
        i--;
    return i && memcmp(up, next, bytes) == 0;
}

static size_t merge(struct address_range *list, size_t count, size_t bytes)
{
    size_t kept = 0;

    if (count)
        qsort(list, count, sizeof *list, by_first);
    for (size_t i = 0; i < count; i++) {
        struct address_range *top = kept ? &list[kept - 1] : NULL;

        if (!top || (memcmp(list[i].first, top->last, bytes) > 0 &&
                     !follows(top->last, list[i].first, bytes)))
            list[kept++] = list[i];
        else if (memcmp(list[i].last, top->last, bytes) > 0)
            memcpy(top->last, list[i].last, sizeof top->last);
    }
    return kept;
}

struct networks networks_build(struct arena *a, const struct network *list, size_t count)
{
    struct networks n = {.v4 = ARENA_ARRAY(a, struct address_range, count),
                         .v6 = ARENA_ARRAY(a, struct address_range, count)};

    for (size_t i = 0; i < count; i++) {
        if (list[i].v6)
            n.v6[n.v6_count++] = range_of(&list[i]);
        else
            n.v4[n.v4_count++] = range_of(&list[i]);
    }
    n.v4_count = merge(n.v4, n.v4_count, 4);
    n.v6_count = merge(n.v6, n.v6_count, 16);
    return n;
}

bool networks_have(const struct networks *n, const struct network *address)
{
    const struct address_range *list = address->v6 ? n->v6 : n->v4;
    size_t low = 0, high = address->v6 ? n->v6_count : n->v4_count;
    size_t bytes = address->v6 ? 16 : 4;

    while (low < high) { /* the last range that starts at or before the address is low - 1 */
        size_t mid = low + (high - low) / 2;
        if (memcmp(list[mid].first, address->bytes, bytes) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low && memcmp(address->bytes, list[low - 1].last, bytes) <= 0;
}
