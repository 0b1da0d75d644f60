/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/map_cache.h"

#include <stdlib.h>

enum { GLOBAL_ENTRIES = 1000, IN_TURN = 2 };

struct cached {
    struct arena arena; /* owns map and its entries */
    struct have_map map;
    bool stale, seen;
};

struct map_cache {
    struct cached **items; /* sorted by path */
    size_t count, turn;
};

struct map_cache *map_cache_new(void)
{
    struct map_cache *c = calloc(1, sizeof *c);

    if (!c)
        abort();
    return c;
}

static void cached_free(struct cached *item)
{
    arena_free(&item->arena);
    free(item);
}

void map_cache_clear(struct map_cache *c)
{
    for (size_t i = 0; i < c->count; i++)
        cached_free(c->items[i]);
    free(c->items);
    *c = (struct map_cache){0};
}

void map_cache_free(struct map_cache *c)
{
    if (c)
        map_cache_clear(c);
    free(c);
}

static size_t lower_bound(const struct map_cache *c, struct str path)
{
    size_t low = 0, high = c->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (str_cmp(c->items[middle]->map.path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct cached *find(const struct map_cache *c, struct str path)
{
    size_t at = lower_bound(c, path);

    return at < c->count && str_eq(c->items[at]->map.path, path) ? c->items[at] : NULL;
}

static struct cached *insert(struct map_cache *c, struct str path)
{
    size_t at = lower_bound(c, path);
    struct cached **items = realloc(c->items, (c->count + 1) * sizeof *items);
    struct cached *item = calloc(1, sizeof *item);

    if (!items || !item)
        abort();
    for (size_t i = c->count; i > at; i--)
        items[i] = items[i - 1];
    items[at] = item;
    c->items = items;
    c->count++;
    item->map.path = arena_str(&item->arena, path);
    item->stale = true;
    return item;
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct map_entry *)a)->key, ((const struct map_entry *)b)->key);
}

/* Once here, and not in every plan. */
static void sort(struct cached *item)
{
    struct have_map *m = &item->map;
    struct map_entry *sorted = ARENA_ARRAY(&item->arena, struct map_entry, m->count);

    for (size_t i = 0; i < m->count; i++)
        sorted[i] = m->entries[i];
    if (m->count)
        qsort(sorted, m->count, sizeof *sorted, by_key);
    m->by_key = sorted;
}

/* HAProxy's own number of entries is kept to be compared with the next one: it may be another than
 * that of the entries (2.6 to 3.4 count one twice that was added by a command). */
static void take(struct cached *item, const struct have_map *m)
{
    struct arena old = item->arena;

    arena_init(&item->arena);
    item->map = (struct have_map){.path = arena_str(&item->arena, m->path),
                                  .entry_count = m->entry_count,
                                  .read = true,
                                  .count = m->count};
    item->map.entries = ARENA_ARRAY(&item->arena, struct map_entry, m->count);
    for (size_t i = 0; i < m->count; i++) {
        item->map.entries[i].key = arena_str(&item->arena, m->entries[i].key);
        item->map.entries[i].value = arena_str(&item->arena, m->entries[i].value);
    }
    sort(item);
    arena_free(&old);
    item->stale = false;
}

static void drop_unseen(struct map_cache *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i]->seen)
            c->items[kept++] = c->items[i];
        else
            cached_free(c->items[i]);
    }
    c->count = kept;
}

void map_cache_update(struct map_cache *c, const struct have *have)
{
    for (size_t i = 0; i < c->count; i++)
        c->items[i]->seen = false;
    for (size_t i = 0; i < have->map_count; i++) {
        const struct have_map *m = &have->maps[i];
        struct cached *item = find(c, m->path);
        if (!item)
            item = insert(c, m->path);
        item->seen = true;
        if (m->read)
            take(item, m);
        else if (item->map.entry_count != m->entry_count)
            item->stale = true;
    }
    drop_unseen(c);
}

const struct have_map *map_cache_find(const struct map_cache *c, struct str path)
{
    const struct cached *item = find(c, path);

    return item && !item->stale ? &item->map : NULL;
}

bool map_cache_exists(const struct map_cache *c, struct str path)
{
    return find(c, path) != NULL;
}

void map_cache_stale(struct map_cache *c, struct str path)
{
    struct cached *item = find(c, path);

    if (item)
        item->stale = true;
}

/* "default.map", not "web.path_beg.a.map": one for all frontends, small, and where a wrong entry
 * hurts at once. */
static bool is_global(const struct cached *item)
{
    struct str name = item->map.path;
    size_t dots = 0;

    for (size_t i = name.n; i > 0 && name.p[i - 1] != '/'; i--)
        dots += name.p[i - 1] == '.';
    return dots == 1 && item->map.entry_count <= GLOBAL_ENTRIES;
}

size_t map_cache_due(struct map_cache *c, struct str prefix, enum map_cache_which which,
                     struct arena *a, struct str *paths, size_t max)
{
    bool more = which == MAP_CACHE_IN_TURN;
    size_t n = 0;

    for (size_t i = 0; i < c->count && n < max; i++) {
        struct cached *item = c->items[i];
        if ((item->stale || (more && is_global(item))) && str_starts(item->map.path, prefix))
            paths[n++] = arena_str(a, item->map.path);
    }
    for (size_t tried = 0, taken = 0; more && n < max && tried < c->count && taken < IN_TURN;
         tried++) {
        const struct cached *item = c->items[c->turn++ % c->count];
        if (item->stale || is_global(item) || !str_starts(item->map.path, prefix))
            continue;
        paths[n++] = arena_str(a, item->map.path);
        taken++;
    }
    return n;
}
