/* SPDX-License-Identifier: Apache-2.0 */
#include "render/maps.h"

#include "render/quote.h"
#include "render/rules.h"

#include <stdlib.h>

enum { FILE_BYTES = 64 * 1024 * 1024 };

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct map_entry *)a)->key, ((const struct map_entry *)b)->key);
}

static void add(struct map_file *map, struct str key, struct str value)
{
    map->entries[map->count++] = (struct map_entry){key, value};
}

static void sort(struct map_file *map)
{
    size_t ordered = 1;

    while (ordered < map->count && by_key(&map->entries[ordered - 1], &map->entries[ordered]) <= 0)
        ordered++;
    if (ordered < map->count)
        qsort(map->entries, map->count, sizeof *map->entries, by_key);
}

static struct map_file new_map(struct arena *a, const char *name, size_t room)
{
    return (struct map_file){.name = arena_printf(a, "maps/%s.map", name),
                             .entries = ARENA_ROOM(a, struct map_entry, room)};
}

static struct map_file default_map(struct arena *a, const struct desired *d)
{
    struct map_file map = new_map(a, "default", d->frontend_count);

    for (size_t i = 0; i < d->frontend_count; i++)
        add(&map, d->frontends[i]->name, d->frontends[i]->backend);
    sort(&map);
    return map;
}

static struct str proxy_of(const struct desired_backend *b, bool own_name)
{
    return own_name || b->proxy.n == 0 ? b->object->name : b->proxy;
}

static struct map_file proxies_map(struct arena *a, const struct desired *d, bool own_name)
{
    struct map_file map = new_map(a, "proxies", d->backend_count);

    for (size_t i = 0; i < d->backend_count; i++)
        add(&map, d->backends[i].object->name, proxy_of(&d->backends[i], own_name));
    return map; /* in the order of names already */
}

/* Own names are in the order of the objects. */
static void sort_by_proxy(struct map_file *map, const struct desired *d, bool own_name)
{
    if (!own_name && !d->at_rest)
        sort(map);
}

static void add_host(struct map_file *map, const struct desired_backend *b, bool own_name)
{
    if (b->object->host.n)
        add(map, proxy_of(b, own_name), b->object->host);
}

/* By proxy: those that only hold until another one serves have theirs, too, at runtime. */
static struct map_file host_map(struct arena *a, const struct desired *d, bool own_name)
{
    struct map_file map = new_map(a, "host", d->backend_count + d->holder_count);

    for (size_t i = 0; i < d->backend_count; i++)
        add_host(&map, &d->backends[i], own_name);
    for (size_t i = 0; !own_name && i < d->holder_count; i++)
        add_host(&map, &d->holders[i], false);
    sort_by_proxy(&map, d, own_name);
    return map;
}

static void add_uri(struct map_file *map, const struct desired_backend *b, bool own_name)
{
    const struct health *h = &b->object->health;

    if (h->set && h->uri.n)
        add(map, proxy_of(b, own_name), h->uri);
}

static struct map_file uri_map(struct arena *a, const struct desired *d, bool own_name)
{
    struct map_file map = new_map(a, "uri", d->backend_count + d->holder_count);

    for (size_t i = 0; i < d->backend_count; i++)
        add_uri(&map, &d->backends[i], own_name);
    for (size_t i = 0; !own_name && i < d->holder_count; i++)
        add_uri(&map, &d->holders[i], false);
    sort_by_proxy(&map, d, own_name);
    return map;
}

/* One of share 0 says nothing. */
static struct map_file splits_map(struct arena *a, const struct desired *d)
{
    struct map_file map = new_map(a, "splits", d->split_count);

    for (size_t i = 0; i < d->split_count; i++) {
        if (d->splits[i]->share)
            add(&map, d->splits[i]->backend, split_entry(a, d->splits[i]));
    }
    return map;
}

static struct map_file policy_map(struct arena *a, const char *name, const struct map_file *entries)
{
    struct map_file map = new_map(a, name, entries->count);

    for (size_t i = 0; i < entries->count; i++)
        add(&map, entries->entries[i].key, entries->entries[i].value);
    sort(&map);
    return map;
}

/* In the order of commands that add: what is named before what names it. */
static struct map_file *build(struct arena *a, const struct desired *d, bool own_name,
                              size_t *count)
{
    struct map_file *maps = ARENA_ARRAY(a, struct map_file, 7);

    maps[0] = default_map(a, d);
    maps[1] = host_map(a, d, own_name);
    maps[2] = policy_map(a, "policy-lines", &d->policy_lines);
    maps[3] = policy_map(a, "policies", &d->policy_names);
    maps[4] = proxies_map(a, d, own_name);
    maps[5] = splits_map(a, d);
    maps[6] = uri_map(a, d, own_name);
    *count = 7;
    return maps;
}

void maps_build(struct desired *d)
{
    d->maps = build(&d->arena, d, false, &d->map_count);
}

static bool same_text(struct str a, struct str b)
{
    return (a.p == b.p && a.n == b.n) || str_eq(a, b); /* most are the same object's */
}

static bool same_map(const struct map_file *a, const struct map_file *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!same_text(a->entries[i].key, b->entries[i].key) ||
            !same_text(a->entries[i].value, b->entries[i].value))
            return false;
    }
    return true;
}

bool maps_equal(const struct desired *a, const struct desired *b)
{
    if (a->map_count != b->map_count)
        return false;
    for (size_t i = 0; i < a->map_count; i++) {
        if (!same_map(&a->maps[i], &b->maps[i]))
            return false;
    }
    return true;
}

struct str maps_rule_file(struct arena *a, struct str kind, char set)
{
    return arena_printf(a, "maps/" STR_FMT ".%c.map", STR_ARG(kind), set);
}

struct str maps_rank_file(struct arena *a, struct str frontend)
{
    return arena_printf(a, "maps/" STR_FMT ".rank.map", STR_ARG(frontend));
}

char maps_active(const struct active_set *sets, size_t count, struct str frontend)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(sets[i].frontend, frontend))
            return sets[i].set == 'b' ? 'b' : 'a';
    }
    return 'a';
}

/* The rank in decimal, raised, written into `digits`; anything else as it is. */
static struct str raise_rank(struct str text, unsigned offset, struct buf *digits)
{
    uint64_t rank;

    if (str_u64(text, &rank))
        return text;
    buf_reset(digits);
    buf_printf(digits, "%llu", (unsigned long long)rank + offset);
    return buf_str(digits);
}

int maps_text(struct buf *to, const struct map_file *map, enum maps_ranks ranks, unsigned offset,
              struct err *e)
{
    struct buf digits;
    int rc = 0;

    buf_init(&digits, 32);
    for (size_t i = 0; i < map->count && rc == 0; i++) {
        struct str key = map->entries[i].key, value = map->entries[i].value;

        if (ranks == MAPS_RANK_KEYS)
            key = raise_rank(key, offset, &digits);
        else if (ranks == MAPS_RANK_VALUES)
            value = raise_rank(value, offset, &digits);
        rc = quote_map_line(to, key, value, e);
    }
    buf_free(&digits);
    if (rc == 0 && buf_failed(to))
        rc = err_set(e, ERR_TOO_LARGE, "a map of more than %d bytes", FILE_BYTES);
    return rc ? err_wrap(e, STR_FMT, STR_ARG(map->name)) : 0;
}

struct writer {
    struct arena *a;
    struct file_list *files;
    struct err *e;
};

static int put(struct writer *w, struct str name, const struct map_file *map, enum maps_ranks ranks,
               unsigned offset)
{
    struct buf text;
    int rc;

    buf_init(&text, FILE_BYTES);
    rc = maps_text(&text, map, ranks, offset, w->e);
    if (rc == 0) {
        struct file_text file = {name, arena_str(w->a, buf_str(&text))};
        *ARENA_PUSH(w->a, w->files->items, w->files->count) = file;
    }
    buf_free(&text);
    return rc;
}

static int put_rules(struct writer *w, const struct ruleset *r, char active)
{
    unsigned offset = active == 'b' ? RULES_SET_B : 0;
    const struct map_file empty = {.name = STR("empty")};

    for (size_t i = 0; i < r->kind_count; i++) {
        const struct map_file *kind = &r->kinds[i];
        const struct map_file *in_a = active == 'a' ? kind : &empty;
        const struct map_file *in_b = active == 'b' ? kind : &empty;

        if (put(w, maps_rule_file(w->a, kind->name, 'a'), in_a, MAPS_RANK_VALUES, offset) ||
            put(w, maps_rule_file(w->a, kind->name, 'b'), in_b, MAPS_RANK_VALUES, offset))
            return -1;
    }
    return put(w, maps_rank_file(w->a, r->frontend), &r->ranks, MAPS_RANK_KEYS, offset);
}

static struct map_file active_map(struct arena *a, const struct desired *d,
                                  const struct active_set *sets, size_t set_count)
{
    struct map_file map = new_map(a, "active", d->ruleset_count);

    for (size_t i = 0; i < d->ruleset_count; i++) {
        struct str frontend = d->rulesets[i].frontend;
        bool b = maps_active(sets, set_count, frontend) == 'b';
        add(&map, frontend, b ? STR("b") : STR("a"));
    }
    sort(&map);
    return map;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct file_text *)a)->name, ((const struct file_text *)b)->name);
}

/* Frontend "web" with header "path" and frontend "web.hdr_dom" would share a file. */
static int check_names(const struct file_list *files, struct err *e)
{
    for (size_t i = 1; i < files->count; i++) {
        if (str_eq(files->items[i - 1].name, files->items[i].name))
            return err_set(e, ERR_CONFLICT, "two frontends need the same file " STR_FMT,
                           STR_ARG(files->items[i].name));
    }
    return 0;
}

int maps_files(struct arena *a, const struct desired *d, const struct active_set *sets,
               size_t set_count, struct file_list *out, struct err *e)
{
    struct writer w = {a, out, e};
    size_t count;
    struct map_file *maps = build(a, d, true, &count);
    struct map_file active = active_map(a, d, sets, set_count);

    *out = (struct file_list){0};
    if (put(&w, active.name, &active, MAPS_NO_RANKS, 0))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (put(&w, maps[i].name, &maps[i], MAPS_NO_RANKS, 0))
            return -1;
    }
    for (size_t i = 0; i < d->ruleset_count; i++) {
        const struct ruleset *r = &d->rulesets[i];
        if (put_rules(&w, r, maps_active(sets, set_count, r->frontend)))
            return -1;
    }
    qsort(out->items, out->count, sizeof *out->items, by_name);
    return check_names(out, e);
}
