/* SPDX-License-Identifier: Apache-2.0 */
/* --register: the agent as service `thalassa` in Consul, with label and location in Meta and a TTL
 * check that it passes; registered again when Consul has forgotten it, deregistered at the end. */
#ifndef THALASSA_REGISTRY_REGISTER_H
#define THALASSA_REGISTRY_REGISTER_H

#include "registry/http.h"

enum { REGISTER_TTL_S = 15, REGISTER_FORGET_S = 3600, REGISTER_DEADLINE_S = 5 };

struct registration_options {
    const char *label, *location; /* may be NULL */
    const char *address;          /* of the API; NULL: the node's */
    unsigned port;
};

struct registration;

/* Keeps trying until it works; failures are logged once each time they change. */
struct registration *registration_start(struct ev_loop *loop, struct http *http,
                                        const struct registration_options *options);

/* Deregisters, then calls on_done (with NULL when it worked), within REGISTER_DEADLINE_S; the
 * registration is gone then. The loop must run on meanwhile. */
void registration_stop(struct registration *r, void (*on_done)(void *ctx, const struct err *e),
                       void *ctx);

#endif
