/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog of the composition root: which backend subscribes to which service and version, and
 * what each of them is made of now. Fed with readings by whoever talks to the registry; tells
 * through on_pool which backends changed. Pure: no clock, no I/O. */
#ifndef THALASSA_CATALOG_CATALOG_H
#define THALASSA_CATALOG_CATALOG_H

#include "catalog/pool.h"

struct catalog_options {
    struct pool_options pool;
    /* The view of a backend changed in more than times. Called at the end of the call that changed
     * it; may read the catalog, must not feed it. */
    void (*on_pool)(void *ctx, struct str backend);
    void *ctx;
};

struct subscription {
    struct str backend, service, version;
};

/* A service to be watched, with what was believed of it last (before a restart, too). */
struct catalog_service {
    struct str name;
    uint64_t index;
    const char *server;
};

struct catalog;

struct catalog *catalog_new(const struct catalog_options *options);
void catalog_free(struct catalog *c);

/* The whole set of dynamic backends. One with the same service and version as before keeps its
 * pool; one with another starts anew from the last reading of its service, if there is one. */
void catalog_set_subscriptions(struct catalog *c, const struct subscription *subs, size_t count);

/* Services that subscriptions name, sorted, each once. Allocated in `a`. */
struct catalog_service *catalog_services(const struct catalog *c, struct arena *a, size_t *count);

/* A reading of a service. True if a held member waits for a confirming read of it. */
bool catalog_read(struct catalog *c, struct service_read *read, const struct evidence *evidence);

/* Host names that the readings and subscriptions bring, sorted, each once. Allocated in `a`. */
struct str_list catalog_hosts(const struct catalog *c, struct arena *a);
/* What names resolve to; copied. Applied to all members at once. */
void catalog_set_names(struct catalog *c, const struct name_table *names);

/* View of a backend; NULL when it has no subscription. Borrowed, see pool_view. */
struct pool_view *catalog_view(const struct catalog *c, struct str backend);
/* Its members; an empty list while nothing is known. Valid until the catalog changes. */
const struct member_list *catalog_members(const struct catalog *c, struct str backend);
/* All backends in the order of their names: for (i = 0; (v = catalog_each(c, i, &name)); i++) */
struct pool_view *catalog_each(const struct catalog *c, size_t i, struct str *backend);

/* Take a held loss. Number of members removed; 0 also when nothing was held. */
size_t catalog_accept(struct catalog *c, struct str backend);

/* Instances of that version that pass, by the last reading of the service; -1 when it was never
 * read (it is not watched, or the registry is silent). */
int64_t catalog_version_passing(const struct catalog *c, struct str service, struct str version);

/* The last reading of a service, borrowed; NULL when there was none. */
const struct service_read *catalog_last_read(const struct catalog *c, struct str service);

/* State of one backend for the store: {"pool":{...},"index":n,"server":"..."}; put back after
 * catalog_set_subscriptions and before the first reading. State of another service or version is
 * left aside. Export of an unknown backend writes null. */
void catalog_export(const struct catalog *c, struct str backend, struct json_out *o,
                    const char *key);
int catalog_import(struct catalog *c, struct str backend, const struct json *o, struct err *e);

#endif
