/* SPDX-License-Identifier: Apache-2.0 */
/* All services that Consul knows, with versions, counts and health: GET /services. Read when asked,
 * LIST_AT_ONCE services at a time; an answer is kept for LIST_KEEP_S. */
#ifndef THALASSA_REGISTRY_LIST_H
#define THALASSA_REGISTRY_LIST_H

#include "catalog/summary.h"
#include "registry/http.h"

enum { LIST_AT_ONCE = 4, LIST_KEEP_S = 2, LIST_DEADLINE_S = 20, LIST_ASKERS_MAX = 64 };

struct service_list {
    struct arena arena;
    struct service_summary *items; /* sorted by service */
    size_t count;
};

/* `list` is borrowed for the call; NULL with `e` filled when there is none. */
typedef void on_service_list(void *ctx, const struct service_list *list, const struct err *e);

struct lister;

/* `known` gives the last reading of a service that is followed anyway, or NULL; may be NULL itself.
 */
struct lister *lister_start(struct ev_loop *loop, struct http *http,
                            const struct service_read *(*known)(void *ctx, struct str service),
                            void *ctx);

/* Answers at once from what is kept, else later; each asker is answered once. */
void lister_get(struct lister *l, on_service_list *on_list, void *ctx);

/* Askers are answered with an error. Not from within a callback. */
void lister_stop(struct lister *l);

#endif
