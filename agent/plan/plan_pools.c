/* SPDX-License-Identifier: Apache-2.0 */
/* Servers, backend by backend: those that are wanted, those that hold until others serve, those
 * that leave. */
#include "plan/additions.h"
#include "plan/pool.h"

enum { POLL_LEAST_MS = 20 };

static const struct have_backend nobody;

/* False when HAProxy does not have the proxy and nobody is about to make it: the structure differs,
 * a reload makes it. */
static bool look(struct pool *b, const struct plan_input *in, const struct desired_backend *want)
{
    const struct have_backend *have = have_find_backend(in->have, want->proxy);

    if (!have && want->make)
        have = &nobody;
    if (!have || want->undecided)
        return false;
    pool_look(b, in, want, have);
    return true;
}

static bool is_coming(const struct pool *b, const struct desired_server *w)
{
    const struct have_server *h = have_find_server(b->have, w->name);
    const struct ledger_entry *entry = pool_entry(b, w->name);

    if (w->leaving || w->admin != ADMIN_READY)
        return false;
    if (!h)
        return b->in->add_checked && !(entry && entry->refused);
    return entry && entry->warming && h->check_result != HAVE_CHECK_FAILED;
}

bool plan_backend_is_coming(const struct plan_input *in, struct str backend)
{
    const struct desired_backend *want = plan_find_backend(in->want, backend);
    struct pool b;

    if (!want || want->undecided)
        return false;
    if (!look(&b, in, want))
        return true; /* by a reload */
    if (b.any)
        return false;
    if (want->unknown && want->server_count == 0)
        return true;
    for (size_t i = 0; i < want->server_count; i++) {
        if (is_coming(&b, &want->servers[i]))
            return true;
    }
    return false;
}

bool plan_servers_suffice(const struct plan_input *in, const struct desired_backend *want)
{
    struct pool b;

    return look(&b, in, want) && b.successors_serve;
}

static void plan_wanted(const struct plan_input *in, struct plan *p,
                        const struct desired_backend *want)
{
    struct pool b;

    if (want->undecided) { /* a map is to be read: at once, not with the next look at all */
        p->waits = true;
        plan_wake(p, in->now_ms + (in->poll_ms > POLL_LEAST_MS ? in->poll_ms : POLL_LEAST_MS));
    }
    if (!look(&b, in, want))
        return;
    if (b.former)
        *ARENA_PUSH(&p->arena, p->switches, p->switch_count) =
            (struct plan_switch){want, arena_str(&p->arena, b.former_source)};
    if (!additions_by_reload(p, &b))
        plan_pool(p, &b);
}

/* True if the plan tells more than before. */
static bool has_grown(const struct plan *p, const struct plan *before)
{
    return p->count > before->count || p->waits || p->wake_ms >= 0 ||
           p->reasons.count > before->reasons.count || p->problems.count > before->problems.count ||
           p->heir_count > before->heir_count || p->hand_count > before->hand_count ||
           p->switch_count > before->switch_count;
}

/* HAProxy is asked by the names of its proxies, whatever the operator's are. */
static void plan_backend(const struct plan_input *in, struct plan *p,
                         const struct desired_backend *want)
{
    struct plan before = *p;

    p->waits = false;
    p->wake_ms = -1;
    plan_wanted(in, p, want);
    if (p->waits)
        *ARENA_PUSH(&p->arena, p->waiting.items, p->waiting.count) =
            arena_str(&p->arena, want->object->name);
    if (has_grown(p, &before) || want->undecided) /* it has not even been looked at */
        scope_add(&p->restless, want->proxy);
    p->waits = p->waits || before.waits;
    if (before.wake_ms >= 0)
        plan_wake(p, before.wake_ms);
}

/* A holder's backend is looked at with it. */
static bool looks_at_holder(const struct plan_input *in, const struct plan *p,
                            const struct desired_backend *holder)
{
    const struct desired_backend *b = plan_find_backend(in->want, holder->object->name);

    return !b || plan_looks_at(p, (size_t)(b - in->want->backends));
}

void plan_servers(const struct plan_input *in, struct plan *p)
{
    const struct desired *d = in->want;

    for (size_t i = plan_next(in, p, 0); i < d->backend_count; i = plan_next(in, p, i + 1))
        plan_backend(in, p, &d->backends[i]);
    for (size_t i = 0; i < d->holder_count; i++) {
        if (looks_at_holder(in, p, &d->holders[i]))
            plan_backend(in, p, &d->holders[i]);
    }
}

void plan_servers_of_leaver(const struct plan_input *in, struct plan *p, struct str proxy)
{
    static const struct backend no_object;
    static const struct desired_backend want = {.object = &no_object};
    const struct have_backend *have = have_find_backend(in->have, proxy);
    struct pool b;

    if (!have)
        return;
    pool_look(&b, in, &want, have);
    b.name = proxy;
    b.leaves = true;
    plan_pool(p, &b);
}
