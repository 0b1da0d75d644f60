/* SPDX-License-Identifier: Apache-2.0 */
/* The records. The choice is in proxies_choose.c. */
#include "plan/proxies.h"

#include <stdlib.h>
#include <string.h>

struct proxies {
    struct proxy_record **items; /* sorted by proxy */
    size_t count, dirty;
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
    free(p);
}

static size_t lower_bound(const struct proxies *p, struct str proxy)
{
    size_t low = 0, high = p->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (str_cmp(p->items[middle]->proxy, proxy) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct proxy_record *find(const struct proxies *p, struct str proxy)
{
    size_t at = lower_bound(p, proxy);

    return at < p->count && str_eq(p->items[at]->proxy, proxy) ? p->items[at] : NULL;
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

static void mark(struct proxies *p, struct proxy_record *r)
{
    p->dirty += !r->dirty;
    r->dirty = true;
}

static struct proxy_record *touch(struct proxies *p, struct str proxy)
{
    size_t at = lower_bound(p, proxy);
    struct proxy_record *r;

    if (at == p->count || !str_eq(p->items[at]->proxy, proxy)) {
        p->items = realloc(p->items, (p->count + 1) * sizeof(struct proxy_record *));
        r = calloc(1, sizeof *r);
        if (!p->items || !r)
            abort();
        memmove(&p->items[at + 1], &p->items[at], (p->count - at) * sizeof(struct proxy_record *));
        p->items[at] = r;
        p->count++;
        r->proxy = copy(proxy);
        r->backend = copy(STR(""));
        r->profile = copy(STR(""));
    }
    mark(p, p->items[at]);
    return p->items[at];
}

static void set_text(struct str *place, struct str value)
{
    struct str old = *place;

    *place = copy(value);
    text_free(old);
}

void proxies_note(struct proxies *p, struct str proxy, struct str backend, struct str profile)
{
    struct proxy_record *r = find(p, proxy);

    if (r && !r->gone && !r->stuck && str_eq(r->backend, backend) && str_eq(r->profile, profile))
        return;
    r = touch(p, proxy);
    set_text(&r->backend, backend);
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
    size_t kept = 0;

    if (!p->dirty)
        return;
    for (size_t i = 0; i < p->count; i++) {
        struct proxy_record *r = p->items[i];
        if (r->dirty)
            visit(ctx, r);
        r->dirty = false;
        if (r->gone)
            record_free(r);
        else
            p->items[kept++] = r;
    }
    p->count = kept;
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
    find(p, proxy)->dirty = false;
    p->dirty--;
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
