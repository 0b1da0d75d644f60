/* SPDX-License-Identifier: Apache-2.0 */
/* The one object that the composition root uses: catalog, registry (Consul or a file) and resolver,
 * wired. Backends subscribe; on_pool tells when what they are made of has changed. */
#ifndef THALASSA_REGISTRY_SUBSCRIPTIONS_H
#define THALASSA_REGISTRY_SUBSCRIPTIONS_H

#include "registry/list.h"
#include "registry/registry.h"
#include "registry/resolve.h"

struct subscriptions_options {
    struct http_options http; /* http.address may be a file */
    struct pool_options pool;
    resolve_lookup *lookup; /* NULL: the system's */
};

struct subscriptions_events {
    void *ctx;
    void (*on_pool)(void *ctx, struct str backend);
    void (*on_state)(void *ctx, const struct registry_status *status);
    void (*on_hosts)(void *ctx); /* what host names resolve to changed; may be NULL */
};

struct subscriptions;

/* NULL with `e` filled when the token or the file's folder cannot be read. */
struct subscriptions *subscriptions_start(struct ev_loop *loop,
                                          const struct subscriptions_options *options,
                                          const struct subscriptions_events *events, struct err *e);

/* The whole set of dynamic backends, see catalog_set_subscriptions. What is new is followed from
 * the next turn of the loop on, so that a state may be restored before (catalog_import). */
void subscriptions_set(struct subscriptions *s, const struct subscription *subs, size_t count);

/* Host names of static members, to be resolved as well; see catalog_set_names. */
void subscriptions_set_hosts(struct subscriptions *s, const struct str_list *hosts);
/* What a host name resolves to; NULL when it is not known (yet). */
const struct resolved *subscriptions_resolved(const struct subscriptions *s, struct str host);

/* For members, held ones, accepting, counts, export and import. */
struct catalog *subscriptions_catalog(struct subscriptions *s);

struct registry_status subscriptions_status(const struct subscriptions *s);

/* All services that the registry knows, see lister_get; of a file those that are in it. */
void subscriptions_list(struct subscriptions *s, on_service_list *on_list, void *ctx);

/* Consul's client, for registry/rights.h and register.h; NULL with a file. */
struct http *subscriptions_http(struct subscriptions *s);

/* Not from within a callback. */
void subscriptions_stop(struct subscriptions *s);

#endif
