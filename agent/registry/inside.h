/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the registry: what its parts share. */
#ifndef THALASSA_REGISTRY_INSIDE_H
#define THALASSA_REGISTRY_INSIDE_H

#include "registry/sweep.h"
#include "registry/watch.h"

struct registry {
    struct ev_loop *loop;
    struct http *http;
    struct registry_events events;
    struct watch **watches; /* sorted by service */
    size_t count;
    size_t failing;  /* watches that are */
    size_t blocking; /* watches that have a place among the blocking queries */
    struct sweep sweep;
    struct listing *seen; /* names of /v1/catalog/services when it could be believed last */
    struct http_call *seen_call, *self_call;
    struct listing_parser *seen_parser;
    ev_timer alone; /* asks for the services while there is nothing to follow */
    struct buf self_text;
    char server[SERVER_ID_BYTES];
    bool server_stale; /* an error came since `server` was read */
    enum registry_state state;
    int64_t since_ms;
    char last_error[sizeof((struct err *)0)->text];
    uint64_t random; /* state of the jitter */
};

/* The exchange of some watch ended: well (e NULL) or not. */
void registry_note(struct registry *r, struct watch *w, const struct err *e);
/* As above, of the registry itself: counts while there is nothing to follow. */
void registry_note_alone(struct registry *r, const struct err *e);

/* A watch has nothing under way: give it a place, its turn, or its end (then it is gone). */
void registry_idle(struct registry *r, struct watch *w);

/* From 0.5 to 1. */
double registry_jitter(struct registry *r);

/* Config.NodeID in the body of /v1/agent/self, or "". */
void registry_node_id(struct str body, char out[SERVER_ID_BYTES]);

/* Does a listing of /v1/catalog/services hold a service seen before? */
bool registry_is_sound(struct registry *r, const struct listing *services);

/* Give watches that are believed the server's id; ask for it again, if an error came since it was
 * read, and for the catalog's services, if they were not read yet. */
void registry_learn_server(struct registry *r);
void registry_learn_start(struct registry *r);
void registry_learn_stop(struct registry *r);

int64_t registry_now_ms(void); /* wall clock */

#endif
