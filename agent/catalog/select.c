/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/select.h"
#include "model/names.h"

#include <stdlib.h>

enum { HAPROXY_WEIGHT_MAX = 256 };

static int compare_host(const void *host, const void *entry)
{
    return str_cmp(*(const struct str *)host, ((const struct resolved *)entry)->host);
}

const struct resolved *name_table_find(const struct name_table *names, struct str host)
{
    if (!names || !names->count)
        return NULL;
    return bsearch(&host, names->items, names->count, sizeof *names->items, compare_host);
}

int candidate_compare(const void *a, const void *b)
{
    const struct member *x = &((const struct candidate *)a)->member;
    const struct member *y = &((const struct candidate *)b)->member;
    int order = str_cmp(x->host, y->host);

    return order ? order : (x->port > y->port) - (x->port < y->port);
}

/* Same host and port: the one to keep first. `name` order breaks ties, see merge(). */
static int compare_best_first(const void *a, const void *b)
{
    const struct candidate *x = *(const struct candidate *const *)a;
    const struct candidate *y = *(const struct candidate *const *)b;
    int order = candidate_compare(x, y);

    if (order)
        return order;
    if (x->member.status != y->member.status)
        return x->member.status < y->member.status ? -1 : 1;
    return (x > y) - (x < y); /* both lie in one array, in the order of the read */
}

void member_resolve(struct arena *a, struct member *m, const struct name_table *names)
{
    const struct resolved *r = name_table_find(names, m->host);

    if (!r || !m->port || address_is_literal(m->host))
        return;
    m->address = STR_NONE;
    m->unusable = STR_NONE;
    if (r->address.n)
        m->address = arena_str(a, r->address);
    else
        m->unusable = arena_printf(a, "host name: " STR_FMT, STR_ARG(r->problem));
}

static void take_address(struct arena *a, struct member *m, const struct instance *i,
                         const struct name_table *names)
{
    m->host = arena_str(a, i->address);
    m->port = i->port > 0 && i->port <= UINT16_MAX ? (uint16_t)i->port : 0;
    if (!m->port)
        m->unusable = arena_printf(a, "port %lld: not in 1..65535", (long long)i->port);
    else if (address_is_literal(m->host) && !address_is_usable(m->host))
        m->unusable = STR("the unspecified address");
    else if (address_is_literal(m->host))
        m->address = m->host;
    else if (!m->host.n)
        m->unusable = STR("no address");
    else if (!host_is_name(m->host))
        m->unusable = STR("neither an address nor a host name");
    else
        m->unusable = STR("host name: not resolved yet");
    member_resolve(a, m, names);
}

static struct candidate candidate_of(struct arena *a, const struct service_read *read,
                                     const struct instance *i, const struct name_table *names,
                                     int64_t now_ms)
{
    struct candidate c = {
        .member = {.last_known_ms = now_ms, .status = i->status},
        .weight_passing = i->weight_passing,
        .weight_warning = i->weight_warning,
    };
    struct member *m = &c.member;

    m->name = arena_str(a, read->service);
    m->version = arena_str(a, i->version);
    m->meta_hostname = arena_str(a, i->meta_hostname.n ? i->meta_hostname : i->node);
    m->meta_pid = arena_str(a, i->meta_pid);
    m->meta_registered = arena_str(a, i->meta_registered);
    take_address(a, m, i, names);
    return c;
}

static void merge(struct arena *a, const struct candidate_list *all, struct candidate_list *out)
{
    struct candidate **order = ARENA_ARRAY(a, struct candidate *, all->count);

    for (size_t i = 0; i < all->count; i++)
        order[i] = &all->items[i];
    if (all->count)
        qsort(order, all->count, sizeof(struct candidate *), compare_best_first);
    out->items = ARENA_ARRAY(a, struct candidate, all->count);
    out->count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (!i || candidate_compare(order[i - 1], order[i]))
            out->items[out->count++] = *order[i];
}

void select_candidates(struct arena *a, const struct service_read *read, struct str version,
                       const struct name_table *names, int64_t now_ms, struct candidate_list *out)
{
    struct candidate_list all = {ARENA_ARRAY(a, struct candidate, read->count), 0};

    for (size_t i = 0; i < read->count; i++)
        if (read->items[i].version.n && str_eq(read->items[i].version, version))
            all.items[all.count++] = candidate_of(a, read, &read->items[i], names, now_ms);
    merge(a, &all, out);
}

static unsigned weight_of(const struct candidate *c)
{
    return c->member.status == MEMBER_WARNING ? c->weight_warning : c->weight_passing;
}

static unsigned weight_max(const struct candidate_list *list)
{
    unsigned max = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct candidate *c = &list->items[i];
        unsigned w = c->weight_passing > c->weight_warning ? c->weight_passing : c->weight_warning;
        if (w > max)
            max = w;
    }
    return max;
}

static unsigned scale(unsigned weight, unsigned max)
{
    unsigned scaled = weight;

    if (max > HAPROXY_WEIGHT_MAX)
        scaled = (weight * HAPROXY_WEIGHT_MAX + max / 2) / max;
    return weight && !scaled ? 1 : scaled;
}

bool member_serves(const struct member *m, bool panic)
{
    if (m->unusable.n || m->status == MEMBER_MAINTENANCE)
        return false;
    return panic || m->status != MEMBER_CRITICAL;
}

static bool is_panic(const struct member_list *list)
{
    bool anybody = false;

    for (size_t i = 0; i < list->count; i++) {
        const struct member *m = &list->items[i];
        if (member_serves(m, false) && m->weight)
            return false;
        anybody |= member_serves(m, true);
    }
    return anybody;
}

bool select_members(struct arena *a, const struct candidate_list *candidates, bool may_panic,
                    struct member_list *out)
{
    unsigned max = weight_max(candidates);

    out->items = ARENA_ARRAY(a, struct member, candidates->count);
    out->count = candidates->count;
    for (size_t i = 0; i < out->count; i++) {
        out->items[i] = candidates->items[i].member;
        out->items[i].weight = scale(weight_of(&candidates->items[i]), max);
    }
    if (!may_panic || !is_panic(out))
        return false;
    for (size_t i = 0; i < out->count; i++)
        if (member_serves(&out->items[i], true) && !out->items[i].weight)
            out->items[i].weight = 1;
    return true;
}
