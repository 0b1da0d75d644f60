/* SPDX-License-Identifier: Apache-2.0 */
#include "control/override_change.h"

static bool is_member(const struct pool_members *members, const struct endpoint *m)
{
    struct arena a = ARENA_INIT;
    bool found = false;

    for (size_t i = 0; i < members->list.count && !found; i++) {
        const struct member *one = &members->list.items[i];
        found = one->port == m->port && str_eq(endpoint_host(&a, one->host), m->host);
    }
    arena_free(&a);
    return found;
}

/* Room for one more: the oldest word on a member that is gone is forgotten. */
static struct override_set *make_room(const struct override_set *s,
                                      const struct pool_members *members)
{
    const struct override *oldest = NULL;
    struct override none;

    for (size_t i = 0; i < s->count; i++) {
        if ((!oldest || s->items[i].since_ms < oldest->since_ms) &&
            !is_member(members, &s->items[i].member))
            oldest = &s->items[i];
    }
    if (!oldest)
        return NULL;
    none = (struct override){.member = oldest->member, .by = STR("")};
    return override_set_with(s, s->backend, &none);
}

/* `old` may be NULL: nothing was said yet. */
static struct override said(const struct override *old, const struct override_wish *w,
                            struct override_author author)
{
    struct override next = old ? *old : (struct override){.member = w->member};

    if (w->state_word != OVERRIDE_KEEP) {
        next.has_state = w->state_word == OVERRIDE_SET;
        next.state = next.has_state ? w->state : ADMIN_READY;
    }
    if (w->weight_word != OVERRIDE_KEEP) {
        next.has_weight = w->weight_word == OVERRIDE_SET;
        next.weight = next.has_weight ? w->weight : 0;
    }
    next.by = author.by;
    next.since_ms = author.now_ms;
    return next;
}

static bool says_same(const struct override *old, const struct override *next)
{
    static const struct override nothing = {0};

    old = old ? old : &nothing;
    return old->has_state == next->has_state && old->has_weight == next->has_weight &&
           (!old->has_state || old->state == next->state) &&
           (!old->has_weight || old->weight == next->weight);
}

/* The set with this word in it; NULL when there is no room. */
static struct override_set *put_word(const struct override_set *s, struct str backend,
                                     const struct override *o, const struct pool_members *members)
{
    struct override_set *roomy = NULL, *out;
    bool is_new = !override_find(s, o->member.host, o->member.port);

    if (is_new && s && s->count >= LIMIT_OVERRIDES && !(roomy = make_room(s, members)))
        return NULL;
    out = override_set_with(roomy ? roomy : s, backend, o);
    override_set_unref(roomy);
    return out;
}

static struct objects *with_set(const struct objects *now, struct override_set *s)
{
    struct objects *next = objects_copy(now);

    objects_put_overrides(next, s);
    next->generation++;
    override_set_unref(s);
    return next;
}

int override_change(const struct objects *now, struct str backend, const struct override_wish *w,
                    const struct pool_members *members, struct override_author author,
                    struct change_result *result, struct err *e)
{
    const struct override_set *s = objects_overrides(now, backend);
    const struct override *old = override_find(s, w->member.host, w->member.port);
    struct override next = said(old, w, author);
    struct override_set *set;

    *result = (struct change_result){0};
    if (!objects_backend(now, backend))
        return err_set(e, ERR_NOT_FOUND, "no backend \"" STR_FMT "\"", STR_ARG(backend));
    if (!old && !is_member(members, &w->member))
        return err_set(e, ERR_NOT_FOUND, "backend \"" STR_FMT "\" has no member " STR_FMT ":%u",
                       STR_ARG(backend), STR_ARG(w->member.host), (unsigned)w->member.port);
    if (says_same(old, &next)) {
        result->next = objects_copy(now);
        return 0;
    }
    set = put_word(s, backend, &next, members);
    if (!set)
        return err_set(e, ERR_CONFLICT, "backend \"" STR_FMT "\": more than %d overrides",
                       STR_ARG(backend), LIMIT_OVERRIDES);
    result->next = with_set(now, set);
    result->changed = true;
    return 0;
}

/* --- warnings --- */

static const struct desired_backend *find_backend(const struct desired *d, struct str name)
{
    for (size_t i = 0; i < d->backend_count; i++) {
        if (str_eq(d->backends[i].object->name, name))
            return &d->backends[i];
    }
    return NULL;
}

/* Would it take traffic? What HAProxy has found out of it counts. */
static bool serves(const struct desired_server *w, const struct have_backend *have)
{
    const struct have_server *h = have ? have_find_server(have, w->name) : NULL;

    if (w->leaving)
        return true;
    if (w->admin != ADMIN_READY || w->weight == 0)
        return false;
    return !h || h->op != HAVE_STOPPED || (h->admin & HAVE_ANY_MAINT);
}

static void warn(struct arena *a, struct str_list *warnings, struct str text)
{
    *ARENA_PUSH(a, warnings->items, warnings->count) = text;
}

void override_warn(struct arena *a, const struct desired *next, const struct have *have,
                   struct str backend, const struct override_wish *w, struct str_list *warnings)
{
    const struct desired_backend *b = find_backend(next, backend);
    const struct have_backend *hb = b && have ? have_find_backend(have, b->proxy) : NULL;
    size_t serving = 0;

    for (size_t i = 0; b && i < b->server_count; i++) {
        const struct desired_server *s = &b->servers[i];
        struct endpoint m = {endpoint_host(a, s->host), s->port};
        serving += serves(s, hb);
        if (w->state_word == OVERRIDE_TAKE_BACK && s->admin != ADMIN_READY && !s->leaving &&
            endpoint_cmp(&m, &w->member) == 0)
            warn(a, warnings,
                 arena_printf(a,
                              "the registry does not call member " STR_FMT " healthy: it stays in "
                              "%s",
                              STR_ARG(endpoint_text(a, m.host, m.port)),
                              server_admin_name(s->admin)));
    }
    if (b && serving == 0 && b->server_count)
        warn(a, warnings,
             arena_printf(a, "no member of backend \"" STR_FMT "\" takes traffic now",
                          STR_ARG(backend)));
}

/* --- by hand --- */

static bool adopt_one(const struct objects *next, const struct plan_hand *h, int64_t now_ms,
                      struct override_set **out)
{
    static const struct pool_members unknown = {0};
    const struct override_set *s = objects_overrides(next, h->backend);
    const struct override *old = override_find(s, h->host, h->port);
    bool back = h->state == ADMIN_READY && old && old->has_state;
    struct override_wish w = {.member = {h->host, h->port},
                              .state_word = back ? OVERRIDE_TAKE_BACK : OVERRIDE_SET,
                              .state = h->state};
    struct override o = said(old, &w, (struct override_author){STR("haproxy"), now_ms});

    if (h->agrees || h->host.n == 0 || !objects_backend(next, h->backend))
        return false;
    *out = old || !s || s->count < LIMIT_OVERRIDES ? put_word(s, h->backend, &o, &unknown) : NULL;
    return *out != NULL;
}

struct objects *override_adopt(const struct objects *now, const struct plan *p, int64_t now_ms,
                               bool *taken)
{
    struct objects *next = NULL;

    for (size_t i = 0; i < p->hand_count; i++) {
        struct override_set *set = NULL;
        taken[i] = adopt_one(next ? next : now, &p->hands[i], now_ms, &set);
        if (!taken[i])
            continue;
        if (!next) {
            next = objects_copy(now);
            next->generation++;
        }
        objects_put_overrides(next, set);
        override_set_unref(set);
    }
    return next;
}
