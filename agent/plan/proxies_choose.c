/* SPDX-License-Identifier: Apache-2.0 */
/* The choice: keep the proxy that serves, go on with one that is being prepared, take the backend's
 * own name, make a generation, take a spare, or tell why only a reload helps. Level-triggered: the
 * same world gives the same choice. */
#include "base/sorted.h"
#include "plan/ledger.h"
#include "plan/proxies.h"

#include <stdlib.h>

static int compare_section(const void *name, const void *section)
{
    return str_cmp(*(const struct str *)name, ((const struct proxy_section *)section)->name);
}

static bool find_plain(const struct proxy_facts *f, struct str name, size_t *at)
{
    return sorted_find(&name, f->plain, f->plain_count, sizeof *f->plain, compare_section, at);
}

const struct proxy_section *proxy_facts_plain(const struct proxy_facts *f, struct str name)
{
    size_t at;

    return find_plain(f, name, &at) ? &f->plain[at] : NULL;
}

const struct profile_state *proxy_facts_profile(const struct proxy_facts *f, struct str name)
{
    for (size_t i = 0; i < f->profile_count; i++) { /* some dozens */
        if (str_eq(f->profiles[i].name, name))
            return &f->profiles[i];
    }
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool has_text(const struct str *sorted, size_t count, struct str text)
{
    return count && bsearch(&text, sorted, count, sizeof text, by_text);
}

bool proxy_facts_is_taken(const struct proxy_facts *f, struct str name)
{
    return has_text(f->taken, f->taken_count, name);
}

struct chooser {
    const struct proxies_input *in;
    struct arena *a;
    struct desired_backend *backends;
    size_t count;
    const struct map_entry *map; /* sorted by backend */
    size_t mapped_count;
    bool *given; /* of the plain sections: to a backend before this one */
};

static int by_key(const void *pa, const void *pb)
{
    return str_cmp(((const struct map_entry *)pa)->key, ((const struct map_entry *)pb)->key);
}

static void index_map(struct chooser *c)
{
    const struct have_map *m = c->in->map;

    if (!m)
        return;
    c->mapped_count = m->count;
    c->map = m->by_key;
    if (!c->map && m->count) {
        struct map_entry *sorted = ARENA_ARRAY(c->a, struct map_entry, m->count);
        for (size_t i = 0; i < m->count; i++)
            sorted[i] = m->entries[i];
        qsort(sorted, m->count, sizeof *sorted, by_key);
        c->map = sorted;
    }
}

static bool is_mapped(const struct chooser *c, struct str proxy)
{
    for (size_t i = 0; i < c->mapped_count; i++) {
        if (str_eq(c->map[i].value, proxy))
            return true;
    }
    return false;
}

static bool is_object(const struct chooser *c, struct str name)
{
    return desired_find(c->backends, c->count, name) != NULL;
}

static bool exists(const struct chooser *c, struct str proxy)
{
    return proxy.n && have_find_backend(c->in->have, proxy);
}

/* The profile of a proxy that may serve the backend; none for one that may not. */
static struct str profile_for(const struct chooser *c, struct str proxy, struct str backend)
{
    const struct proxy_record *r = proxies_find(c->in->records, proxy);
    const struct proxy_section *section;

    if (r)
        return str_eq(r->backend, backend) ? r->profile : STR_NONE;
    section = str_eq(proxy, backend) ? proxy_facts_plain(c->in->running, proxy) : NULL;
    return section ? section->profile : STR_NONE;
}

static bool fits(const struct chooser *c, struct str proxy, const struct desired_backend *b)
{
    return exists(c, proxy) && str_eq(profile_for(c, proxy, b->object->name), b->profile);
}

static struct str mapped_proxy(const struct chooser *c, struct str backend)
{
    struct map_entry key = {.key = backend};
    const struct map_entry *found = NULL;

    if (c->mapped_count)
        found = bsearch(&key, c->map, c->mapped_count, sizeof key, by_key);
    while (found && found > c->map && str_eq(found[-1].key, backend))
        found--; /* the first of several */
    if (found)
        return found->value;
    return c->in->has_map ? STR_NONE : backend; /* without a map each is found by its own name */
}

/* Nobody has the name: it can be given to a backend that is made at runtime. */
static bool is_free(const struct chooser *c, struct str name)
{
    return !exists(c, name) && !proxies_find(c->in->records, name) &&
           !proxy_facts_is_taken(c->in->running, name);
}

/* The proxy's name: the backend's own is not copied. */
static struct str named(const struct chooser *c, const struct desired_backend *b, struct str proxy)
{
    return str_eq(proxy, b->object->name) ? b->object->name : arena_str(c->a, proxy);
}

static bool take_record(struct chooser *c, struct desired_backend *b)
{
    size_t count;
    const struct proxy_record *const *records = proxies_of(c->in->records, b->object->name, &count);

    for (size_t i = 0; i < count; i++) {
        const struct proxy_record *r = records[i];
        if (r->gone || !str_eq(r->profile, b->profile) ||
            (!exists(c, r->proxy) && !c->in->can_add) ||
            (!c->in->has_map && !str_eq(r->proxy, r->backend)))
            continue;
        b->proxy = named(c, b, r->proxy);
        b->make = !exists(c, r->proxy);
        return true;
    }
    return false;
}

static bool can_make(const struct chooser *c, struct desired_backend *b)
{
    const struct profile_state *profile = proxy_facts_profile(c->in->running, b->profile);

    if (!c->in->can_add)
        return false;
    b->blocked.field = STR("profile");
    if (!profile)
        b->blocked.why =
            arena_printf(c->a, "profile " STR_FMT " does not run", STR_ARG(b->profile));
    else
        b->blocked.why = profile->danger;
    return profile && profile->danger.n == 0;
}

/* "live", "live.2", "live.3" ...: no two backends can come to the same name, save by that of an
 * object. */
static bool make_one(struct chooser *c, struct desired_backend *b)
{
    struct str own = b->object->name, name = own;

    if (!can_make(c, b))
        return false;
    for (unsigned n = 2; !is_free(c, name) || (n > 2 && is_object(c, name)); n++) {
        if (!c->in->has_map)
            return false; /* nothing would lead to another name */
        name = arena_printf(c->a, STR_FMT ".%u", STR_ARG(own), n);
    }
    b->proxy = named(c, b, name);
    b->make = true;
    return true;
}

/* "PROFILE.7" */
static bool is_spare(const struct proxy_section *s)
{
    uint64_t n;

    return s->name.n > s->profile.n + 1 && str_starts(s->name, s->profile) &&
           s->name.p[s->profile.n] == '.' &&
           str_u64((struct str){s->name.p + s->profile.n + 1, s->name.n - s->profile.n - 1}, &n) ==
               0;
}

/* Spares have names that begin with their profile's. */
static size_t first_of_profile(const struct proxy_facts *f, struct str profile)
{
    size_t at;

    (void)find_plain(f, profile, &at);
    return at;
}

static bool take_spare(struct chooser *c, struct desired_backend *b)
{
    const struct proxy_facts *f = c->in->running;

    if (c->in->can_add || !c->in->map)
        return false;
    for (size_t i = first_of_profile(f, b->profile);
         i < f->plain_count && str_starts(f->plain[i].name, b->profile); i++) {
        const struct proxy_section *s = &f->plain[i];
        const struct have_backend *have;
        if (!str_eq(s->profile, b->profile) || !is_spare(s))
            continue;
        have = have_find_backend(c->in->have, s->name);
        if (!have || have->count || c->given[i] || proxies_find(c->in->records, s->name) ||
            is_mapped(c, s->name))
            continue;
        b->proxy = arena_str(c->a, s->name);
        c->given[i] = true;
        return true;
    }
    return false;
}

static void block(struct chooser *c, struct desired_backend *b, struct str mapped)
{
    struct str own = b->object->name;
    bool serves = exists(c, mapped) && profile_for(c, mapped, own).n;

    b->blocked.object = arena_printf(c->a, "backend/" STR_FMT, STR_ARG(own));
    b->proxy = serves ? named(c, b, mapped) : own;
    if (b->blocked.why.n)
        return;
    if (!proxy_facts_profile(c->in->running, b->profile)) {
        b->blocked.field = STR("profile");
        b->blocked.why =
            arena_printf(c->a, "profile " STR_FMT " does not run", STR_ARG(b->profile));
    } else if (!c->in->has_map) {
        b->blocked.field = STR("profile");
        b->blocked.why = STR("the running configuration has no map of proxies");
    } else {
        b->blocked.field = exists(c, b->proxy) ? STR("profile") : STR("created");
        b->blocked.why = arena_printf(c->a, "no spare backend of profile " STR_FMT " is left",
                                      STR_ARG(b->profile));
    }
}

static bool serves(const struct chooser *c, struct str proxy)
{
    const struct have_backend *have = have_find_backend(c->in->have, proxy);

    for (size_t i = 0; have && i < have->count; i++) {
        if (have->servers[i].op != HAVE_STOPPED &&
            have_admin_state(&have->servers[i]) == ADMIN_READY)
            return true;
    }
    return false;
}

static void note_former(const struct chooser *c, struct desired_backend *b, struct str mapped)
{
    struct str profile = exists(c, mapped) ? profile_for(c, mapped, b->object->name) : STR_NONE;

    if (!profile.n || str_eq(mapped, b->proxy))
        return;
    b->former = arena_str(c->a, mapped);
    b->former_profile = arena_str(c->a, profile);
    if (serves(c, mapped))
        b->holder = b->former;
}

/* As HAProxy leads to it, so it is to stay, until something happens to the one or the other. */
static void settle(const struct chooser *c, struct desired_backend *b, struct str mapped)
{
    b->proxy = named(c, b, mapped);
    b->settled = true;
}

static void choose(struct chooser *c, struct desired_backend *b)
{
    struct str own = b->object->name, mapped = mapped_proxy(c, own);

    b->proxy = own;
    if (c->in->has_map && !c->in->map) {
        b->undecided = true;
        return;
    }
    if (b->profile.n == 0) { /* until the reload it is served by whoever serves it */
        if (exists(c, mapped) && (str_eq(mapped, own) || profile_for(c, mapped, own).n))
            settle(c, b, mapped);
        return;
    }
    if (fits(c, mapped, b)) {
        settle(c, b, mapped);
        return;
    }
    if (!take_record(c, b)) {
        if (fits(c, own, b) && (c->in->has_map || str_eq(mapped, own)))
            b->proxy = own;
        else if (!make_one(c, b) && !take_spare(c, b))
            block(c, b, mapped);
    }
    if (b->blocked.object.n == 0) {
        b->blocked = (struct reason){0};
        note_former(c, b, mapped);
    }
}

void proxies_choose(const struct proxies_input *in, struct arena *a,
                    struct desired_backend *backends, size_t count)
{
    struct arena scratch = ARENA_INIT;
    struct chooser c = {.in = in, .a = a, .backends = backends, .count = count};

    if (in->have) {
        c.a = &scratch;
        index_map(&c);
        c.given = ARENA_ARRAY(&scratch, bool, in->running->plain_count);
        c.a = a;
    }
    for (size_t i = 0; i < count; i++) {
        if (backends[i].settled)
            continue;
        backends[i].proxy = backends[i].object->name;
        if (in->have)
            choose(&c, &backends[i]);
    }
    arena_free(&scratch);
}
