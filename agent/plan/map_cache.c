/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/map_cache.h"

#include "base/sorted.h"

#include <stdlib.h>
#include <string.h>

enum { GLOBAL_ENTRIES = 1000, IN_TURN = 2, EDITS_MAX = 10000 };

struct cached {
    struct arena arena; /* owns map, its texts, and its entries as read */
    struct have_map map;
    struct map_entry *edited; /* the entries since a command changed them; NULL: as read */
    size_t room, edits;
    bool stale, seen;
    bool followed;  /* the commands that are under way are known, and taken so far */
    bool uncounted; /* HAProxy's number of entries after them is to be learnt */
};

struct map_cache {
    struct cached **items; /* sorted by path */
    size_t count, turn;
    uint64_t versions; /* given so far */
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
    free(item->edited);
    free(item);
}

void map_cache_clear(struct map_cache *c)
{
    for (size_t i = 0; i < c->count; i++)
        cached_free(c->items[i]);
    free(c->items);
    *c = (struct map_cache){.versions = c->versions};
}

void map_cache_free(struct map_cache *c)
{
    if (c)
        map_cache_clear(c);
    free(c);
}

static int compare_path(const void *path, const void *item)
{
    return str_cmp(*(const struct str *)path, (*(struct cached *const *)item)->map.path);
}

static bool place(const struct map_cache *c, struct str path, size_t *at)
{
    *at = 0;
    return c->items && sorted_find(&path, c->items, c->count, sizeof *c->items, compare_path, at);
}

static struct cached *find(const struct map_cache *c, struct str path)
{
    size_t at;

    return place(c, path, &at) ? c->items[at] : NULL;
}

static struct cached *insert(struct map_cache *c, struct str path)
{
    struct cached **items, *item = calloc(1, sizeof *item);
    size_t at;

    (void)place(c, path, &at);
    items = realloc(c->items, (c->count + 1) * sizeof *items);
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
static void take(struct cached *item, const struct have_map *m, uint64_t version)
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
    item->map.version = version;
    arena_free(&old);
    free(item->edited);
    item->edited = NULL;
    item->edits = 0;
    item->stale = item->followed = item->uncounted = false;
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

static void count(struct cached *item, size_t entry_count)
{
    if (item->uncounted)
        item->map.entry_count = entry_count;
    else if (item->map.entry_count != entry_count)
        item->stale = true;
    item->uncounted = false;
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
            take(item, m, ++c->versions);
        else
            count(item, m->entry_count);
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

/* --- what becomes of it by our own commands --- */

void map_cache_sending(struct map_cache *c, struct str path)
{
    struct cached *item = find(c, path);

    if (!item)
        return;
    item->followed = item->followed || (!item->stale && item->edits < EDITS_MAX);
    item->stale = true;
}

/* Of a keyed map HAProxy's order tells only whose entry of a key is the first. */
static void edit(struct cached *item)
{
    struct have_map *m = &item->map;
    struct map_entry *more;

    item->edits++;
    if (item->edited && m->count < item->room)
        return;
    item->room = m->count * 2 + 16;
    more = malloc(item->room * sizeof *more);
    if (!more)
        abort();
    if (m->count)
        memcpy(more, m->by_key, m->count * sizeof *more);
    free(item->edited);
    item->edited = m->entries = more;
    m->by_key = more;
}

/* The first entry that is not before the key; with `behind`, that is behind it. */
static size_t place_of(const struct cached *item, struct str key, bool behind)
{
    size_t low = 0, high = item->map.count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(item->edited[middle].key, key);
        if (order < 0 || (behind && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_entry(struct cached *item, const struct map_entry *entry)
{
    size_t at = place_of(item, entry->key, true);

    memmove(&item->edited[at + 1], &item->edited[at],
            (item->map.count - at) * sizeof *item->edited);
    item->edited[at] = (struct map_entry){arena_str(&item->arena, entry->key),
                                          arena_str(&item->arena, entry->value)};
    item->map.count++;
}

static void set_entries(struct cached *item, const struct map_entry *entry)
{
    size_t end = place_of(item, entry->key, true);
    struct str value = arena_str(&item->arena, entry->value);

    for (size_t i = place_of(item, entry->key, false); i < end; i++)
        item->edited[i].value = value;
}

static void delete_entries(struct cached *item, const struct map_entry *entry)
{
    size_t first = place_of(item, entry->key, false), end = place_of(item, entry->key, true);

    memmove(&item->edited[first], &item->edited[end],
            (item->map.count - end) * sizeof *item->edited);
    item->map.count -= end - first;
}

void map_cache_note(struct map_cache *c, struct str path, enum reply_op kind,
                    const struct map_entry *entry, bool taken)
{
    struct cached *item = find(c, path);
    bool sure = taken && entry->key.n;

    if (!item || !item->followed)
        return;
    edit(item);
    item->map.version = ++c->versions;
    if (sure && kind == REPLY_ADD_MAP)
        add_entry(item, entry);
    else if (sure && kind == REPLY_SET_MAP)
        set_entries(item, entry);
    else if (sure && kind == REPLY_DEL_MAP)
        delete_entries(item, entry);
    else
        item->followed = false;
}

void map_cache_sent(struct map_cache *c, bool all)
{
    for (size_t i = 0; i < c->count; i++) {
        struct cached *item = c->items[i];
        if (item->followed && all) {
            item->stale = false;
            item->uncounted = true;
        }
        item->followed = false;
    }
}

size_t map_cache_count(const struct map_cache *c)
{
    return c->count;
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
