/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pool.h"

enum { RAMP_STEPS = 10, WEIGHT_MAX = 256 };

const struct ledger_entry *pool_entry(const struct pool *b, struct str server)
{
    return ledger_find(b->in->ledger, b->name, server);
}

bool pool_serves(const struct have_server *s)
{
    return s && s->op != HAVE_STOPPED && have_admin_state(s) == ADMIN_READY;
}

bool pool_is_other(const struct pool *b, const struct ledger_entry *entry)
{
    return entry && entry->source.n && b->want->source.n && !str_eq(entry->source, b->want->source);
}

/* One that is out of maintenance was added whole, whether its answers arrived or not. */
bool pool_is_stale(const struct desired_server *w, const struct have_server *h,
                   const struct ledger_entry *entry)
{
    return entry && (entry->complete || have_admin_state(h) != ADMIN_MAINT) && entry->args.n &&
           !str_eq(entry->args, w->args);
}

bool pool_is_being_replaced(const struct desired_server *w, const struct have_server *h,
                            const struct ledger_entry *entry)
{
    if (!entry || !entry->replacing || (h && have_admin_state(h) == ADMIN_READY))
        return false;
    return !h || (pool_is_stale(w, h, entry) ? entry->leaving : have_admin_state(h) != w->admin);
}

/* Neither serving nor known to have failed its check: worth waiting for. */
static bool is_unsettled(const struct have_server *h, const struct ledger_entry *entry)
{
    if (!h || pool_serves(h))
        return !h;
    return entry && (entry->warming || entry->replacing) && h->check_result != HAVE_CHECK_FAILED;
}

/* --- weights that grow --- */

bool pool_is_ramping(const struct pool *b, const struct ledger_entry *entry)
{
    return entry && b->in->warmup_ms > 0 && b->others > 0 && entry->ramp_end_ms > b->in->now_ms;
}

static unsigned raised(const struct pool *b, unsigned weight)
{
    unsigned n = weight * b->scale;

    return n > WEIGHT_MAX ? WEIGHT_MAX : n;
}

unsigned pool_weight(const struct pool *b, const struct desired_server *w,
                     const struct ledger_entry *entry, int64_t *next_ms)
{
    int64_t left, step;
    unsigned n;

    *next_ms = -1;
    if (b->scale <= 1 || w->weight == 0 || !entry)
        return w->weight;
    if (entry->ramp_end_ms <= b->in->now_ms && !entry->warming)
        return raised(b, w->weight); /* it serves in both versions, or has grown already */
    left = entry->warming ? b->in->warmup_ms : entry->ramp_end_ms - b->in->now_ms;
    if (left > b->in->warmup_ms)
        left = b->in->warmup_ms;
    step = (b->in->warmup_ms - left) * RAMP_STEPS / b->in->warmup_ms + 1;
    if (!entry->warming)
        *next_ms = entry->ramp_end_ms - b->in->warmup_ms * (RAMP_STEPS - step) / RAMP_STEPS;
    n = (unsigned)(raised(b, w->weight) * step / RAMP_STEPS);
    return n ? n : 1;
}

unsigned pool_weight_beside(const struct pool *b, const struct have_server *h,
                            const struct ledger_entry *entry)
{
    if (b->scale > 1)
        return raised(b, entry->raised ? entry->base_weight : h->uweight);
    return entry->raised ? entry->base_weight : h->uweight;
}

/* Weights are small whole numbers: a tenth of 1 is only to be had beside a 10. */
static unsigned scale_of(const struct pool *b)
{
    unsigned top = 1, scale;

    for (size_t i = 0; i < b->want->server_count; i++)
        if (!b->want->servers[i].leaving && b->want->servers[i].weight > top)
            top = b->want->servers[i].weight;
    for (size_t i = 0; i < b->have->count; i++) {
        const struct have_server *h = &b->have->servers[i];
        const struct ledger_entry *entry = pool_entry(b, h->name);
        unsigned base = entry && entry->raised ? entry->base_weight : h->uweight;
        if (pool_is_other(b, entry) && pool_serves(h) && base > top)
            top = base;
    }
    scale = WEIGHT_MAX / top;
    return scale > RAMP_STEPS ? RAMP_STEPS : scale < 2 ? 2 : scale;
}

/* --- the pool --- */

static void count_wanted(struct pool *b, bool *starts)
{
    for (size_t i = 0; i < b->want->server_count; i++) {
        const struct desired_server *w = &b->want->servers[i];
        const struct have_server *h = have_find_server(b->have, w->name);
        const struct ledger_entry *entry = pool_entry(b, w->name);
        if (w->leaving || w->admin != ADMIN_READY)
            continue;
        b->wanted++;
        b->serving += pool_serves(h);
        b->unsettled += is_unsettled(h, entry);
        b->ramping += pool_serves(h) && pool_is_ramping(b, entry);
        *starts = *starts || (h && entry && entry->warming && h->check_result == HAVE_CHECK_PASSED);
    }
}

static void count_all(struct pool *b)
{
    for (size_t i = 0; i < b->have->count; i++) {
        const struct have_server *h = &b->have->servers[i];
        const struct ledger_entry *entry = pool_entry(b, h->name);
        bool serves = pool_serves(h);
        b->any += serves;
        if (!pool_is_other(b, entry))
            continue;
        if (b->former == 0 || (serves && b->others == 0))
            b->former_source = entry->source;
        b->others += serves;
        b->former++;
        b->former_leaving += entry->leaving && have_admin_state(h) != ADMIN_READY;
    }
}

static void judge_replacing(struct pool *b)
{
    bool busy = false, idle = false, odd = false;

    for (size_t i = 0; i < b->want->server_count; i++) {
        const struct desired_server *w = &b->want->servers[i];
        const struct have_server *h = have_find_server(b->have, w->name);
        const struct ledger_entry *entry = pool_entry(b, w->name);
        bool stale = h && !w->leaving && pool_is_stale(w, h, entry);
        busy = busy || (!w->leaving && pool_is_being_replaced(w, h, entry));
        idle = idle || (stale && !pool_serves(h));
        if (!stale || !pool_serves(h))
            continue;
        odd = odd || w->admin != ADMIN_READY; /* it is to be drained, but serves until others do */
        if (w->admin == ADMIN_READY && (!b->next || entry->replacing))
            b->next = w;
    }
    if (!b->next)
        b->replacing = odd ? POOL_REPLACE_WAIT : idle ? POOL_REPLACE_IDLE : POOL_AS_WANTED;
    else if (busy || b->unsettled)
        b->replacing = POOL_REPLACE_WAIT;
    else
        b->replacing = b->serving > 1 ? POOL_REPLACE_NEXT : POOL_REPLACE_NEVER;
}

static bool is_holder(const struct plan_input *in, const struct desired_backend *want)
{
    for (size_t i = 0; i < in->want->holder_count; i++) {
        if (&in->want->holders[i] == want)
            return true;
    }
    return false;
}

void pool_look(struct pool *b, const struct plan_input *in, const struct desired_backend *want,
               const struct have_backend *have)
{
    bool starts = false;

    *b = (struct pool){.in = in, .want = want, .have = have, .name = want->proxy, .scale = 1};
    count_all(b);
    count_wanted(b, &starts);
    b->enough = in->min_healthy ? in->min_healthy : 1;
    if (b->enough > b->wanted)
        b->enough = b->wanted;
    b->successors_serve =
        b->wanted && b->serving >= b->enough && b->unsettled == 0 && b->ramping == 0;
    if (in->warmup_ms > 0 && b->others && (b->ramping || starts))
        b->scale = scale_of(b);
    b->holds = is_holder(in, want);
    if (!b->holds)
        judge_replacing(b);
}

bool pool_waits_for_members(const struct pool *b, const struct ledger_entry *entry)
{
    if (b->wanted || b->want->object->type == BACKEND_STATIC)
        return false; /* the members of a static backend are all said: none is none */
    return pool_is_other(b, entry);
}

/* We drained it, and it could serve: in maintenance (before its removal) that is not shown. */
static bool could_serve(const struct have_server *h, const struct ledger_entry *entry)
{
    if (have_admin_state(h) == ADMIN_DRAIN)
        return h->op != HAVE_STOPPED && h->check_result != HAVE_CHECK_FAILED;
    return h->admin == HAVE_MAINT && entry->admin_set == ADMIN_MAINT;
}

static bool is_kept_out(const struct pool *b, struct str server)
{
    for (size_t i = 0; i < b->want->kept_out_count; i++) {
        if (str_eq(b->want->kept_out[i], server))
            return true;
    }
    return false;
}

bool pool_wants_back(const struct pool *b, const struct have_server *h,
                     const struct ledger_entry *entry)
{
    if (!pool_is_other(b, entry) || !entry->leaving || entry->killing || !could_serve(h, entry) ||
        is_kept_out(b, h->name))
        return false;
    return b->wanted ? b->any == 0 : pool_waits_for_members(b, entry);
}
