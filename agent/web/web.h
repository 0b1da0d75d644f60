/* SPDX-License-Identifier: Apache-2.0 */
/* The REST API (design.md section 5): who may come in, which route, its parameters; then the
 * handlers of routes_*.c. */
#ifndef THALASSA_WEB_WEB_H
#define THALASSA_WEB_WEB_H

#include "web/access.h"
#include "web/api.h"
#include "web/exchange.h"
#include "web/router.h"

struct live;

struct web {
    const struct web_api *api;
    const struct access *access;
    struct live *live; /* GET /stream; NULL: there is none */
};

/* For server_new: `web` is a struct web, which must outlive the server. */
void web_handle(void *web, struct exchange *x);

const struct route *web_routes(size_t *count);

#endif
