/* SPDX-License-Identifier: Apache-2.0 */
/* Which rights a Consul token has and misses, told from real replies: `thalassa check`. Consul does
 * not say 403 when a token may not see something: its lists are just shorter. */
#ifndef THALASSA_REGISTRY_RIGHTS_H
#define THALASSA_REGISTRY_RIGHTS_H

#include "model/object.h"
#include "registry/http.h"

struct rights_report {
    struct err error;      /* kind set: Consul cannot be asked; a token that Consul does not know is
                            * ERR_FORBIDDEN. The rest is not filled then. */
    bool services;         /* some service is shown: service read */
    bool nodes;            /* some node is shown: node read */
    bool agent;            /* the agent's id is shown: agent read; does without */
    struct str_list lines; /* one per right that is missing or may be, with the rule to add */
};

/* Asks for what `services` (may be empty) need; on_done is called once, on the loop, and `report`
 * is borrowed for the call. `http` must live until then. */
void rights_check_start(struct http *http, const struct str_list *services,
                        void (*on_done)(void *ctx, const struct rights_report *report), void *ctx);

#endif
