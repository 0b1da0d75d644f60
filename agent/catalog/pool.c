/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/pool.h"

#include <stdlib.h>

struct pool {
    struct pool_options options;
    struct arena names;
    struct str service, version;
    struct pool_state state;
    struct pool_view *view;
};

/* What a reading does to the pool as a whole. */
struct loss {
    size_t base;   /* usable members before, those held as DISTURBED left out */
    size_t lost;   /* of these, not named by the reading */
    size_t gained; /* usable members that were not in the pool */
};

const char *hold_name(enum hold h)
{
    static const char *const names[] = {"none", "unconfirmed", "shrink", "disturbed"};

    return names[h];
}

const char *hold_reason(enum hold h)
{
    static const char *const reasons[] = {
        "not held",
        "gone after a disturbance of the registry; waits for a confirming read",
        "gone with too many others at once, or as the last one; waits for a confirming read",
        "gone in a disturbance of the registry; held until it returns or the loss is accepted",
    };

    return reasons[h];
}

struct pool_view *pool_view_ref(struct pool_view *v)
{
    v->refs++;
    return v;
}

void pool_view_unref(struct pool_view *v)
{
    if (!v || --v->refs)
        return;
    struct arena a = v->arena; /* it owns `v` as well */
    arena_free(&a);
}

static void copy_texts(struct arena *a, struct arena_texts *seen, struct member *m)
{
    struct str *texts[] = {&m->name,     &m->version,         &m->host,    &m->meta_hostname,
                           &m->meta_pid, &m->meta_registered, &m->address, &m->unusable};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_str_once(a, seen, *texts[i]);
}

static void view_add_held(struct pool_view *v, const struct pool_state *s)
{
    v->held = ARENA_ARRAY(&v->arena, struct held, s->count);
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].hold)
            v->held[v->held_count++] =
                (struct held){&v->members.items[i], s->items[i].hold, s->items[i].since_ms};
}

static struct pool_view *view_of(const struct pool *p)
{
    struct arena a = ARENA_INIT, work = ARENA_INIT;
    struct arena_texts seen = {0};
    struct pool_view *v = ARENA_NEW(&a, struct pool_view);
    struct candidate_list list = {ARENA_ARRAY(&work, struct candidate, p->state.count),
                                  p->state.count};

    v->refs = 1;
    v->known = p->state.known;
    for (size_t i = 0; i < list.count; i++)
        list.items[i] = p->state.items[i].candidate;
    v->panic = select_members(&a, &list, p->options.panic, &v->members);
    for (size_t i = 0; i < v->members.count; i++)
        copy_texts(&a, &seen, &v->members.items[i]);
    arena_free(&work);
    v->arena = a;
    view_add_held(v, &p->state);
    return v;
}

static bool members_differ(const struct member *x, const struct member *y)
{
    return !str_eq(x->host, y->host) || x->port != y->port || x->status != y->status ||
           x->weight != y->weight || !str_eq(x->address, y->address) ||
           !str_eq(x->unusable, y->unusable) || !str_eq(x->meta_hostname, y->meta_hostname) ||
           !str_eq(x->meta_pid, y->meta_pid) || !str_eq(x->meta_registered, y->meta_registered);
}

static bool views_differ(const struct pool_view *x, const struct pool_view *y)
{
    if (x->known != y->known || x->panic != y->panic || x->members.count != y->members.count ||
        x->held_count != y->held_count)
        return true;
    for (size_t i = 0; i < x->members.count; i++)
        if (members_differ(&x->members.items[i], &y->members.items[i]))
            return true;
    for (size_t i = 0; i < x->held_count; i++)
        if (x->held[i].hold != y->held[i].hold ||
            x->held[i].member - x->members.items != y->held[i].member - y->members.items)
            return true;
    return false;
}

bool pool_install(struct pool *p, struct pool_state *state)
{
    struct pool_view *old = p->view;
    bool changed;

    arena_free(&p->state.arena);
    p->state = *state;
    p->view = view_of(p);
    changed = !old || views_differ(old, p->view);
    pool_view_unref(old);
    return changed;
}

static void set_subscription(struct pool *p, struct str service, struct str version)
{
    struct arena a = ARENA_INIT;

    p->service = arena_str(&a, service);
    p->version = arena_str(&a, version);
    arena_free(&p->names);
    p->names = a;
    pool_install(p, &(struct pool_state){.arena = ARENA_INIT});
}

struct pool *pool_new(const struct pool_options *options, struct str service, struct str version)
{
    struct pool *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    p->options = *options;
    set_subscription(p, service, version);
    return p;
}

void pool_free(struct pool *p)
{
    pool_view_unref(p->view);
    arena_free(&p->state.arena);
    arena_free(&p->names);
    free(p);
}

struct str pool_service(const struct pool *p)
{
    return p->service;
}

struct str pool_version(const struct pool *p)
{
    return p->version;
}

struct pool_view *pool_view(const struct pool *p)
{
    return p->view;
}

const struct pool_state *pool_state(const struct pool *p)
{
    return &p->state;
}

bool pool_subscribe(struct pool *p, struct str service, struct str version)
{
    if (str_eq(p->service, service) && str_eq(p->version, version))
        return false;
    set_subscription(p, service, version);
    return true;
}

static bool is_usable(const struct pool_member *m)
{
    return !m->candidate.member.unusable.n;
}

static void count_loss(struct loss *l, const struct pool_member *old, const struct candidate *now)
{
    if (old && old->hold != HOLD_DISTURBED && is_usable(old)) {
        l->base++;
        l->lost += !now;
    }
    if (now && !now->member.unusable.n && (!old || old->hold == HOLD_DISTURBED))
        l->gained++;
}

static bool loss_is_large(const struct loss *l, unsigned max_shrink_percent)
{
    if (!l->lost)
        return false;
    if (l->lost == l->base && !l->gained)
        return true;
    return l->lost > l->gained && (l->lost - l->gained) * 100 > l->base * max_shrink_percent;
}

/* The table of pool.h. */
static enum hold judge(enum hold before, bool large, const struct evidence *e)
{
    if (before == HOLD_DISTURBED)
        return HOLD_DISTURBED;
    switch (e->trust) {
    case READ_DOUBTFUL: return HOLD_UNCONFIRMED;
    case READ_REFUTED: return HOLD_DISTURBED;
    case READ_UNBROKEN:
        if (before == HOLD_UNCONFIRMED)
            return HOLD_UNCONFIRMED;
        return large ? HOLD_SHRINK : HOLD_NONE;
    case READ_CONFIRMED:
        if (large && e->disturbed)
            return HOLD_DISTURBED;
        return large && !e->sound ? HOLD_SHRINK : HOLD_NONE;
    }
    return HOLD_DISTURBED;
}

/* A step of the walk over two sorted lists: the next host and port, in either or in both. */
static void walk_next(const struct pool_state *old, const struct candidate_list *now, size_t *i,
                      size_t *k, const struct pool_member **member, const struct candidate **named)
{
    int order;

    if (*i == old->count)
        order = 1;
    else if (*k == now->count)
        order = -1;
    else
        order = candidate_compare(&old->items[*i].candidate, &now->items[*k]);
    *member = order <= 0 ? &old->items[(*i)++] : NULL;
    *named = order >= 0 ? &now->items[(*k)++] : NULL;
}

static void copy_member(struct pool_state *to, struct arena_texts *seen,
                        const struct pool_member *from)
{
    struct pool_member *m = &to->items[to->count++];

    *m = *from;
    copy_texts(&to->arena, seen, &m->candidate.member);
}

static void add_named(struct pool_state *to, struct arena_texts *seen, const struct candidate *now,
                      const struct pool_member *old)
{
    struct pool_member named = {.candidate = *now};
    struct pool_member *m = &to->items[to->count];

    copy_member(to, seen, &named);
    /* a name that is not resolved yet, after a restart, keeps the address it had */
    if (old && is_usable(old) && now->member.unusable.n && now->member.port) {
        m->candidate.member.address = arena_str(&to->arena, old->candidate.member.address);
        m->candidate.member.unusable = STR_NONE;
    }
}

static void add_missing(struct pool_state *to, struct arena_texts *seen,
                        const struct pool_member *old, bool large, const struct evidence *e)
{
    enum hold hold = judge(old->hold, large, e);

    if (!hold)
        return;
    copy_member(to, seen, old);
    to->items[to->count - 1].hold = hold;
    if (!old->hold)
        to->items[to->count - 1].since_ms = e->now_ms;
}

bool pool_read(struct pool *p, const struct service_read *read, const struct name_table *names,
               const struct evidence *evidence)
{
    struct pool_state to = {.arena = ARENA_INIT, .known = true};
    struct arena work = ARENA_INIT;
    struct arena_texts seen = {0};
    struct candidate_list now;
    const struct pool_member *member;
    const struct candidate *named;
    struct loss loss = {0, 0, 0};
    size_t most = 0;

    select_candidates(&work, read, p->version, names, evidence->now_ms, &now);
    for (size_t i = 0, k = 0; i < p->state.count || k < now.count;) {
        walk_next(&p->state, &now, &i, &k, &member, &named);
        count_loss(&loss, member, named);
        most++;
    }
    bool large = loss_is_large(&loss, p->options.max_shrink_percent);
    to.items = ARENA_ARRAY(&to.arena, struct pool_member, most);
    for (size_t i = 0, k = 0; i < p->state.count || k < now.count;) {
        walk_next(&p->state, &now, &i, &k, &member, &named);
        if (named)
            add_named(&to, &seen, named, member);
        else if (member)
            add_missing(&to, &seen, member, large, evidence);
    }
    arena_free(&work);
    return pool_install(p, &to);
}

bool pool_resolve(struct pool *p, const struct name_table *names)
{
    struct pool_state to = {.arena = ARENA_INIT, .known = p->state.known};
    struct arena_texts seen = {0};

    to.items = ARENA_ARRAY(&to.arena, struct pool_member, p->state.count);
    for (size_t i = 0; i < p->state.count; i++) {
        copy_member(&to, &seen, &p->state.items[i]);
        member_resolve(&to.arena, &to.items[i].candidate.member, names);
    }
    return pool_install(p, &to);
}

bool pool_wants_confirm(const struct pool *p)
{
    for (size_t i = 0; i < p->state.count; i++)
        if (p->state.items[i].hold == HOLD_UNCONFIRMED || p->state.items[i].hold == HOLD_SHRINK)
            return true;
    return false;
}

size_t pool_accept(struct pool *p)
{
    struct pool_state to = {.arena = ARENA_INIT, .known = p->state.known};
    struct arena_texts seen = {0};
    size_t before = p->state.count;

    to.items = ARENA_ARRAY(&to.arena, struct pool_member, before);
    for (size_t i = 0; i < before; i++)
        if (!p->state.items[i].hold)
            copy_member(&to, &seen, &p->state.items[i]);
    pool_install(p, &to);
    return before - p->state.count;
}
