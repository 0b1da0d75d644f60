/* SPDX-License-Identifier: Apache-2.0 */
/* The servers of one backend: which to add, change, drain, remove. One pass over wanted and
 * observed ones, both sorted by name. */
#include "plan/pool.h"

static void push_state(struct plan *p, const struct pool *b, struct str server,
                       enum server_admin state)
{
    plan_push(p, REPLY_SET_STATE, b->name, server, "set server " STR_FMT "/" STR_FMT " state %s",
              STR_ARG(b->name), STR_ARG(server), server_admin_name(state));
    p->ops[p->count - 1].state = state;
}

static void push_address(struct plan *p, const struct pool *b, struct str server,
                         struct str address, unsigned port)
{
    plan_push(p, REPLY_SET_ADDR, b->name, server,
              "set server " STR_FMT "/" STR_FMT " addr " STR_FMT " port %u", STR_ARG(b->name),
              STR_ARG(server), STR_ARG(address), port);
}

static void push_delete(struct plan *p, const struct pool *b, const struct have_server *h)
{
    plan_push(p, REPLY_DEL_SERVER, b->name, h->name, "del server " STR_FMT "/" STR_FMT,
              STR_ARG(b->name), STR_ARG(h->name));
}

static void wait_for(struct plan *p, const struct pool *b)
{
    p->waits = true;
    plan_wake(p, b->in->now_ms + b->in->poll_ms);
}

/* The new version is gone, and those of the former one, drained by us, come back first. */
static bool gives_way_later(const struct pool *b, const struct ledger_entry *entry)
{
    if (b->wanted || b->others || pool_is_other(b, entry))
        return false;
    for (size_t i = 0; i < b->have->count; i++) {
        const struct have_server *h = &b->have->servers[i];
        const struct ledger_entry *other = pool_entry(b, h->name);
        if (other && pool_wants_back(b, h, other))
            return true;
    }
    return false;
}

/* Make before break: a server that serves is drained only when others do, if any are to. */
static bool must_stay(struct plan *p, const struct pool *b, const struct have_server *h,
                      const struct ledger_entry *entry)
{
    if (!pool_serves(h) || b->leaves || b->successors_serve ||
        (b->wanted == 0 && !pool_waits_for_members(b, entry) && !gives_way_later(b, entry)))
        return false;
    p->waits = true;
    if (b->unsettled)
        plan_wake(p, b->in->now_ms + b->in->poll_ms);
    return true;
}

/* A server that joins a pool which serves shows first that it passes its check; in an empty pool
 * each moment counts. */
static bool starts_in_drain(const struct pool *b, const struct desired_server *w,
                            const struct ledger_entry *entry)
{
    if (b->in->add_checked || b->want->holder.n)
        return true;
    if (str_eq(w->source, STR("static")) || (entry && entry->replacing))
        return b->serving > 0;
    return b->others > 0;
}

static void refuse(struct plan *p, const struct pool *b, const struct desired_server *w)
{
    plan_reason(p, b->want->object->name, "server",
                "HAProxy does not take these options of a server while it runs: \"" STR_FMT "\"",
                STR_ARG(w->args));
}

/* HAProxy 2.6 computes the sticky cookie of an added server only when it is told the key again, and
 * until then deletes it at the client; with the same key nobody's cookie changes. */
static void push_cookie_key(struct plan *p, const struct pool *b, const struct desired_server *w)
{
    struct str key = b->want->object->name;

    if (b->want->object->cookie.n)
        plan_push(p, REPLY_SET_COOKIE_KEY, b->name, w->name,
                  "set dynamic-cookie-key backend " STR_FMT " " STR_FMT, STR_ARG(b->name),
                  STR_ARG(key));
}

static void add_server(struct plan *p, const struct pool *b, const struct desired_server *w)
{
    const struct ledger_entry *entry = pool_entry(b, w->name);
    size_t at, from = p->count;
    bool ipv6 = str_find(w->address, ':', &at);
    bool warming = w->admin == ADMIN_READY && starts_in_drain(b, w, entry);

    if (entry && entry->refused && str_eq(entry->args, w->args)) {
        refuse(p, b, w);
        return;
    }
    if (!plan_push(p, REPLY_ADD_SERVER, b->name, w->name,
                   "add server " STR_FMT "/" STR_FMT " %s" STR_FMT "%s:%u weight %u%s" STR_FMT
                   "%s" STR_FMT,
                   STR_ARG(b->name), STR_ARG(w->name), ipv6 ? "[" : "", STR_ARG(w->address),
                   ipv6 ? "]" : "", (unsigned)w->port, w->weight, w->args.n ? " " : "",
                   STR_ARG(w->args), w->guid.n ? " guid " : "", STR_ARG(w->guid)))
        return;
    push_cookie_key(p, b, w);
    plan_push(p, REPLY_ENABLE_HEALTH, b->name, w->name, "enable health " STR_FMT "/" STR_FMT,
              STR_ARG(b->name), STR_ARG(w->name));
    push_state(p, b, w->name, warming ? ADMIN_DRAIN : w->admin);
    for (size_t i = from; i < p->count; i++)
        p->ops[i].warming = warming;
    if (warming)
        plan_wake(p, b->in->now_ms + b->in->poll_ms);
}

static void delete_server(struct plan *p, const struct pool *b, const struct have_server *h)
{
    if (!(h->admin & HAVE_ANY_MAINT))
        push_state(p, b, h->name, ADMIN_MAINT);
    push_delete(p, b, h);
}

/* A half-done addition (a kill or an error in its middle): in maintenance although we never set
 * that. It is undone; the next plan adds it again. */
static bool is_half_done(const struct ledger_entry *entry, const struct have_server *h)
{
    return entry && !entry->complete && !entry->leaving && have_admin_state(h) == ADMIN_MAINT &&
           !(h->admin & HAVE_MAINT_CONFIG);
}

static void change_admin(struct plan *p, const struct pool *b, const struct desired_server *w,
                         const struct have_server *h, const struct ledger_entry *entry)
{
    enum server_admin now = have_admin_state(h);
    enum server_admin want = w->admin;
    bool warming = entry && entry->warming;

    plan_hand_look(p, b, w, h, entry);
    if (warming && want == ADMIN_READY && h->check_result != HAVE_CHECK_PASSED &&
        (b->any > 0 || b->in->add_checked || b->want->holder.n)) {
        want = ADMIN_DRAIN;
        wait_for(p, b);
    }
    if (now == want ||
        (want == ADMIN_DRAIN && !w->overridden && !warming && must_stay(p, b, h, entry)))
        return;
    /* neither what we want nor what we set: somebody did it by hand, and means it (see hands) */
    if (!(entry && entry->leaving) && now != (entry ? entry->admin_set : ADMIN_READY) &&
        now != (entry ? entry->admin_next : ADMIN_READY))
        return;
    push_state(p, b, w->name, want);
    p->ops[p->count - 1].warming = want == ADMIN_DRAIN && warming;
    p->ops[p->count - 1].ramping =
        want == ADMIN_READY && warming && b->others > 0 && b->in->warmup_ms > 0;
}

static void push_weight(struct plan *p, const struct pool *b, struct str server, unsigned weight)
{
    plan_push(p, REPLY_SET_SERVER_WEIGHT, b->name, server,
              "set server " STR_FMT "/" STR_FMT " weight %u", STR_ARG(b->name), STR_ARG(server),
              weight);
}

static void change_weight(struct plan *p, const struct pool *b, const struct desired_server *w,
                          const struct have_server *h, const struct ledger_entry *entry)
{
    int64_t next_ms;
    unsigned weight = pool_weight(b, w, entry, &next_ms);

    if (h->uweight != weight)
        push_weight(p, b, w->name, weight);
    if (next_ms < 0)
        return;
    p->waits = true;
    plan_wake(p, next_ms);
}

static void change_server(struct plan *p, const struct pool *b, const struct desired_server *w,
                          const struct have_server *h)
{
    const struct ledger_entry *entry = pool_entry(b, w->name);

    if (is_half_done(entry, h)) {
        delete_server(p, b, h);
        p->ops[p->count - 1].replacing = entry->replacing;
        return;
    }
    if (!str_eq(h->address, w->address) || h->port != w->port)
        push_address(p, b, w->name, w->address, w->port);
    change_weight(p, b, w, h, entry);
    if (!(h->check_state & HAVE_CHECK_ENABLED))
        plan_push(p, REPLY_ENABLE_HEALTH, b->name, w->name, "enable health " STR_FMT "/" STR_FMT,
                  STR_ARG(b->name), STR_ARG(w->name));
    change_admin(p, b, w, h, entry);
}

/* Clients that are pinned to a drained server keep coming: from here on they go to another. Where
 * the backend pins them, that is half of its time on. */
static int64_t unpinned_ms(const struct pool *b, const struct ledger_entry *entry)
{
    return entry->deadline_ms -
           (b->want->object->cookie.n ? b->in->drain_timeout_ms / 2 : plan_last_ms(b->in));
}

/* Connections that ended in maintenance went to the pool of idle ones, for which 2.6 refuses to
 * delete a server, half a minute and longer. It drops them on the way into maintenance, which must
 * not be gone again (pinned clients would come back), and where another address is set. */
static void drop_idle(struct plan *p, const struct pool *b, const struct have_server *h)
{
    push_address(p, b, h->name, h->address, h->port == 1 ? 2 : 1);
    p->ops[p->count - 1].tidying = true;
}

static void cut_sessions(struct plan *p, const struct pool *b, const struct have_server *h)
{
    plan_push(p, REPLY_SHUTDOWN_SESSIONS, b->name, h->name,
              "shutdown sessions server " STR_FMT "/" STR_FMT, STR_ARG(b->name), STR_ARG(h->name));
}

/* From the drain to the removal. It has the mark of leaving. In maintenance nobody new comes, and
 * whoever is there ends by himself: only then, and only who takes longer than his time, is cut. */
static void finish_leaving(struct plan *p, const struct pool *b, const struct have_server *h,
                           const struct ledger_entry *entry)
{
    bool idle = h->used_conn == 0 && h->sessions == 0;
    bool in_maint = h->admin & HAVE_ANY_MAINT;
    int64_t now = b->in->now_ms, next = in_maint ? entry->deadline_ms : unpinned_ms(b, entry);
    bool over = now >= next;

    if (!in_maint && (idle || over))
        push_state(p, b, h->name, ADMIN_MAINT);
    if (in_maint && idle && h->idle_conn)
        drop_idle(p, b, h);
    if (in_maint && !idle && over)
        cut_sessions(p, b, h);
    if (idle || (in_maint && over))
        push_delete(p, b, h);
    else
        plan_wake(p, over || now + b->in->poll_ms < next ? now + b->in->poll_ms : next);
}

static void take_out(struct plan *p, const struct pool *b, const struct have_server *h,
                     const struct ledger_entry *entry)
{
    enum server_admin now = have_admin_state(h);

    if (entry->leaving && now != ADMIN_READY)
        finish_leaving(p, b, h, entry);
    else /* found drained or in maintenance: it still gets its time */
        push_state(p, b, h->name, now == ADMIN_MAINT ? ADMIN_MAINT : ADMIN_DRAIN);
}

static void explain_reload(struct plan *p, const struct pool *b, const struct desired_server *w,
                           const struct ledger_entry *entry)
{
    plan_reason(p, b->want->object->name, "server",
                "server options or check interval change from \"" STR_FMT "\" to \"" STR_FMT
                "\", and no other member serves meanwhile",
                STR_ARG(entry->args), STR_ARG(w->args));
}

static bool may_replace(struct plan *p, const struct pool *b, const struct desired_server *w,
                        const struct have_server *h, const struct ledger_entry *entry)
{
    if (pool_is_being_replaced(w, h, entry))
        return true;
    if (b->replacing == POOL_REPLACE_NEVER && b->next == w)
        explain_reload(p, b, w, entry);
    return b->replacing == POOL_REPLACE_IDLE ? !pool_serves(h)
                                             : b->replacing == POOL_REPLACE_NEXT && b->next == w;
}

/* A server with other options than wanted is taken out like one that leaves, and added anew; one
 * after the other, and never the last that serves. True: that is all about it in this plan. */
static bool replace_server(struct plan *p, const struct pool *b, const struct desired_server *w,
                           const struct have_server *h)
{
    const struct ledger_entry *entry = pool_entry(b, w->name);
    size_t from = p->count;

    if (b->holds || !pool_is_stale(w, h, entry))
        return false;
    p->waits = true;
    if (!may_replace(p, b, w, h, entry))
        return false;
    take_out(p, b, h, entry);
    for (size_t i = from; i < p->count; i++)
        p->ops[i].replacing = true;
    return true;
}

/* A server that nobody wants: ours to remove only if our record or our file names it. */
static void remove_server(struct plan *p, const struct pool *b, const struct have_server *h)
{
    const struct ledger_entry *entry = pool_entry(b, h->name);

    if (!entry)
        return;
    if (is_half_done(entry, h)) {
        delete_server(p, b, h);
        return;
    }
    if (b->want->unknown && !entry->leaving) {
        p->waits = true;
        return;
    }
    if (pool_wants_back(b, h, entry)) {
        push_state(p, b, h->name, ADMIN_READY);
        return;
    }
    if (must_stay(p, b, h, entry)) {
        unsigned weight = pool_weight_beside(b, h, entry);
        if (h->uweight != weight)
            push_weight(p, b, h->name, weight);
        return;
    }
    take_out(p, b, h, entry);
}

/* An instance of both versions: once the switch is over it counts for the new one. */
static void find_heir(struct plan *p, const struct pool *b, const struct desired_server *w)
{
    const struct ledger_entry *entry = pool_entry(b, w->name);

    if (!b->successors_serve || !entry || entry->source.n == 0 || str_eq(entry->source, w->source))
        return;
    *ARENA_PUSH(&p->arena, p->heirs, p->heir_count) =
        (struct plan_heir){arena_str(&p->arena, b->name), arena_str(&p->arena, w->name),
                           arena_str(&p->arena, w->source)};
}

void plan_pool(struct plan *p, const struct pool *b)
{
    size_t i = 0, j = 0;
    size_t want_count = b->want->server_count;
    size_t have_count = b->have->count;

    while (i < want_count || j < have_count) {
        const struct desired_server *w = i < want_count ? &b->want->servers[i] : NULL;
        const struct have_server *h = j < have_count ? &b->have->servers[j] : NULL;
        int c = !w ? 1 : !h ? -1 : str_cmp(w->name, h->name);

        i += c <= 0;
        j += c >= 0;
        if (h && (!w || c > 0 || (c == 0 && w->leaving)))
            remove_server(p, b, h);
        else if (w && c == 0) {
            if (!replace_server(p, b, w, h))
                change_server(p, b, w, h);
            find_heir(p, b, w);
        } else if (w && !w->leaving)
            add_server(p, b, w);
    }
}
