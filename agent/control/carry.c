/* SPDX-License-Identifier: Apache-2.0 */
#include "control/carry.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
    return str_cmp((*(const struct map_entry *const *)a)->key,
                   (*(const struct map_entry *const *)b)->key);
}

/* HAProxy's order is that of insertion. */
static const struct map_entry **sorted(struct arena *a, const struct have_map *map, size_t *count)
{
    const struct map_entry **list;

    *count = map && map->read ? map->count : 0;
    list = ARENA_ARRAY(a, const struct map_entry *, *count);
    for (size_t i = 0; i < *count; i++)
        list[i] = &map->entries[i];
    if (*count)
        qsort(list, *count, sizeof *list, by_key);
    return list;
}

void carry_names(struct arena *a, const struct desired *d, const struct have_map *proxies,
                 struct renames *out)
{
    struct rename *items = ARENA_ARRAY(a, struct rename, d->backend_count);
    const struct map_entry **entries;
    size_t count;

    entries = sorted(a, proxies, &count);
    for (size_t i = 0; i < d->backend_count; i++) {
        const struct desired_backend *b = &d->backends[i];
        const struct map_entry key = {.key = b->object->name}, *p = &key, *const *found = NULL;

        if (count)
            found = bsearch(&p, entries, count, sizeof p, by_key);
        items[i] = (struct rename){found ? (*found)->value : b->proxy, b->object->name};
    }
    rename_all(a, items, d->backend_count, out);
}

static void replace(struct buf *text, struct buf *with)
{
    buf_reset(text);
    buf_add_str(text, buf_str(with));
    buf_reset(with);
}

void carry_over(const struct renames *names, struct buf *state, struct buf *stats)
{
    struct buf renamed;
    struct arena a = ARENA_INIT;
    struct str before;

    if (names->count == 0)
        return;
    before = arena_str(&a, buf_str(state));
    buf_init(&renamed, state->n * 3 + 4096);
    rename_state(names, before, &renamed);
    replace(state, &renamed);
    buf_free(&renamed);
    buf_init(&renamed, stats->n * 3 + 4096);
    rename_stats(names, before, buf_str(stats), &renamed);
    replace(stats, &renamed);
    buf_free(&renamed);
    arena_free(&a);
}
