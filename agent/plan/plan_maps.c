/* SPDX-License-Identifier: Apache-2.0 */
/* Maps: keyed ones are changed entry by entry; the rules of a frontend change as one
 * (plan_rules.c). */
#include "plan/map_diff.h"

/* By whose name a map's entries are: what a proxy needs is there before it and goes after it; what
 * leads to a backend comes after it and goes before. */
enum keys { KEYS_PROXIES, KEYS_BACKENDS, KEYS_OTHER };

static enum keys keys_of(struct str name)
{
    if (str_eq(name, STR("maps/host.map")) || str_eq(name, STR("maps/uri.map")))
        return KEYS_PROXIES;
    return str_eq(name, STR("maps/proxies.map")) ? KEYS_BACKENDS : KEYS_OTHER;
}

/* Where a backend's requests are led now: to the proxy that is to serve it, or on to the one that
 * holds until the other can. */
static struct str route_of(const struct plan_input *in, struct plan *p, struct map_entry entry)
{
    const struct desired_backend *b = plan_find_backend(in->want, entry.key);

    if (!b || b->holder.n == 0 || plan_servers_suffice(in, b))
        return entry.value;
    p->waits = true;
    plan_wake(p, in->now_ms + in->poll_ms);
    scope_add(&p->restless, b->proxy);
    scope_add(&p->restless, b->holder);
    return b->holder;
}

static struct map_file routed(const struct plan_input *in, struct plan *p, struct map_file m)
{
    struct map_file copy = m;

    if (in->want->holder_count == 0)
        return m;
    copy.entries = ARENA_ARRAY(&p->arena, struct map_entry, m.count);
    for (size_t i = 0; i < m.count; i++)
        copy.entries[i] = (struct map_entry){m.entries[i].key, route_of(in, p, m.entries[i])};
    return copy;
}

/* A frontend that is led somewhere stays there while the backend that follows is coming. */
static struct map_file defaults_of(const struct plan_input *in, struct plan *p, struct map_file m,
                                   const struct have_map *have)
{
    const struct map_entry *now = map_have_sorted(&p->arena, have);
    struct map_file copy = m;

    copy.entries = ARENA_ARRAY(&p->arena, struct map_entry, m.count);
    for (size_t i = 0; i < m.count; i++) {
        const struct map_entry *old = map_entry_of(now, have->count, m.entries[i].key);
        copy.entries[i] = m.entries[i];
        if (!old || str_eq(old->value, m.entries[i].value) ||
            !plan_backend_is_coming(in, m.entries[i].value))
            continue;
        copy.entries[i].value = old->value;
        map_wait_for(in, p, m.entries[i].value);
    }
    return copy;
}

/* A proxy that nobody wants, but that is still there: its last servers are still checked. */
static bool is_leaver(const struct plan_input *in, const struct plan *p, struct str proxy)
{
    return proxies_find(in->proxies, proxy) && have_find_backend(in->have, proxy) &&
           !plan_wants_proxy(in, p, proxy);
}

static struct map_ends ends_of(const struct plan_input *in, struct plan *p, size_t map,
                               const struct have_map *have)
{
    const struct plan_maps_seen *seen = map < PLAN_MAPS_SEEN ? in->seen : NULL;
    struct map_ends ends;

    if (seen && seen->maps_id && seen->maps_id == in->want->maps_id && have->version &&
        seen->versions[map] == have->version)
        ends = seen->ends[map];
    else
        ends = map_common(&p->arena, &in->want->maps[map], have);
    if (map < PLAN_MAPS_SEEN) {
        p->seen.versions[map] = have->version;
        p->seen.ends[map] = ends;
    }
    return ends;
}

void plan_maps_compare(const struct plan_input *in, struct plan *p)
{
    p->seen.maps_id = in->want->maps_id;
    p->maps = ARENA_ARRAY(&p->arena, struct plan_map, in->want->map_count);
    for (size_t i = 0; i < in->want->map_count; i++) {
        struct plan_map *m = &p->maps[i];
        const struct have_map *have;
        m->want = in->want->maps[i];
        have = map_cache_find(in->maps, map_path(in, p, m->want.name));
        m->known = have != NULL;
        if (!have)
            continue;
        m->have = *have;
        map_narrow(&p->arena, &m->want, &m->have, ends_of(in, p, i, have));
    }
}

static bool is_same(const struct plan_map *m)
{
    return m->known && m->want.count == 0 && m->have.count == 0;
}

static void plan_keyed_maps(const struct plan_input *in, struct plan *p, enum keys keys,
                            enum map_side side)
{
    size_t count = in->want->map_count;

    for (size_t k = 0; k < count; k++) {
        size_t i = side == MAP_PUT ? k : count - 1 - k;
        struct map_file m;
        struct str path;
        const struct have_map *have;
        if (is_same(&p->maps[i]) || keys_of(in->want->maps[i].name) != keys)
            continue;
        path = map_path(in, p, in->want->maps[i].name);
        have = map_known(in, p, path);
        m = in->want->maps[i];
        if (have && in->want->holder_count == 0) {
            m = p->maps[i].want;
            have = &p->maps[i].have;
        }
        if (have && keys == KEYS_BACKENDS && side == MAP_PUT)
            m = routed(in, p, m);
        if (have && str_eq(m.name, STR("maps/default.map")) && side == MAP_PUT)
            m = defaults_of(in, p, m, have);
        if (have && keys == KEYS_PROXIES && side == MAP_DELETE)
            map_delete(in, p, path, &m, have, is_leaver);
        else if (have)
            map_diff(p, path, &m, have, side);
    }
}

const struct have_map *plan_map_of_proxies(const struct map_cache *maps, struct str folder,
                                           bool *exists)
{
    struct arena a = ARENA_INIT;
    struct str path = arena_printf(&a, STR_FMT "/maps/proxies.map", STR_ARG(folder));
    const struct have_map *m = map_cache_find(maps, path);

    *exists = map_cache_exists(maps, path);
    arena_free(&a);
    return m;
}

void plan_maps_of_proxies(const struct plan_input *in, struct plan *p)
{
    plan_keyed_maps(in, p, KEYS_PROXIES, MAP_PUT);
}

/* The key of a `del map`: a proxy's name has nothing in it that would be escaped. */
static struct str last_word(struct str command)
{
    size_t at = command.n;

    while (at > 0 && command.p[at - 1] != ' ')
        at--;
    return (struct str){command.p + at, command.n - at};
}

void plan_maps_left(const struct plan_input *in, struct plan *p)
{
    size_t from = p->count;

    plan_keyed_maps(in, p, KEYS_PROXIES, MAP_DELETE);
    for (size_t i = from; i < p->count; i++)
        p->ops[i].tidying = !plan_wants_proxy(in, p, last_word(p->ops[i].command));
}

void plan_maps(const struct plan_input *in, struct plan *p)
{
    plan_keyed_maps(in, p, KEYS_BACKENDS, MAP_PUT);
    plan_keyed_maps(in, p, KEYS_OTHER, MAP_PUT);
    plan_rules(in, p);
    plan_keyed_maps(in, p, KEYS_OTHER, MAP_DELETE);
    if (!p->keeps_routes)
        plan_keyed_maps(in, p, KEYS_BACKENDS, MAP_DELETE);
}
