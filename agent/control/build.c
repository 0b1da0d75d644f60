/* SPDX-License-Identifier: Apache-2.0 */
#include "control/build.h"

#include "control/former.h"
#include "control/structural.h"
#include "policy/maps.h"
#include "render/maps.h"
#include "render/profile.h"
#include "render/rules.h"
#include "render/server.h"

#include <stdlib.h>
#include <string.h>

static enum server_admin admin_of(const struct member *m, bool panic)
{
    switch (m->status) {
    case MEMBER_PASSING:
    case MEMBER_WARNING: return ADMIN_READY;
    case MEMBER_CRITICAL: return panic ? ADMIN_READY : ADMIN_DRAIN;
    case MEMBER_MAINTENANCE: return ADMIN_DRAIN;
    }
    return ADMIN_READY;
}

static struct str source_of(struct arena *a, const struct backend *b)
{
    if (b->type == BACKEND_STATIC)
        return STR("static");
    return arena_printf(a, STR_FMT "@" STR_FMT, STR_ARG(b->service), STR_ARG(b->version));
}

struct builder {
    const struct build_input *in;
    struct desired *d;
    struct str_list *problems;
    struct former former;
    struct arena scratch; /* until all is built */
    /* of the backend that is being built: */
    struct arena *arena; /* its piece's */
    struct arena work;   /* until it is done */
    struct str args[2];  /* its servers' options; of the backup ones */
};

/* An operator's word wins over the registry's. */
static void override(struct desired_server *s, const struct override *o)
{
    if (!o)
        return;
    if (o->has_state)
        s->admin = o->state;
    if (o->has_weight)
        s->weight = o->weight;
    s->overridden = o->has_state;
}

static int args_of(struct builder *w, const struct backend *object, const struct member *m,
                   struct str *out, struct err *e)
{
    struct str *args = &w->args[m->backup];

    if (!args->p && server_args(w->arena, object, m, w->in->caps, args, e))
        return -1;
    *out = *args;
    return 0;
}

static void add_member(struct builder *w, struct desired_backend *b, const struct member *m,
                       bool panic, const struct override_set *overrides)
{
    struct arena *a = w->arena, *told = &w->d->arena;
    struct desired_server *s;
    struct str args;
    struct err e;

    if (m->unusable.n || m->address.n == 0 || m->port == 0)
        return;
    if (args_of(w, b->object, m, &args, &e)) {
        *ARENA_PUSH(told, w->problems->items, w->problems->count) =
            arena_printf(told, "backend " STR_FMT ": member " STR_FMT ":%u: %s", STR_ARG(b->proxy),
                         STR_ARG(m->host), (unsigned)m->port, e.text);
        return;
    }
    s = ARENA_PUSH(&w->work, b->servers, b->server_count);
    *s = (struct desired_server){
        .name = member_server_name(a, b->object->name, m),
        .address = arena_str(a, m->address),
        .port = m->port,
        .weight = m->weight,
        .admin = admin_of(m, panic),
        .source = b->source,
        .args = args,
    };
    s->host = str_eq(m->host, s->address) ? s->address : arena_str(a, m->host);
    override(s, override_find(overrides, m->host, m->port));
    if (w->in->caps->guid)
        s->guid = arena_str(a, server_guid_in(&w->work, b->proxy, b->object->name, s->name));
}

static void keep_out(struct builder *w, struct desired_backend *b, const struct override_set *s)
{
    struct arena *a = w->arena;

    for (size_t i = 0; s && i < s->count; i++) {
        struct member m = {.host = s->items[i].member.host, .port = s->items[i].member.port};
        if (s->items[i].has_state && s->items[i].state != ADMIN_READY)
            *ARENA_PUSH(a, b->kept_out, b->kept_out_count) =
                member_server_name(a, b->object->name, &m);
    }
}

static int server_cmp(const void *pa, const void *pb)
{
    const struct desired_server *a = pa, *b = pb;

    return str_cmp(a->name, b->name);
}

/* Two hosts may give one server name ("a/b" and "a-b"): the first stays. */
static void sort_servers(struct desired_backend *b)
{
    size_t kept = 0;

    if (b->server_count)
        qsort(b->servers, b->server_count, sizeof *b->servers, server_cmp);
    for (size_t i = 0; i < b->server_count; i++) {
        if (kept && str_eq(b->servers[kept - 1].name, b->servers[i].name))
            continue;
        b->servers[kept++] = b->servers[i];
    }
    b->server_count = kept;
}

static bool is_wanted(const struct desired_backend *b, size_t count, struct str name)
{
    struct desired_server key = {.name = name};

    return count && bsearch(&key, b->servers, count, sizeof *b->servers, server_cmp);
}

/* Servers that nobody wants but that still serve, since their successors do not yet: they stay in
 * the file, so that a reload meanwhile does not take them away. Without successors only those of
 * another version stay: a switch waits for its members, a lost last member is gone. */
static void add_leaving(struct builder *w, struct desired_backend *b, struct str proxy)
{
    const struct have_backend *have = w->in->have ? have_find_backend(w->in->have, proxy) : NULL;
    size_t wanted = b->server_count;

    for (size_t i = 0; have && i < have->count; i++) {
        const struct have_server *h = &have->servers[i];
        const struct ledger_entry *entry;
        struct desired_server *s;

        if (is_wanted(b, wanted, h->name) || have_admin_state(h) != ADMIN_READY ||
            h->address.n == 0)
            continue;
        entry = ledger_find(w->in->ledger, proxy, h->name);
        if (!entry || entry->leaving ||
            (!wanted && !b->unknown &&
             (b->object->type == BACKEND_STATIC || str_eq(entry->source, b->source))))
            continue;
        s = ARENA_PUSH(&w->work, b->servers, b->server_count);
        *s = (struct desired_server){
            .name = arena_str(w->arena, h->name),
            .host = STR(""),
            .address = arena_str(w->arena, h->address),
            .port = h->port,
            .weight = h->uweight,
            .leaving = true,
            .source = arena_str(w->arena, entry->source),
            .args = arena_str(w->arena, entry->args),
        };
    }
    if (b->server_count > wanted)
        qsort(b->servers, b->server_count, sizeof *b->servers, server_cmp);
}

static struct str proxy_guid(struct builder *w, struct str proxy)
{
    return w->in->caps->guid ? server_guid(w->arena, "be", proxy) : STR("");
}

/* The proxy that serves until the other one can, with the same servers: members that come and go
 * meanwhile do so in both. */
static void add_holder(struct builder *w, const struct desired_backend *b)
{
    struct arena *a = &w->d->arena;
    struct desired_backend *h = ARENA_PUSH(a, w->d->holders, w->d->holder_count);

    *h = *b;
    h->proxy = b->holder;
    h->guid = STR("");
    h->holder = STR("");
    h->make = false;
    h->piece = NULL;
    h->servers = ARENA_ARRAY(a, struct desired_server, b->server_count);
    for (size_t i = 0; i < b->server_count; i++) {
        h->servers[i] = b->servers[i];
        if (w->in->caps->guid)
            h->servers[i].guid = server_guid_in(a, h->proxy, b->object->name, h->servers[i].name);
    }
}

/* The next state may take the backend over as a whole: its texts are the piece's own. */
static void keep_names(struct builder *w, struct desired_backend *b)
{
    if (!b->settled)
        return;
    b->profile = arena_str(w->arena, b->profile);
    if (b->proxy.p != b->object->name.p)
        b->proxy = arena_str(w->arena, b->proxy);
}

/* In one piece, without what was left behind as the list grew. */
static void keep_servers(struct builder *w, struct desired_backend *b)
{
    struct desired_server *servers = ARENA_ROOM(w->arena, struct desired_server, b->server_count);

    if (b->server_count)
        memcpy(servers, b->servers, b->server_count * sizeof *servers);
    b->servers = servers;
    arena_free(&w->work);
}

static void build_backend(struct builder *w, struct desired_backend *b)
{
    const struct backend *object = b->object;
    struct pool_members members = w->in->members(w->in->ctx, &w->work, object);
    struct override_set *overrides = objects_overrides(w->in->objects, object->name);

    b->piece = desired_piece_new(overrides);
    w->arena = &b->piece->arena;
    w->args[0] = w->args[1] = STR_NONE;
    keep_names(w, b);
    b->guid = proxy_guid(w, b->proxy);
    b->source = source_of(w->arena, object);
    b->unknown = members.unknown;
    for (size_t i = 0; i < members.list.count; i++)
        add_member(w, b, &members.list.items[i], members.panic, overrides);
    sort_servers(b);
    keep_out(w, b, overrides);
    add_leaving(w, b, b->holder.n ? b->holder : b->proxy);
    keep_servers(w, b);
    if (b->holder.n)
        add_holder(w, b);
}

/* Most backends have the profile of the one before: its name is printed once for all of them. */
static void name_profiles(struct desired *d)
{
    const struct desired_backend *last = NULL;

    for (size_t i = 0; i < d->backend_count; i++) {
        struct desired_backend *b = &d->backends[i];
        struct profile profile;
        if (b->piece || !structural_is_plain(b->object))
            continue;
        profile = profile_of(b->object);
        if (last && profile_equal(profile, profile_of(last->object)))
            b->profile = last->profile;
        else
            b->profile = profile_name(&d->arena, profile);
        last = b;
    }
}

static void choose_proxies(struct builder *w)
{
    struct desired *d = w->d;

    d->backends = ARENA_ROOM(&d->arena, struct desired_backend, d->object_count);
    d->backend_count = d->object_count;
    for (size_t i = 0; i < d->backend_count; i++) {
        struct backend *object = d->objects[i];
        if (!former_keep(&w->former, object, &d->backends[i]))
            d->backends[i] = (struct desired_backend){.object = object, .proxy = object->name};
    }
    if (w->in->plain)
        name_profiles(d);
    if (w->in->proxies)
        proxies_choose(w->in->proxies, &d->arena, d->backends, d->backend_count);
}

static void copy_objects(struct desired *d, const struct objects *o)
{
    d->frontends = ARENA_ARRAY(&d->arena, struct frontend *, o->frontend_count);
    d->objects = ARENA_ROOM(&d->arena, struct backend *, o->backend_count);
    for (size_t i = 0; i < o->frontend_count; i++)
        d->frontends[d->frontend_count++] = frontend_ref(o->frontends[i]);
    for (size_t i = 0; i < o->backend_count; i++)
        d->objects[d->object_count++] = backend_ref(o->backends[i]);
    d->splits = ARENA_ARRAY(&d->arena, struct split *, o->split_count);
    for (size_t i = 0; i < o->split_count; i++)
        d->splits[d->split_count++] = split_ref(o->splits[i]);
}

/* None can be too long, since each was asked before it was stored. */
static void build_policies(struct desired *d, const struct objects *o, struct str_list *problems)
{
    struct policy_maps maps;
    struct err e;

    if (policy_maps_build(&d->arena, (const struct policy *const *)o->policies, o->policy_count,
                          &maps, &e))
        *ARENA_PUSH(&d->arena, problems->items, problems->count) =
            arena_printf(&d->arena, "%s", e.text);
    d->policy_names = maps.policies;
    d->policy_lines = maps.lines;
}

static bool is_at_rest(const struct desired *d)
{
    for (size_t i = 0; i < d->backend_count; i++) {
        const struct desired_backend *b = &d->backends[i];
        if (!b->settled || b->proxy.p != b->object->name.p)
            return false;
    }
    return d->holder_count == 0;
}

static uint64_t maps_id_of(const struct desired *d, const struct desired *former)
{
    if (!former)
        return 1;
    return maps_equal(d, former) ? former->maps_id : former->maps_id + 1;
}

static struct desired *build_anew(struct builder *w)
{
    const struct build_input *in = w->in;
    struct desired *d = calloc(1, sizeof *d);

    if (!d)
        abort();
    w->d = d;
    d->refs = 1;
    d->generation = in->objects->generation;
    d->profiles_named = in->plain;
    copy_objects(d, in->objects);
    choose_proxies(w);
    for (size_t i = 0; i < d->backend_count; i++) {
        if (!d->backends[i].piece && !former_share(&w->former, &d->backends[i]))
            build_backend(w, &d->backends[i]);
    }
    d->rulesets = ARENA_ARRAY(&d->arena, struct ruleset, d->frontend_count);
    for (size_t i = 0; i < d->frontend_count; i++) {
        if (d->frontends[i]->mode == MODE_HTTP)
            rules_compile(&d->arena, d->frontends[i], &d->rulesets[d->ruleset_count++]);
    }
    build_policies(d, in->objects, w->problems);
    d->at_rest = is_at_rest(d);
    maps_build(d);
    d->maps_id = maps_id_of(d, in->former);
    return d;
}

struct desired *build_desired(const struct build_input *in, struct str_list *problems)
{
    struct builder w = {.in = in, .problems = problems};
    struct desired *d;

    w.former = former_of(&w.scratch, in->former, in->scope, in->objects, in->plain);
    *problems = (struct str_list){0};
    if (in->former_objects == in->objects && former_holds(&w.former))
        d = desired_ref(in->former);
    else
        d = build_anew(&w);
    arena_free(&w.scratch);
    return d;
}
