/* SPDX-License-Identifier: Apache-2.0 */
/* Wires the registry: which backends subscribe to what, and what their members are. */
#include "app_held.h"
#include "app_stream.h"

#include "base/log.h"
#include "registry/list.h"
#include "registry/register.h"

static void on_pool(void *ctx, struct str backend)
{
    struct app *a = ctx;

    app_store_members(a, backend);
    app_stream_members_changed(a, backend);
    app_held_look(a, backend);
    scope_add(&a->scope, backend);
    app_world_changed(a);
}

static void on_hosts(void *ctx)
{
    app_stream_members_changed(ctx, STR(""));
    app_touch_all(ctx);
    app_world_changed(ctx);
}

static void note_held(struct app *a)
{
    struct catalog *c = subscriptions_catalog(a->registry);
    struct pool_view *view;
    struct str name;

    for (size_t i = 0; (view = catalog_each(c, i, &name)); i++) {
        for (size_t k = 0; k < view->held_count; k++)
            log_debug("backend " STR_FMT ": held: " STR_FMT ":%u", STR_ARG(name),
                      STR_ARG(view->held[k].member->host), (unsigned)view->held[k].member->port);
    }
}

static void on_state(void *ctx, const struct registry_status *status)
{
    struct app *a = ctx;

    app_note(a, status->state == REGISTRY_OK ? "registryUp" : "registryDown", STR("registry"),
             "agent", "%s", status->last_error);
    if (status->state == REGISTRY_DOWN)
        log_warn("registry: %s", status->last_error);
    else
        log_info("registry: %s", registry_state_name(status->state));
    note_held(a);
}

static const char *given(const char *text)
{
    return text && *text ? text : NULL;
}

static const struct service_read *last_read(void *ctx, struct str service)
{
    struct app *a = ctx;

    return catalog_last_read(subscriptions_catalog(a->registry), service);
}

static void start_side_parts(struct app *a)
{
    struct http *http = subscriptions_http(a->registry);
    struct registration_options options = {.label = given(a->options->label),
                                           .location = given(a->options->location),
                                           .address = given(a->options->host),
                                           .port = (unsigned)a->options->port};

    if (!http)
        return;
    a->lister = lister_start(a->loop, http, last_read, a);
    if (a->options->registerAgent)
        a->registration = registration_start(a->loop, http, &options);
}

/* It follows a service, or some member's name is to be resolved. */
static bool is_subscriber(const struct backend *b)
{
    if (!b || b->type == BACKEND_DYNAMIC)
        return b != NULL;
    for (size_t i = 0; i < b->members.count; i++) {
        if (b->members.items[i].address.n == 0)
            return true;
    }
    return false;
}

static bool subscribes_anew(const struct objects *old, const struct objects *new)
{
    struct objects_walk w = {0};

    while (objects_next_difference(&w, old, new)) {
        if (is_subscriber(w.was) || is_subscriber(w.is))
            return true;
    }
    return false;
}

static void subscribe(struct app *a)
{
    const struct objects *o = a->stored;
    struct arena arena = ARENA_INIT;
    struct subscription *subs = ARENA_ARRAY(&arena, struct subscription, o->backend_count);
    struct str_list hosts = {0};
    size_t count = 0;

    for (size_t i = 0; i < o->backend_count; i++) {
        const struct backend *b = o->backends[i];
        if (b->type == BACKEND_DYNAMIC)
            subs[count++] = (struct subscription){b->name, b->service, b->version};
        for (size_t k = 0; b->type == BACKEND_STATIC && k < b->members.count; k++) {
            if (b->members.items[k].address.n == 0)
                *ARENA_PUSH(&arena, hosts.items, hosts.count) = b->members.items[k].host;
        }
    }
    subscriptions_set(a->registry, subs, count);
    subscriptions_set_hosts(a->registry, &hosts);
    arena_free(&arena);
}

int app_registry_start(struct app *a, struct err *e)
{
    const struct options *o = a->options;
    struct registry_address address;
    struct subscriptions_options options = {
        .http = {.address = &address,
                 .datacenter = given(o->datacenter),
                 .token_file = given(o->serviceRegTokenFile),
                 .ca = given(o->serviceRegCa),
                 .cert = given(o->serviceRegCert),
                 .key = given(o->serviceRegKey)},
        .pool = {.max_shrink_percent = (unsigned)o->maxShrink, .panic = o->panic},
    };
    struct subscriptions_events events = {
        .ctx = a, .on_pool = on_pool, .on_hosts = on_hosts, .on_state = on_state};

    if (registry_address_parse(o->serviceReg, (unsigned)o->serviceRegPort, &address, e))
        return err_wrap(e, "--serviceReg");
    a->registry = subscriptions_start(a->loop, &options, &events, e);
    if (!a->registry)
        return -1;
    subscribe(a);
    app_load_pools(a);
    app_held_load(a);
    start_side_parts(a);
    return 0;
}

void app_registry_stop(struct app *a)
{
    if (a->lister)
        lister_stop(a->lister);
    if (a->registry)
        subscriptions_stop(a->registry);
    a->lister = NULL;
    a->registry = NULL;
    app_held_free(a);
}

bool app_subscribe(struct app *a, const struct objects *before)
{
    bool anew = subscribes_anew(before, a->stored);

    if (anew)
        subscribe(a);
    return anew;
}

/* A static member by its host name: what the resolver knows of it. */
static void resolve_member(struct app *a, struct arena *arena, struct member *m)
{
    const struct resolved *r = subscriptions_resolved(a->registry, m->host);

    if (!r)
        return;
    m->address = arena_str(arena, r->address);
    m->unusable = r->address.n ? STR("") : arena_str(arena, r->problem);
}

/* Of a subscription that is only asked about (a dry run): what the last reading would give. */
static bool preview_members(struct app *a, struct arena *arena, const struct backend *b,
                            struct pool_members *out)
{
    const struct backend *now = objects_backend(a->effective, b->name);
    const struct service_read *read;
    const struct name_table no_names = {0};
    struct candidate_list candidates;

    if (now && str_eq(now->service, b->service) && str_eq(now->version, b->version))
        return false;
    read = catalog_last_read(subscriptions_catalog(a->registry), b->service);
    if (!read)
        return false;
    select_candidates(arena, read, b->version, &no_names, app_wall_ms(), &candidates);
    out->panic = select_members(arena, &candidates, a->options->panic, &out->list);
    out->unknown = false;
    return true;
}

struct pool_members app_members(void *app, struct arena *arena, const struct backend *b)
{
    struct app *a = app;
    struct pool_members out = {0};
    struct pool_view *view;

    if (b->type == BACKEND_STATIC) {
        out.list.items = ARENA_ARRAY(arena, struct member, b->members.count);
        out.list.count = b->members.count;
        for (size_t i = 0; i < b->members.count; i++) {
            out.list.items[i] = b->members.items[i];
            if (out.list.items[i].address.n == 0)
                resolve_member(a, arena, &out.list.items[i]);
        }
        return out;
    }
    if (preview_members(a, arena, b, &out))
        return out;
    view = catalog_view(subscriptions_catalog(a->registry), b->name);
    /* members remembered from before a restart may lack the latest */
    out.unknown = !view || !view->known || !last_read(a, b->service);
    if (view) {
        out.list = view->members;
        out.panic = view->panic;
    }
    return out;
}
