/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MIN_BYTES = 1024, BLOCK_BYTES = 4096, BLOCK_MAX_BYTES = 1 << 20, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(ALIGN) char data[];
};

void arena_init(struct arena *a)
{
    *a = ARENA_INIT;
}

void arena_free(struct arena *a)
{
    struct arena_block *b = a->blocks;

    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
    *a = ARENA_INIT;
}

/* Behind the block that `a` still fills. */
void arena_adopt(struct arena *a, struct arena *from)
{
    struct arena_block **at = a->blocks ? &a->blocks->next : &a->blocks;
    struct arena_block *behind = *at;

    *at = from->blocks;
    while (*at)
        at = &(*at)->next;
    *at = behind;
    a->total_bytes += from->total_bytes;
    *from = ARENA_INIT;
}

static struct arena_block *block_new(struct arena *a, size_t n)
{
    /* they grow with the arena: a small one costs little, a large snapshot has few of them */
    bool small = a->total_bytes < BLOCK_BYTES;
    size_t least = small ? BLOCK_MIN_BYTES : BLOCK_BYTES;
    size_t size = small ? a->total_bytes : a->total_bytes / 4;
    struct arena_block *b;

    if (size < least)
        size = least;
    if (size > BLOCK_MAX_BYTES)
        size = BLOCK_MAX_BYTES;
    if (size < n)
        size = n;
    b = malloc(sizeof *b + size);
    if (!b)
        abort();
    b->used = 0;
    b->size = size;
    b->next = a->blocks;
    a->blocks = b;
    a->total_bytes += size;
    return b;
}

/* n bytes, not cleared, at a multiple of `align` (a power of two, at most ALIGN). */
static void *take(struct arena *a, size_t n, size_t align)
{
    struct arena_block *b = a->blocks;
    size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;

    if (n > SIZE_MAX / 2)
        abort();
    if (!b || at > b->size || b->size - at < n) {
        b = block_new(a, n);
        at = 0;
    }
    b->used = at + n;
    return b->data + at;
}

void *arena_room(struct arena *a, size_t n)
{
    return take(a, n, ALIGN);
}

void *arena_alloc(struct arena *a, size_t n)
{
    return memset(take(a, n, ALIGN), 0, n);
}

struct str arena_str(struct arena *a, struct str s)
{
    char *p = take(a, s.n + 1, 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return (struct str){p, s.n};
}

struct str arena_str_once(struct arena *a, struct arena_texts *seen, struct str s)
{
    struct str *kept = &seen->kept[hash_str(s) % (sizeof seen->kept / sizeof *seen->kept)];

    if (!kept->p || !str_eq(*kept, s))
        *kept = arena_str(a, s);
    return *kept;
}

struct str arena_str_lower(struct arena *a, struct str s)
{
    char *p = take(a, s.n + 1, 1);

    p[s.n] = 0;
    for (size_t i = 0; i < s.n; i++)
        p[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
    return (struct str){p, s.n};
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
    va_list ap, again;
    char *p = NULL;
    int n;

    va_start(ap, format);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (n < 0)
        abort();
    p = take(a, (size_t)n + 1, 1);
    (void)vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return (struct str){p, (size_t)n};
}

void *arena_grow(struct arena *a, void *items, size_t count, size_t size)
{
    void *bigger;

    if (count & (count - 1) || (count && count < 4))
        return items; /* room is left up to the next power of two, from 4 */
    bigger = arena_alloc(a, (count ? count * 2 : 4) * size);
    if (count)
        memcpy(bigger, items, count * size);
    return bigger;
}
