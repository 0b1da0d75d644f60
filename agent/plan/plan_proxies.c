/* SPDX-License-Identifier: Apache-2.0 */
/* Proxies: those that are to be made come before their servers and before the map leads to them;
 * those that serve nobody any more lose their servers first, and are deleted last. */
#include "plan/plan.h"

static void claim(struct plan *p, struct str proxy, struct str backend, struct str profile)
{
    *ARENA_PUSH(&p->arena, p->claims, p->claim_count) = (struct plan_claim){
        arena_str(&p->arena, proxy), arena_str(&p->arena, backend), arena_str(&p->arena, profile)};
}

static void claim_wanted(const struct plan_input *in, struct plan *p,
                         const struct desired_backend *b)
{
    const struct proxy_record *r = proxies_find(in->proxies, b->proxy);

    if (!r || r->stuck || !str_eq(r->backend, b->object->name) || !str_eq(r->profile, b->profile))
        claim(p, b->proxy, b->object->name, b->profile);
    if (b->former.n && !proxies_find(in->proxies, b->former))
        claim(p, b->former, b->object->name, b->former_profile);
}

static void publish(struct plan *p, struct str proxy)
{
    plan_push(p, REPLY_PUBLISH_BACKEND, proxy, STR(""), "publish backend " STR_FMT, STR_ARG(proxy));
}

static void publish_again(const struct plan_input *in, struct plan *p, struct str proxy)
{
    const struct have_backend *have = have_find_backend(in->have, proxy);

    if (have && have->unpublished)
        publish(p, proxy);
}

void plan_proxies_make(const struct plan_input *in, struct plan *p)
{
    for (size_t i = 0; i < in->want->backend_count; i++) {
        const struct desired_backend *b = &in->want->backends[i];
        if (b->blocked.object.n)
            *ARENA_PUSH(&p->arena, p->reasons.items, p->reasons.count) = (struct reason){
                arena_str(&p->arena, b->blocked.object), arena_str(&p->arena, b->blocked.field),
                arena_str(&p->arena, b->blocked.why)};
        else if (b->profile.n && !b->undecided)
            claim_wanted(in, p, b);
        publish_again(in, p, b->proxy);
        if (!b->make ||
            !plan_push(p, REPLY_ADD_BACKEND, b->proxy, STR(""),
                       "add backend " STR_FMT " from " STR_FMT "%s" STR_FMT, STR_ARG(b->proxy),
                       STR_ARG(b->profile), b->guid.n ? " guid " : "", STR_ARG(b->guid)))
            continue;
        publish(p, b->proxy);
    }
    for (size_t i = 0; i < in->want->holder_count; i++)
        publish_again(in, p, in->want->holders[i].proxy);
}

/* A section that the map leads to under its own name is ours, though there is no record of it: the
 * file was written before its backend was deleted. */
static void claim_mapped(const struct plan_input *in, struct plan *p, const struct have_map *map)
{
    for (size_t i = 0; map && in->running && i < map->count; i++) {
        struct str name = map->entries[i].key;
        const struct proxy_section *section = proxy_facts_plain(in->running, name);
        if (section && str_eq(map->entries[i].value, name) && !proxies_find(in->proxies, name) &&
            have_find_backend(in->have, name))
            claim(p, name, name, section->profile);
    }
}

/* The wanted backend of that name. Asked for in the order of names, mostly, so that it is the one
 * behind the last. */
static const struct desired_backend *next_wanted(const struct desired *d, size_t *at,
                                                 struct str name)
{
    while (*at < d->backend_count && str_cmp(d->backends[*at].object->name, name) < 0)
        ++*at;
    if (*at < d->backend_count && str_eq(d->backends[*at].object->name, name))
        return &d->backends[*at];
    return plan_find_backend(d, name);
}

/* Somebody needs the proxy: by what is wanted, or since HAProxy still leads to it. */
static bool is_needed(const struct plan_input *in, const struct have_map *map, struct str proxy)
{
    for (size_t i = 0; i < in->want->backend_count; i++) {
        if (str_eq(in->want->backends[i].proxy, proxy))
            return true;
    }
    for (size_t i = 0; i < in->want->holder_count; i++) {
        if (str_eq(in->want->holders[i].proxy, proxy))
            return true;
    }
    for (size_t i = 0; map && i < map->count; i++) {
        if (str_eq(map->entries[i].value, proxy))
            return true;
    }
    return false;
}

static void delete (const struct plan_input *in, struct plan *p, const struct proxy_record *r,
                    const struct have_backend *have)
{
    if (r->stuck)
        return;
    if (!have->unpublished)
        plan_push(p, REPLY_UNPUBLISH_BACKEND, r->proxy, STR(""), "unpublish backend " STR_FMT,
                  STR_ARG(r->proxy));
    plan_push(p, REPLY_DEL_BACKEND, r->proxy, STR(""), "del backend " STR_FMT, STR_ARG(r->proxy));
    plan_wake(p, in->now_ms + in->poll_ms);
}

static void leave(const struct plan_input *in, struct plan *p, const struct proxy_record *r)
{
    const struct have_backend *have = have_find_backend(in->have, r->proxy);

    if (have)
        scope_add(&p->restless, r->proxy);
    if (have && have->count)
        plan_servers_of_leaver(in, p, r->proxy);
    else if (have && in->can_add)
        delete (in, p, r, have);
    else /* gone, or an empty section that may be taken again */
        claim(p, r->proxy, STR(""), STR(""));
}

void plan_proxies_leave(const struct plan_input *in, struct plan *p)
{
    bool exists;
    const struct have_map *map = plan_map_of_proxies(in->maps, in->folder, &exists);
    const struct proxy_record *r;
    size_t at = 0;

    if (!in->proxies_chosen || (exists && !map))
        return;
    claim_mapped(in, p, map);
    for (size_t i = 0; (r = proxies_at(in->proxies, i)); i++) {
        const struct desired_backend *b = next_wanted(in->want, &at, r->backend);
        if (!r->gone && !(b && str_eq(b->proxy, r->proxy)) && !is_needed(in, map, r->proxy))
            leave(in, p, r);
    }
}
