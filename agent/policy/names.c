/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/names.h"

#include <stdlib.h>

static int by_order(const void *a, const void *b)
{
    return names_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct names names_make(struct str *items, size_t count)
{
    struct names n = {items, 0, 0};

    if (count)
        qsort(items, count, sizeof *items, by_order);
    for (size_t i = 0; i < count; i++) {
        if (n.count && str_eq(items[n.count - 1], items[i]))
            continue;
        items[n.count++] = items[i];
        n.marks |= names_mark(items[i]);
    }
    return n;
}

size_t names_search(const struct names *n, struct str name)
{
    size_t low = 0, high = n->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = names_cmp(n->items[mid], name);

        if (c == 0)
            return mid;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NAMES_NONE;
}
