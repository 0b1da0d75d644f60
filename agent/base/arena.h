/* SPDX-License-Identifier: Apache-2.0 */
/* An arena owns everything of one snapshot: allocate, never free one by one, free all at once.
 * Out of memory ends the process, so sizes from outside are bounded before they come here. */
#ifndef THALASSA_BASE_ARENA_H
#define THALASSA_BASE_ARENA_H

#include "base/str.h"

#include <stdarg.h>

struct arena_block;
struct arena {
    struct arena_block *blocks;
    size_t total_bytes;
};

#define ARENA_INIT ((struct arena){NULL, 0})

void arena_init(struct arena *a);
void arena_free(struct arena *a); /* leaves an empty arena */
void arena_adopt(struct arena *a,
                 struct arena *from); /* what `from` owns is a's; it is empty then */

void *arena_alloc(struct arena *a, size_t n);              /* zeroed, aligned for any type */
struct str arena_str(struct arena *a, struct str s);       /* copy, NUL behind */
struct str arena_str_lower(struct arena *a, struct str s); /* ASCII letters lowered */
struct str arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Texts of which many are the same, such as versions and addresses: one that was copied into the
 * arena lately is given again. `seen` starts as {0} and goes with one arena. */
struct arena_texts {
    struct str kept[64];
};
struct str arena_str_once(struct arena *a, struct arena_texts *seen, struct str s);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
/* Not zeroed: for a large array of which each item is written before it is read. */
void *arena_room(struct arena *a, size_t n);
#define ARENA_ROOM(a, type, count) ((type *)arena_room((a), sizeof(type) * (count)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (count)))

/* Append to a growing array inside an arena: capacity doubles, the old copy is left behind.
 * ARENA_PUSH(a, items, count) yields an lvalue slot pointer of the items' type. `count` is a
 * size_t; capacity is derived from it (powers of two), so only push through this macro. */
#define ARENA_PUSH(a, items, count)                                                                \
    ((items) = arena_grow((a), (items), (count), sizeof *(items)), &(items)[(count)++])
void *arena_grow(struct arena *a, void *items, size_t count, size_t size);

#endif
