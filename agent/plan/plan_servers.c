/* SPDX-License-Identifier: Apache-2.0 */
/* Servers: which to add, change, drain, remove. One pass over wanted and observed servers of each
 * backend, both sorted by name. */
#include "plan/plan.h"

/* What is known of one backend before its servers are gone through. */
struct pool {
    const struct plan_input *in;
    const struct desired_backend *want;
    const struct have_backend *have; /* never NULL */
    struct str name;
    size_t wanted;         /* servers that are to take traffic */
    size_t serving;        /* those of them that do */
    size_t unsettled;      /* those of them that may soon */
    bool successors_serve; /* enough of them serve and none is still coming up */
};

static bool serves(const struct have_server *s)
{
    return s && s->op != HAVE_STOPPED && have_admin_state(s) == ADMIN_READY;
}

static const struct ledger_entry *entry_of(const struct pool *b, struct str server)
{
    return ledger_find(b->in->ledger, b->name, server);
}

static bool warms_up(const struct pool *b, const struct desired_server *w)
{
    const struct ledger_entry *entry = entry_of(b, w->name);

    return entry && entry->warming;
}

/* Neither serving nor known to have failed its check: worth waiting for. */
static bool is_unsettled(const struct pool *b, const struct desired_server *w,
                         const struct have_server *h)
{
    if (serves(h))
        return false;
    if (!h)
        return true;
    return warms_up(b, w) && h->check_result != HAVE_CHECK_FAILED;
}

static void count_pool(struct pool *b)
{
    unsigned enough;

    for (size_t i = 0; i < b->want->server_count; i++) {
        const struct desired_server *w = &b->want->servers[i];
        const struct have_server *h = have_find_server(b->have, w->name);
        if (w->leaving || w->admin != ADMIN_READY)
            continue;
        b->wanted++;
        b->serving += serves(h);
        b->unsettled += is_unsettled(b, w, h);
    }
    enough = b->in->min_healthy ? b->in->min_healthy : 1;
    if (enough > b->wanted)
        enough = (unsigned)b->wanted;
    b->successors_serve = b->wanted && b->serving >= enough && b->unsettled == 0;
}

static void push_state(struct plan *p, const struct pool *b, struct str server,
                       enum server_admin state)
{
    plan_push(p, REPLY_SET_STATE, b->name, server, "set server " STR_FMT "/" STR_FMT " state %s",
              STR_ARG(b->name), STR_ARG(server), server_admin_name(state));
    p->ops[p->count - 1].state = state;
}

/* Who is to follow has not come yet: the registry knows nobody of the new version. */
static bool waits_for_members(const struct pool *b, const struct ledger_entry *entry)
{
    if (b->wanted || b->want->object->type == BACKEND_STATIC)
        return false; /* the members of a static backend are all said: none is none */
    return b->want->source.n && entry && entry->source.n && !str_eq(entry->source, b->want->source);
}

/* Make before break: a server that serves is drained only when others do, if any are to. */
static bool must_stay(struct plan *p, const struct pool *b, const struct have_server *h,
                      const struct ledger_entry *entry)
{
    if (!serves(h) || b->successors_serve || (b->wanted == 0 && !waits_for_members(b, entry)))
        return false;
    p->waits = true;
    if (b->unsettled)
        plan_wake(p, b->in->now_ms + b->in->poll_ms);
    return true;
}

/* A server that joins a pool which serves shows first that it passes its check; in an empty pool
 * each moment counts. */
static bool starts_in_drain(const struct pool *b, const struct desired_server *w)
{
    bool others_leave = false;

    if (b->in->add_checked)
        return true;
    if (str_eq(w->source, STR("static")))
        return b->serving > 0;
    for (size_t i = 0; i < b->have->count && !others_leave; i++) {
        const struct ledger_entry *entry = entry_of(b, b->have->servers[i].name);
        others_leave = serves(&b->have->servers[i]) && entry && entry->source.n &&
                       !str_eq(entry->source, w->source);
    }
    return others_leave;
}

static void add_server(struct plan *p, const struct pool *b, const struct desired_server *w)
{
    bool ipv6 = false;
    size_t at, from = p->count;
    bool warming = w->admin == ADMIN_READY && starts_in_drain(b, w);

    ipv6 = str_find(w->address, ':', &at);
    if (!plan_push(p, REPLY_ADD_SERVER, b->name, w->name,
                   "add server " STR_FMT "/" STR_FMT " %s" STR_FMT "%s:%u weight %u%s" STR_FMT
                   "%s" STR_FMT,
                   STR_ARG(b->name), STR_ARG(w->name), ipv6 ? "[" : "", STR_ARG(w->address),
                   ipv6 ? "]" : "", (unsigned)w->port, w->weight, w->args.n ? " " : "",
                   STR_ARG(w->args), w->guid.n ? " guid " : "", STR_ARG(w->guid)))
        return;
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
    plan_push(p, REPLY_DEL_SERVER, b->name, h->name, "del server " STR_FMT "/" STR_FMT,
              STR_ARG(b->name), STR_ARG(h->name));
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

    if (entry && entry->warming && want == ADMIN_READY && h->check_result != HAVE_CHECK_PASSED) {
        want = ADMIN_DRAIN;
        p->waits = true;
        plan_wake(p, b->in->now_ms + b->in->poll_ms);
    }
    if (now == want ||
        (want == ADMIN_DRAIN && !(entry && entry->warming) && must_stay(p, b, h, entry)))
        return;
    /* neither what we want nor what we set: somebody did it by hand, and means it */
    if (!(entry && entry->leaving) && now != (entry ? entry->admin_set : ADMIN_READY) &&
        now != (entry ? entry->admin_next : ADMIN_READY))
        return;
    push_state(p, b, w->name, want);
    p->ops[p->count - 1].warming = want == ADMIN_DRAIN && entry && entry->warming;
}

static void change_server(struct plan *p, const struct pool *b, const struct desired_server *w,
                          const struct have_server *h)
{
    const struct ledger_entry *entry = entry_of(b, w->name);

    if (is_half_done(entry, h)) {
        delete_server(p, b, h);
        return;
    }
    if (!str_eq(h->address, w->address) || h->port != w->port)
        plan_push(p, REPLY_SET_ADDR, b->name, w->name,
                  "set server " STR_FMT "/" STR_FMT " addr " STR_FMT " port %u", STR_ARG(b->name),
                  STR_ARG(w->name), STR_ARG(w->address), (unsigned)w->port);
    if (h->uweight != w->weight)
        plan_push(p, REPLY_SET_SERVER_WEIGHT, b->name, w->name,
                  "set server " STR_FMT "/" STR_FMT " weight %u", STR_ARG(b->name),
                  STR_ARG(w->name), w->weight);
    if (!(h->check_state & HAVE_CHECK_ENABLED))
        plan_push(p, REPLY_ENABLE_HEALTH, b->name, w->name, "enable health " STR_FMT "/" STR_FMT,
                  STR_ARG(b->name), STR_ARG(w->name));
    change_admin(p, b, w, h, entry);
}

static void check_args(struct plan *p, const struct pool *b, const struct desired_server *w)
{
    const struct ledger_entry *entry = entry_of(b, w->name);
    struct reason *r;

    if (!entry || !entry->complete || entry->args.n == 0 || str_eq(entry->args, w->args))
        return;
    for (size_t i = 0; i < p->reasons.count; i++) { /* one reason for each backend */
        if (str_ends(p->reasons.items[i].object, b->want->object->name) &&
            p->reasons.items[i].object.n == b->want->object->name.n + 8)
            return;
    }
    r = ARENA_PUSH(&p->arena, p->reasons.items, p->reasons.count);
    r->object = arena_printf(&p->arena, "backend/" STR_FMT, STR_ARG(b->want->object->name));
    r->field = STR("server");
    r->why = arena_printf(&p->arena,
                          "server options or check interval change from \"" STR_FMT
                          "\" to \"" STR_FMT "\"",
                          STR_ARG(entry->args), STR_ARG(w->args));
}

/* A server that nobody wants: ours to remove only if our record or our file names it. */
static void remove_server(struct plan *p, const struct pool *b, const struct have_server *h)
{
    const struct ledger_entry *entry = entry_of(b, h->name);
    enum server_admin now = have_admin_state(h);
    bool late, idle;

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
    if (must_stay(p, b, h, entry))
        return;
    if (now == ADMIN_READY) {
        push_state(p, b, h->name, ADMIN_DRAIN);
        return;
    }
    late = entry->leaving && b->in->now_ms >= entry->deadline_ms;
    idle = h->used_conn == 0 && h->sessions == 0;
    if (!entry->leaving) { /* found drained: it still gets its time */
        push_state(p, b, h->name, ADMIN_DRAIN);
        return;
    }
    if (!idle && !late) {
        int64_t soon = b->in->now_ms + b->in->poll_ms;
        plan_wake(p, soon < entry->deadline_ms ? soon : entry->deadline_ms);
        return;
    }
    if (!(h->admin & HAVE_ANY_MAINT))
        push_state(p, b, h->name, ADMIN_MAINT);
    if (late)
        plan_push(p, REPLY_SHUTDOWN_SESSIONS, b->name, h->name,
                  "shutdown sessions server " STR_FMT "/" STR_FMT, STR_ARG(b->name),
                  STR_ARG(h->name));
    plan_push(p, REPLY_DEL_SERVER, b->name, h->name, "del server " STR_FMT "/" STR_FMT,
              STR_ARG(b->name), STR_ARG(h->name));
}

/* An instance of both versions: once the switch is over it counts for the new one. */
static void find_heir(struct plan *p, const struct pool *b, const struct desired_server *w)
{
    const struct ledger_entry *entry = entry_of(b, w->name);

    if (!b->successors_serve || !entry || entry->source.n == 0 || str_eq(entry->source, w->source))
        return;
    *ARENA_PUSH(&p->arena, p->heirs, p->heir_count) =
        (struct plan_heir){arena_str(&p->arena, b->name), arena_str(&p->arena, w->name),
                           arena_str(&p->arena, w->source)};
}

static size_t count_additions(const struct pool *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->want->server_count; i++)
        n += !b->want->servers[i].leaving && !have_find_server(b->have, b->want->servers[i].name);
    return n;
}

/* HAProxy adds servers one by one, slower the more a backend has: past a point a reload is quicker,
 * where the operator allows one. */
static bool wants_bulk_reload(struct plan *p, const struct pool *b)
{
    size_t additions = b->in->bulk_reload ? count_additions(b) : 0;
    struct reason *r;

    if (additions <= BULK_ADDITIONS)
        return false;
    r = ARENA_PUSH(&p->arena, p->reasons.items, p->reasons.count);
    r->object = arena_printf(&p->arena, "backend/" STR_FMT, STR_ARG(b->want->object->name));
    r->field = STR("members");
    r->why = arena_printf(&p->arena, "%zu members come at once, and --bulkReload is on", additions);
    return true;
}

static void plan_pool(struct plan *p, const struct pool *b)
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
        if (c > 0 || (c == 0 && w->leaving))
            remove_server(p, b, h);
        else if (c == 0) {
            change_server(p, b, w, h);
            check_args(p, b, w);
            find_heir(p, b, w);
        } else if (!w->leaving)
            add_server(p, b, w);
    }
}

static void plan_backend(const struct plan_input *in, struct plan *p,
                         const struct desired_backend *want)
{
    struct pool b = {.in = in, .want = want, .name = want->proxy};

    b.have = have_find_backend(in->have, want->proxy);
    if (!b.have)
        return; /* not there yet: the structure differs, a reload makes it */
    count_pool(&b);
    if (!wants_bulk_reload(p, &b))
        plan_pool(p, &b);
}

/* True if the plan tells more than before. */
static bool has_grown(const struct plan *p, const struct plan *before)
{
    return p->count > before->count || p->waits || p->wake_ms >= 0 ||
           p->reasons.count > before->reasons.count || p->problems.count > before->problems.count ||
           p->heir_count > before->heir_count;
}

void plan_servers(const struct plan_input *in, struct plan *p)
{
    for (size_t i = 0; i < in->want->backend_count; i++) {
        const struct desired_backend *want = &in->want->backends[i];
        struct plan before = *p;
        if (!scope_has(in->scope, want->object->name))
            continue;
        p->waits = false;
        p->wake_ms = -1;
        plan_backend(in, p, want);
        if (has_grown(p, &before))
            scope_add(&p->restless, want->object->name);
        p->waits = p->waits || before.waits;
        if (before.wake_ms >= 0)
            plan_wake(p, before.wake_ms);
    }
}
