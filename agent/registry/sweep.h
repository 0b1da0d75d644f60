/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the registry: services beyond the blocking queries, read in turn. */
#ifndef THALASSA_REGISTRY_SWEEP_H
#define THALASSA_REGISTRY_SWEEP_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;
struct watch;
struct http_call;

struct sweep {
    struct registry *registry;
    ev_timer timer; /* the next round */
    ev_timer pause; /* before the next query on the catalog */
    bool running;   /* a round is under way */
    bool again;     /* something changed since it began */
    size_t next;    /* index of the watch to be read next */
    size_t active;  /* reads under way */
    ev_tstamp begun, not_before;
    uint64_t index; /* of /v1/catalog/services */
    double pause_s;
    struct http_call *call; /* the blocking query on it */
};

void sweep_init(struct sweep *s, struct registry *r);
void sweep_fini(struct sweep *s);

/* The set of watches changed: a round from its beginning, if anybody has no blocking query. */
void sweep_reset(struct sweep *s);
/* A watch has nothing under way any more; no matter whether the sweep had started it. */
void sweep_done(struct sweep *s, struct watch *w);
/* Start the reads that there is room for. */
void sweep_go_on(struct sweep *s);

#endif
