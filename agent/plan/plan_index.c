/* SPDX-License-Identifier: Apache-2.0 */
/* Which wanted backend a proxy is of, and which ones are looked at: found by name, since a plan is
 * made for each change, however many backends there are. */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

static int by_proxy(const void *pa, const void *pb)
{
    const struct desired_backend *a = *(const struct desired_backend *const *)pa;
    const struct desired_backend *b = *(const struct desired_backend *const *)pb;

    return str_cmp(a->proxy, b->proxy);
}

static bool has_own_name(const struct desired_backend *b)
{
    return b->proxy.p == b->object->name.p || str_eq(b->proxy, b->object->name);
}

/* Most have a proxy of their own name: those are found as backends. */
static void index_proxies(const struct plan_input *in, struct plan *p)
{
    for (size_t i = 0; !in->want->at_rest && i < in->want->backend_count; i++) {
        if (!has_own_name(&in->want->backends[i]))
            *ARENA_PUSH(&p->arena, p->moved, p->moved_count) = &in->want->backends[i];
    }
    if (p->moved_count)
        qsort(p->moved, p->moved_count, sizeof *p->moved, by_proxy);
}

static void look_at(const struct plan_input *in, struct plan *p, const struct desired_backend *b)
{
    if (b)
        p->looked[b - in->want->backends] = true;
}

/* By its own name, that of its proxy, and that of the one that holds for it. */
static void index_scope(const struct plan_input *in, struct plan *p)
{
    const struct desired *d = in->want;

    if (!in->scope || in->scope->all)
        return;
    p->looked = ARENA_ARRAY(&p->arena, bool, d->backend_count + 1);
    for (size_t i = 0; i < in->scope->count; i++) {
        look_at(in, p, plan_find_backend(d, in->scope->names[i]));
        look_at(in, p, plan_find_proxy(in, p, in->scope->names[i]));
    }
    for (size_t i = 0; i < d->holder_count; i++) {
        if (scope_has(in->scope, d->holders[i].proxy))
            look_at(in, p, plan_find_backend(d, d->holders[i].object->name));
    }
}

void plan_index(const struct plan_input *in, struct plan *p)
{
    index_proxies(in, p);
    index_scope(in, p);
}

bool plan_looks_at(const struct plan *p, size_t backend)
{
    return !p->looked || p->looked[backend];
}

size_t plan_next(const struct plan_input *in, const struct plan *p, size_t at)
{
    size_t count = in->want->backend_count;
    const bool *hit;

    if (!p->looked || at >= count)
        return at;
    hit = memchr(p->looked + at, true, count - at);
    return hit ? (size_t)(hit - p->looked) : count;
}

const struct desired_backend *plan_find_backend(const struct desired *d, struct str name)
{
    return desired_find(d->backends, d->backend_count, name);
}

const struct desired_backend *plan_find_proxy(const struct plan_input *in, const struct plan *p,
                                              struct str proxy)
{
    const struct desired_backend *own = plan_find_backend(in->want, proxy);
    const struct desired_backend key = {.proxy = proxy}, *k = &key;
    const struct desired_backend **moved = NULL;

    if (own && has_own_name(own))
        return own;
    if (p->moved_count)
        moved = bsearch(&k, p->moved, p->moved_count, sizeof *p->moved, by_proxy);
    return moved ? *moved : NULL;
}

const struct desired_backend *plan_find_holder(const struct plan_input *in, struct str proxy)
{
    for (size_t i = 0; i < in->want->holder_count; i++) {
        if (str_eq(in->want->holders[i].proxy, proxy))
            return &in->want->holders[i];
    }
    return NULL;
}

bool plan_wants_proxy(const struct plan_input *in, const struct plan *p, struct str proxy)
{
    return plan_find_proxy(in, p, proxy) || plan_find_holder(in, proxy);
}
