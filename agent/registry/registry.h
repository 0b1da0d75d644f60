/* SPDX-License-Identifier: Apache-2.0 */
/* Follows services of one Consul agent and tells each reading of them, with what it proves.
 *
 * Connections, 64 at most: the first REGISTRY_BLOCKING_MAX services each have a blocking query
 * (first wait 5 s, doubling to 60 s while nothing happens). The others are read in turn, without
 * blocking, REGISTRY_SWEEP_MAX at a time: all of them each REGISTRY_SWEEP_S seconds, and at once
 * when a blocking query on /v1/catalog/services says that some service changed. The rest is for the
 * confirming reads, lists and registration.
 *
 * A blocking query is never cut short to change parameters: that of a service that is not wanted
 * any more runs out, since Consul would keep its place anyway. After an error: again after a pause
 * of 100 ms, doubling to 10 s, with jitter. A query's deadline is wait*17/16 + 10 s. */
#ifndef THALASSA_REGISTRY_REGISTRY_H
#define THALASSA_REGISTRY_REGISTRY_H

#include "catalog/catalog.h"
#include "registry/http.h"

enum {
    REGISTRY_BLOCKING_MAX = 48,
    REGISTRY_SWEEP_MAX = 6,
    REGISTRY_SWEEP_S = 5,
    REGISTRY_SERVICES_MAX = 10000
};

enum registry_state { REGISTRY_STARTING, REGISTRY_OK, REGISTRY_DOWN };
const char *registry_state_name(enum registry_state s); /* "starting", "ok", "down" */

struct registry_status {
    enum registry_state state; /* down: at least one service cannot be read */
    int64_t since_ms;          /* wall clock */
    const char *last_error;    /* "" when there was none since the start */
};

struct registry_events {
    void *ctx;
    /* A reading. True asks for a confirming read: it follows as soon as it can be had. Must not
     * stop the registry, nor change what it watches. */
    bool (*on_read)(void *ctx, struct service_read *read, const struct evidence *evidence);
    /* The state or the text of the error changed. */
    void (*on_state)(void *ctx, const struct registry_status *status);
};

struct registry;

/* `http` must live longer. */
struct registry *registry_start(struct ev_loop *loop, struct http *http,
                                const struct registry_events *events);

/* The services to follow, replaced as a whole; as catalog_services gives them. More than
 * REGISTRY_SERVICES_MAX: the rest is left out and logged. */
void registry_watch(struct registry *r, const struct catalog_service *services, size_t count);

struct registry_status registry_status(const struct registry *r);

/* Ends all queries at once. Not from within a callback. */
void registry_stop(struct registry *r);

#endif
