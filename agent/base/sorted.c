/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sorted.h"

bool sorted_find(const void *key, const void *items, size_t count, size_t size,
                 int (*compare)(const void *key, const void *item), size_t *at)
{
    const char *first = items;
    size_t low = 0, high = count;
    bool found = false;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(key, first + middle * size);
        found = found || order == 0;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return found;
}
