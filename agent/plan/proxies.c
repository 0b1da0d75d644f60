/* SPDX-License-Identifier: Apache-2.0 */
/* The records. The choice is in proxies_choose.c. */
#include "plan/proxies.h"

#include "base/sorted.h"

#include <stdlib.h>
#include <string.h>

struct proxies {
    struct proxy_record **items;      /* sorted by proxy */
    struct proxy_record **by_backend; /* the same, sorted by backend, then proxy */
    struct proxy_record **listed;     /* dirty ones, each once, in no order */
    size_t count, dirty;              /* of items and by_backend; of listed */
    size_t room;                      /* of each list */
};

static struct str copy(struct str s)
{
    char *p = malloc(s.n + 1);

    if (!p)
        abort();
    return (struct str){str_copy(p, s.n + 1, s), s.n};
}

static void text_free(struct str s)
{
    free((char *)(uintptr_t)s.p);
}

static void record_free(struct proxy_record *r)
{
    text_free(r->proxy);
    text_free(r->backend);
    text_free(r->profile);
    free(r);
}

struct proxies *proxies_new(void)
{
    struct proxies *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    return p;
}

void proxies_free(struct proxies *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->count; i++)
        record_free(p->items[i]);
    free(p->items);
    free(p->by_backend);
    free(p->listed);
    free(p);
}

static int compare_proxy(const void *proxy, const void *item)
{
    return str_cmp(*(const struct str *)proxy, (*(struct proxy_record *const *)item)->proxy);
}

static size_t place(const struct proxies *p, struct str proxy)
{
    size_t at;

    (void)sorted_find(&proxy, p->items, p->count, sizeof *p->items, compare_proxy, &at);
    return at;
}

static struct proxy_record *find(const struct proxies *p, struct str proxy)
{
    size_t at;

    return sorted_find(&proxy, p->items, p->count, sizeof *p->items, compare_proxy, &at)
               ? p->items[at]
               : NULL;
}

const struct proxy_record *proxies_find(const struct proxies *p, struct str proxy)
{
    const struct proxy_record *r = find(p, proxy);

    return r && !r->gone ? r : NULL;
}

struct str proxies_backend(const struct proxies *p, struct str proxy)
{
    const struct proxy_record *r = proxies_find(p, proxy);

    return r ? r->backend : proxy;
}

const struct proxy_record *proxies_at(const struct proxies *p, size_t i)
{
    return i < p->count ? p->items[i] : NULL;
}

static int compare_backend(const void *key, const void *item)
{
    const struct proxy_record *wanted = key, *r = *(struct proxy_record *const *)item;
    int c = str_cmp(wanted->backend, r->backend);

    return c ? c : str_cmp(wanted->proxy, r->proxy);
}

/* Where the record is, or belongs. */
static size_t place_by_backend(const struct proxies *p, struct str backend, struct str proxy)
{
    struct proxy_record wanted = {.backend = backend, .proxy = proxy};
    size_t at;

    (void)sorted_find(&wanted, p->by_backend, p->count, sizeof *p->by_backend, compare_backend,
                      &at);
    return at;
}

const struct proxy_record *const *proxies_of(const struct proxies *p, struct str backend,
                                             size_t *count)
{
    size_t first = place_by_backend(p, backend, STR("")), end = first;

    while (end < p->count && str_eq(p->by_backend[end]->backend, backend))
        end++;
    *count = end - first;
    return (const struct proxy_record *const *)p->by_backend + first;
}

static void mark(struct proxies *p, struct proxy_record *r)
{
    if (!r->dirty)
        p->listed[p->dirty++] = r;
    r->dirty = true;
}

static struct proxy_record **enlarged(struct proxy_record **list, size_t room)
{
    struct proxy_record **more = realloc(list, room * sizeof(struct proxy_record *));

    if (!more)
        abort();
    return more;
}

static void make_room(struct proxies *p)
{
    if (p->count < p->room)
        return;
    p->room = p->room ? p->room * 2 : 16;
    p->items = enlarged(p->items, p->room);
    p->by_backend = enlarged(p->by_backend, p->room);
    p->listed = enlarged(p->listed, p->room);
}

static void put_in(struct proxy_record **list, size_t count, size_t at, struct proxy_record *r)
{
    memmove(&list[at + 1], &list[at], (count - at) * sizeof(struct proxy_record *));
    list[at] = r;
}

static void take_out(struct proxy_record **list, size_t count, size_t at)
{
    memmove(&list[at], &list[at + 1], (count - at - 1) * sizeof(struct proxy_record *));
}

static struct proxy_record *add(struct proxies *p, struct str proxy)
{
    struct proxy_record *r = calloc(1, sizeof *r);

    if (!r)
        abort();
    make_room(p);
    r->proxy = copy(proxy);
    r->backend = copy(STR(""));
    r->profile = copy(STR(""));
    put_in(p->items, p->count, place(p, proxy), r);
    put_in(p->by_backend, p->count, place_by_backend(p, r->backend, proxy), r);
    p->count++;
    return r;
}

static void drop(struct proxies *p, struct proxy_record *r)
{
    take_out(p->items, p->count, place(p, r->proxy));
    take_out(p->by_backend, p->count, place_by_backend(p, r->backend, r->proxy));
    p->count--;
    record_free(r);
}

static void set_text(struct str *place, struct str value)
{
    struct str old = *place;

    *place = copy(value);
    text_free(old);
}

static void give_to(struct proxies *p, struct proxy_record *r, struct str backend)
{
    take_out(p->by_backend, p->count, place_by_backend(p, r->backend, r->proxy));
    p->count--;
    set_text(&r->backend, backend);
    put_in(p->by_backend, p->count, place_by_backend(p, r->backend, r->proxy), r);
    p->count++;
}

void proxies_note(struct proxies *p, struct str proxy, struct str backend, struct str profile)
{
    struct proxy_record *r = find(p, proxy);

    if (r && !r->gone && !r->stuck && str_eq(r->backend, backend) && str_eq(r->profile, profile))
        return;
    if (!r)
        r = add(p, proxy);
    mark(p, r);
    give_to(p, r, backend);
    set_text(&r->profile, profile);
    r->stuck = r->gone = false;
}

void proxies_note_stuck(struct proxies *p, struct str proxy)
{
    struct proxy_record *r = find(p, proxy);

    if (!r || r->gone || r->stuck)
        return;
    r->stuck = true;
    mark(p, r);
}

void proxies_forget(struct proxies *p, struct str proxy)
{
    struct proxy_record *r = find(p, proxy);

    if (!r || r->gone)
        return;
    r->gone = true;
    mark(p, r);
}

bool proxies_are_dirty(const struct proxies *p)
{
    return p->dirty > 0;
}

void proxies_each_dirty(struct proxies *p, void (*visit)(void *ctx, const struct proxy_record *r),
                        void *ctx)
{
    for (size_t i = 0; i < p->dirty; i++) {
        struct proxy_record *r = p->listed[i];
        visit(ctx, r);
        r->dirty = false;
        if (r->gone)
            drop(p, r);
    }
    p->dirty = 0;
}

void proxies_put(struct json_out *o, const struct proxy_record *r)
{
    json_open_object(o, NULL);
    json_put_str(o, "proxy", r->proxy);
    json_put_str(o, "backend", r->backend);
    json_put_str(o, "profile", r->profile);
    json_put_bool(o, "stuck", r->stuck);
    json_close_object(o);
}

/* It is stored as it is. */
static void unmark(struct proxies *p, struct proxy_record *r)
{
    size_t at = 0;

    while (at < p->dirty && p->listed[at] != r)
        at++;
    if (at < p->dirty)
        p->listed[at] = p->listed[--p->dirty];
    r->dirty = false;
}

int proxies_load(struct proxies *p, const struct json *o, struct err *e)
{
    struct arena a = ARENA_INIT;
    struct str proxy = STR(""), backend = STR(""), profile = STR("");
    bool stuck = false;
    int rc = -1;

    if (read_str(o, "proxy", &a, &proxy, e) || read_str(o, "backend", &a, &backend, e) ||
        read_str(o, "profile", &a, &profile, e) || read_bool(o, "stuck", &stuck, e))
        goto out;
    if (proxy.n == 0 || backend.n == 0) {
        err_set(e, ERR_INVALID, "a record without the names of proxy and backend");
        goto out;
    }
    proxies_note(p, proxy, backend, profile);
    find(p, proxy)->stuck = stuck;
    unmark(p, find(p, proxy));
    rc = 0;
out:
    arena_free(&a);
    return rc;
}

void proxies_rebase(struct proxies *p, const struct have *have, const struct proxy_facts *facts)
{
    struct arena a = ARENA_INIT;
    struct str_list backends = {0};

    for (size_t i = 0; i < p->count; i++) {
        struct proxy_record *r = p->items[i];
        if (r->gone)
            continue;
        *ARENA_PUSH(&a, backends.items, backends.count) = arena_str(&a, r->backend);
        r->gone = true;
        mark(p, r);
    }
    for (size_t i = 0; i < backends.count; i++) {
        struct str name = backends.items[i];
        const struct proxy_section *section = proxy_facts_plain(facts, name);
        if (section && have_find_backend(have, name))
            proxies_note(p, name, name, section->profile);
    }
    arena_free(&a);
}
