/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "model/names.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    char *backend;
    struct pool *pool;
    bool keep, changed;
};

struct service {
    char *name;
    struct service_read *read; /* NULL: none yet */
    struct evidence evidence;  /* of that reading, or what was restored */
    bool keep;
};

struct catalog {
    struct catalog_options options;
    struct entry *entries; /* sorted by backend */
    size_t entry_count;
    struct service *services; /* sorted by name */
    size_t service_count;
    struct arena name_arena;
    struct name_table names;
};

static char *text_copy(struct str s)
{
    char *z = malloc(s.n + 1);

    if (!z)
        abort();
    return str_copy(z, s.n + 1, s);
}

static void *grow(void *items, size_t count, size_t size)
{
    items = realloc(items, (count + 1) * size);
    if (!items)
        abort();
    return items;
}

static int compare_entry(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->backend, ((const struct entry *)b)->backend);
}

static int compare_service(const void *a, const void *b)
{
    return strcmp(((const struct service *)a)->name, ((const struct service *)b)->name);
}

static int find_entry(const void *key, const void *e)
{
    return str_cmp(*(const struct str *)key, str_z(((const struct entry *)e)->backend));
}

static int find_service(const void *key, const void *s)
{
    return str_cmp(*(const struct str *)key, str_z(((const struct service *)s)->name));
}

static struct entry *entry_find(const struct catalog *c, struct str backend)
{
    if (!c->entry_count)
        return NULL;
    return bsearch(&backend, c->entries, c->entry_count, sizeof *c->entries, find_entry);
}

static struct service *service_find(const struct catalog *c, struct str name)
{
    if (!c->service_count)
        return NULL;
    return bsearch(&name, c->services, c->service_count, sizeof *c->services, find_service);
}

struct catalog *catalog_new(const struct catalog_options *options)
{
    struct catalog *c = calloc(1, sizeof *c);

    if (!c)
        abort();
    c->options = *options;
    return c;
}

static void entry_fini(struct entry *e)
{
    pool_free(e->pool);
    free(e->backend);
}

static void service_fini(struct service *s)
{
    service_read_unref(s->read);
    free(s->name);
}

void catalog_free(struct catalog *c)
{
    for (size_t i = 0; i < c->entry_count; i++)
        entry_fini(&c->entries[i]);
    for (size_t i = 0; i < c->service_count; i++)
        service_fini(&c->services[i]);
    free(c->entries);
    free(c->services);
    arena_free(&c->name_arena);
    free(c);
}

/* Told at the end, so that a callback sees the catalog whole. */
static void tell_changes(struct catalog *c)
{
    for (size_t i = 0; i < c->entry_count; i++) {
        struct entry *e = &c->entries[i];
        if (!e->changed)
            continue;
        e->changed = false;
        c->options.on_pool(c->options.ctx, str_z(e->backend));
    }
}

static struct service *service_want(struct catalog *c, struct str name)
{
    struct service *s = service_find(c, name);

    if (s)
        return s;
    c->services = grow(c->services, c->service_count, sizeof *c->services);
    c->services[c->service_count++] = (struct service){.name = text_copy(name)};
    qsort(c->services, c->service_count, sizeof *c->services, compare_service);
    return service_find(c, name);
}

/* The last reading, for a pool that was not there when it came: it has nobody to lose. */
static void feed_last(struct catalog *c, struct entry *e)
{
    const struct service *s = service_find(c, pool_service(e->pool));

    if (s && s->read)
        e->changed |= pool_read(e->pool, s->read, &c->names, &s->evidence);
}

static void subscribe(struct catalog *c, const struct subscription *sub)
{
    struct entry *e = entry_find(c, sub->backend);

    service_want(c, sub->service)->keep = true;
    if (e) {
        e->keep = true;
        if (!pool_subscribe(e->pool, sub->service, sub->version))
            return;
        e->changed = true;
        feed_last(c, e);
        return;
    }
    c->entries = grow(c->entries, c->entry_count, sizeof *c->entries);
    c->entries[c->entry_count++] = (struct entry){
        .backend = text_copy(sub->backend),
        .pool = pool_new(&c->options.pool, sub->service, sub->version),
        .keep = true,
    };
    feed_last(c, &c->entries[c->entry_count - 1]);
    qsort(c->entries, c->entry_count, sizeof *c->entries, compare_entry);
}

static void sweep(struct catalog *c)
{
    size_t entries = 0, services = 0;

    for (size_t i = 0; i < c->entry_count; i++) {
        if (c->entries[i].keep)
            c->entries[entries++] = c->entries[i];
        else
            entry_fini(&c->entries[i]);
    }
    for (size_t i = 0; i < c->service_count; i++) {
        if (c->services[i].keep)
            c->services[services++] = c->services[i];
        else
            service_fini(&c->services[i]);
    }
    c->entry_count = entries;
    c->service_count = services;
}

void catalog_set_subscriptions(struct catalog *c, const struct subscription *subs, size_t count)
{
    for (size_t i = 0; i < c->entry_count; i++)
        c->entries[i].keep = false;
    for (size_t i = 0; i < c->service_count; i++)
        c->services[i].keep = false;
    for (size_t i = 0; i < count; i++)
        subscribe(c, &subs[i]);
    sweep(c);
    tell_changes(c);
}

struct catalog_service *catalog_services(const struct catalog *c, struct arena *a, size_t *count)
{
    struct catalog_service *out = ARENA_ARRAY(a, struct catalog_service, c->service_count);

    for (size_t i = 0; i < c->service_count; i++)
        out[i] = (struct catalog_service){str_z(c->services[i].name), c->services[i].evidence.index,
                                          c->services[i].evidence.server};
    *count = c->service_count;
    return out;
}

bool catalog_read(struct catalog *c, struct service_read *read, const struct evidence *evidence)
{
    struct service *s = service_find(c, read->service);
    bool confirm = false;

    if (!s)
        return false;
    service_read_ref(read);
    service_read_unref(s->read);
    s->read = read;
    s->evidence = *evidence;
    for (size_t i = 0; i < c->entry_count; i++) {
        struct entry *e = &c->entries[i];
        if (!str_eq(pool_service(e->pool), read->service))
            continue;
        e->changed |= pool_read(e->pool, read, &c->names, evidence);
        confirm |= pool_wants_confirm(e->pool);
    }
    tell_changes(c);
    return confirm;
}

static int compare_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void add_hosts(struct arena *a, struct str_list *list, const struct pool_state *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct str host = s->items[i].candidate.member.host;
        if (host_is_name(host) && !address_is_literal(host))
            *ARENA_PUSH(a, list->items, list->count) = arena_str(a, host);
    }
}

struct str_list catalog_hosts(const struct catalog *c, struct arena *a)
{
    struct str_list list = {NULL, 0};
    size_t kept = 0;

    for (size_t i = 0; i < c->entry_count; i++)
        add_hosts(a, &list, pool_state(c->entries[i].pool));
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, compare_text);
    for (size_t i = 0; i < list.count; i++)
        if (!kept || !str_eq(list.items[kept - 1], list.items[i]))
            list.items[kept++] = list.items[i];
    list.count = kept;
    return list;
}

void catalog_set_names(struct catalog *c, const struct name_table *names)
{
    struct arena a = ARENA_INIT;
    struct resolved *items = ARENA_ARRAY(&a, struct resolved, names->count);

    for (size_t i = 0; i < names->count; i++)
        items[i] = (struct resolved){arena_str(&a, names->items[i].host),
                                     arena_str(&a, names->items[i].address),
                                     arena_str(&a, names->items[i].problem)};
    arena_free(&c->name_arena);
    c->name_arena = a;
    c->names = (struct name_table){items, names->count};
    for (size_t i = 0; i < c->entry_count; i++)
        c->entries[i].changed |= pool_resolve(c->entries[i].pool, &c->names);
    tell_changes(c);
}

struct pool_view *catalog_view(const struct catalog *c, struct str backend)
{
    const struct entry *e = entry_find(c, backend);

    return e ? pool_view(e->pool) : NULL;
}

const struct member_list *catalog_members(const struct catalog *c, struct str backend)
{
    static const struct member_list nobody = {NULL, 0};
    const struct pool_view *v = catalog_view(c, backend);

    return v ? &v->members : &nobody;
}

struct pool_view *catalog_each(const struct catalog *c, size_t i, struct str *backend)
{
    if (i >= c->entry_count)
        return NULL;
    *backend = str_z(c->entries[i].backend);
    return pool_view(c->entries[i].pool);
}

size_t catalog_accept(struct catalog *c, struct str backend)
{
    struct entry *e = entry_find(c, backend);
    size_t removed = e ? pool_accept(e->pool) : 0;

    if (removed) {
        e->changed = true;
        tell_changes(c);
    }
    return removed;
}

const struct service_read *catalog_last_read(const struct catalog *c, struct str service)
{
    const struct service *s = service_find(c, service);

    return s ? s->read : NULL;
}

int64_t catalog_version_passing(const struct catalog *c, struct str service, struct str version)
{
    const struct service_read *r = catalog_last_read(c, service);
    int64_t passing = 0;

    if (!r)
        return -1;
    for (size_t i = 0; i < r->count; i++)
        passing += r->items[i].status == MEMBER_PASSING && str_eq(r->items[i].version, version);
    return passing;
}

void catalog_export(const struct catalog *c, struct str backend, struct json_out *o,
                    const char *key)
{
    const struct entry *e = entry_find(c, backend);

    if (!e) {
        json_put_null(o, key);
        return;
    }
    const struct service *s = service_find(c, pool_service(e->pool));
    json_open_object(o, key);
    pool_export(e->pool, o, "pool");
    json_put_int(o, "index", (int64_t)s->evidence.index);
    json_put_z(o, "server", s->evidence.server);
    json_close_object(o);
}

int catalog_import(struct catalog *c, struct str backend, const struct json *o, struct err *e)
{
    struct entry *entry = entry_find(c, backend);
    const struct json *pool = json_get(o, "pool");
    uint64_t index = 0;
    struct str server = STR_NONE;
    struct arena scratch = ARENA_INIT;
    int result = -1;

    if (!entry)
        return 0;
    if (read_uint(o, "index", 0, INT64_MAX, &index, e) ||
        read_str(o, "server", &scratch, &server, e))
        goto out;
    if (!pool)
        err_field(e, "pool", "missing");
    else
        result = pool_import(entry->pool, pool, e);
    struct service *s = service_find(c, pool_service(entry->pool));
    if (!result && pool_state(entry->pool)->known && !s->read) {
        s->evidence.index = index;
        str_copy(s->evidence.server, sizeof s->evidence.server, server);
    }
out:
    arena_free(&scratch);
    return result ? err_wrap(e, "backend " STR_FMT, STR_ARG(backend)) : 0;
}
