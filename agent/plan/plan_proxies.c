/* SPDX-License-Identifier: Apache-2.0 */
/* Proxies: those that are to be made come before their servers and before the map leads to them;
 * those that serve nobody any more lose their servers first, and are deleted last. */
#include "plan/map_diff.h"

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

static void block(struct plan *p, const struct reason *r)
{
    *ARENA_PUSH(&p->arena, p->reasons.items, p->reasons.count) =
        (struct reason){arena_str(&p->arena, r->object), arena_str(&p->arena, r->field),
                        arena_str(&p->arena, r->why)};
}

static void make(const struct plan_input *in, struct plan *p, const struct desired_backend *b)
{
    if (b->blocked.object.n == 0 && b->profile.n && !b->undecided)
        claim_wanted(in, p, b);
    publish_again(in, p, b->proxy);
    if (b->make &&
        plan_push(p, REPLY_ADD_BACKEND, b->proxy, STR(""),
                  "add backend " STR_FMT " from " STR_FMT "%s" STR_FMT, STR_ARG(b->proxy),
                  STR_ARG(b->profile), b->guid.n ? " guid " : "", STR_ARG(b->guid)))
        publish(p, b->proxy);
}

void plan_proxies_make(const struct plan_input *in, struct plan *p)
{
    size_t count = in->want->backend_count;

    for (size_t i = 0; !in->want->at_rest && i < count; i++) {
        if (in->want->backends[i].blocked.object.n)
            block(p, &in->want->backends[i].blocked);
    }
    for (size_t i = plan_next(in, p, 0); i < count; i = plan_next(in, p, i + 1))
        make(in, p, &in->want->backends[i]);
    for (size_t i = 0; i < in->want->holder_count; i++)
        publish_again(in, p, in->want->holders[i].proxy);
}

/* A section that the map leads to under its own name is ours, though there is no record of it: the
 * file was written before its backend was deleted. */
static void claim_mapped(const struct plan_input *in, struct plan *p, const struct map_entry *m)
{
    struct str name = m ? m->key : STR_NONE;
    const struct proxy_section *section =
        m && in->running ? proxy_facts_plain(in->running, name) : NULL;

    if (section && str_eq(m->value, name) && !proxies_find(in->proxies, name) &&
        have_find_backend(in->have, name))
        claim(p, name, name, section->profile);
}

/* By the map of proxies, one that nobody wants: what the map has in common with the wanted one
 * leads to those who are. */
static bool is_led_to(const struct plan_input *in, const struct plan *p, struct str proxy)
{
    for (size_t i = 0; i < in->want->map_count; i++) {
        const struct plan_map *m = &p->maps[i];
        if (!m->known || !str_eq(m->want.name, STR("maps/proxies.map")))
            continue;
        for (size_t k = 0; k < m->have.count; k++) {
            if (str_eq(m->have.by_key[k].value, proxy))
                return true;
        }
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

/* Who is not wanted any more is looked at until he is gone; he may go once HAProxy does not lead to
 * him, which the map tells. */
static void look_at_record(const struct plan_input *in, struct plan *p,
                           const struct proxy_record *r, bool known)
{
    if (!r || r->gone || plan_wants_proxy(in, p, r->proxy))
        return;
    if (known && !is_led_to(in, p, r->proxy))
        leave(in, p, r);
    else
        scope_add(&p->restless, r->proxy);
}

static void leave_of_scope(const struct plan_input *in, struct plan *p, const struct have_map *map,
                           bool known)
{
    const struct map_entry *sorted = map && known ? map_have_sorted(&p->arena, map) : NULL;

    for (size_t i = 0; i < in->scope->count; i++) {
        struct str name = in->scope->names[i];
        if (sorted)
            claim_mapped(in, p, map_entry_of(sorted, map->count, name));
        look_at_record(in, p, proxies_find(in->proxies, name), known);
    }
}

void plan_proxies_leave(const struct plan_input *in, struct plan *p)
{
    bool exists, known;
    const struct have_map *map = plan_map_of_proxies(in->maps, in->folder, &exists);
    const struct proxy_record *r;

    known = in->proxies_chosen && (map || !exists);
    if (in->scope && !in->scope->all) {
        leave_of_scope(in, p, map, known);
        return;
    }
    for (size_t i = 0; known && map && i < map->count; i++)
        claim_mapped(in, p, &map->entries[i]);
    for (size_t i = 0; (r = proxies_at(in->proxies, i)); i++)
        look_at_record(in, p, r, known);
}
