/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/subscriptions.h"
#include "registry/file.h"

#include <ev.h>
#include <stdlib.h>

struct subscriptions {
    struct ev_loop *loop;
    struct subscriptions_events events;
    struct catalog *catalog;
    struct http *http; /* these, */
    struct registry *registry;
    struct lister *lister;
    struct file_registry *file; /* or this */
    struct resolver *resolver;
    ev_timer soon; /* follow what is new, resolve what is new */
    bool services_changed, hosts_changed;
    struct arena host_arena;
    struct str_list extra_hosts;
};

static void do_soon(struct subscriptions *s)
{
    if (!ev_is_active(&s->soon))
        ev_timer_start(s->loop, &s->soon);
}

static void on_pool(void *ctx, struct str backend)
{
    struct subscriptions *s = ctx;

    s->hosts_changed = true;
    do_soon(s);
    s->events.on_pool(s->events.ctx, backend);
}

static bool on_read(void *ctx, struct service_read *read, const struct evidence *evidence)
{
    struct subscriptions *s = ctx;

    return catalog_read(s->catalog, read, evidence);
}

static void on_state(void *ctx, const struct registry_status *status)
{
    struct subscriptions *s = ctx;

    s->events.on_state(s->events.ctx, status);
}

static void on_names(void *ctx)
{
    struct subscriptions *s = ctx;

    catalog_set_names(s->catalog, resolver_table(s->resolver));
    if (s->events.on_hosts)
        s->events.on_hosts(s->events.ctx);
}

static void follow(struct subscriptions *s)
{
    struct arena a = ARENA_INIT;
    size_t count;
    struct catalog_service *services = catalog_services(s->catalog, &a, &count);

    if (s->file)
        file_registry_watch(s->file, services, count);
    else
        registry_watch(s->registry, services, count);
    arena_free(&a);
}

static void resolve(struct subscriptions *s)
{
    struct arena a = ARENA_INIT;
    struct str_list hosts = catalog_hosts(s->catalog, &a);

    for (size_t i = 0; i < s->extra_hosts.count; i++)
        *ARENA_PUSH(&a, hosts.items, hosts.count) = s->extra_hosts.items[i];
    resolver_want(s->resolver, &hosts);
    arena_free(&a);
}

static void on_soon(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct subscriptions *s = timer->data;
    bool services = s->services_changed, hosts = s->hosts_changed;

    (void)loop;
    (void)events;
    s->services_changed = s->hosts_changed = false;
    if (services)
        follow(s);
    if (hosts)
        resolve(s);
}

static const struct service_read *last_read(void *ctx, struct str service)
{
    const struct subscriptions *s = ctx;

    return catalog_last_read(s->catalog, service);
}

static int open_registry(struct subscriptions *s, const struct subscriptions_options *o,
                         struct err *e)
{
    const struct registry_events events = {s, on_read, on_state};

    if (o->http.address->is_file) {
        s->file = file_registry_start(s->loop, o->http.address->path, &events, e);
        return s->file ? 0 : -1;
    }
    s->http = http_open(s->loop, &o->http, e);
    if (!s->http)
        return -1;
    s->registry = registry_start(s->loop, s->http, &events);
    s->lister = lister_start(s->loop, s->http, last_read, s);
    return 0;
}

struct subscriptions *subscriptions_start(struct ev_loop *loop,
                                          const struct subscriptions_options *options,
                                          const struct subscriptions_events *events, struct err *e)
{
    struct subscriptions *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->loop = loop;
    s->events = *events;
    if (open_registry(s, options, e)) {
        free(s);
        return NULL;
    }
    s->catalog = catalog_new(&(struct catalog_options){options->pool, on_pool, s});
    s->resolver = resolver_start(loop, options->lookup, RESOLVE_EVERY_S, on_names, s);
    ev_timer_init(&s->soon, on_soon, 0., 0.);
    s->soon.data = s;
    return s;
}

void subscriptions_set(struct subscriptions *s, const struct subscription *subs, size_t count)
{
    catalog_set_subscriptions(s->catalog, subs, count);
    s->services_changed = s->hosts_changed = true;
    do_soon(s);
}

void subscriptions_set_hosts(struct subscriptions *s, const struct str_list *hosts)
{
    struct arena a = ARENA_INIT;
    struct str *items = ARENA_ARRAY(&a, struct str, hosts->count);

    for (size_t i = 0; i < hosts->count; i++)
        items[i] = arena_str(&a, hosts->items[i]);
    arena_free(&s->host_arena);
    s->host_arena = a;
    s->extra_hosts = (struct str_list){items, hosts->count};
    s->hosts_changed = true;
    do_soon(s);
}

const struct resolved *subscriptions_resolved(const struct subscriptions *s, struct str host)
{
    return name_table_find(resolver_table(s->resolver), host);
}

struct catalog *subscriptions_catalog(struct subscriptions *s)
{
    return s->catalog;
}

struct registry_status subscriptions_status(const struct subscriptions *s)
{
    return s->file ? file_registry_status(s->file) : registry_status(s->registry);
}

static void list_file(struct subscriptions *s, on_service_list *on_list, void *ctx)
{
    struct service_list list = {.arena = ARENA_INIT};
    const struct service_read *read;
    struct registry_status status = file_registry_status(s->file);
    struct err e;

    for (size_t i = 0; file_registry_each(s->file, i, &read); i++)
        service_summarise(&list.arena, read, ARENA_PUSH(&list.arena, list.items, list.count));
    err_set(&e, ERR_UNAVAILABLE, "%s", status.last_error);
    on_list(ctx, status.state == REGISTRY_OK ? &list : NULL,
            status.state == REGISTRY_OK ? NULL : &e);
    arena_free(&list.arena);
}

void subscriptions_list(struct subscriptions *s, on_service_list *on_list, void *ctx)
{
    if (s->file)
        list_file(s, on_list, ctx);
    else
        lister_get(s->lister, on_list, ctx);
}

struct http *subscriptions_http(struct subscriptions *s)
{
    return s->http;
}

void subscriptions_stop(struct subscriptions *s)
{
    ev_timer_stop(s->loop, &s->soon);
    if (s->file)
        file_registry_stop(s->file);
    if (s->lister)
        lister_stop(s->lister);
    if (s->registry)
        registry_stop(s->registry);
    if (s->http)
        http_close(s->http);
    resolver_stop(s->resolver);
    catalog_free(s->catalog);
    arena_free(&s->host_arena);
    free(s);
}
