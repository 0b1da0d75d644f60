/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up in sorted arrays into which more is put. */
#ifndef THALASSA_BASE_SORTED_H
#define THALASSA_BASE_SORTED_H

#include <stdbool.h>
#include <stddef.h>

/* As bsearch, of which a place is wanted as well: `items` are `count` of `size` bytes, in the order
 * of compare(key, item). True: *at is the first one equal to the key. False: *at is where it
 * belongs. */
bool sorted_find(const void *key, const void *items, size_t count, size_t size,
                 int (*compare)(const void *key, const void *item), size_t *at);

#endif
