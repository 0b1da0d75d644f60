/* SPDX-License-Identifier: Apache-2.0 */
/* An agent whose backends come and go, and its simulated HAProxy: objects, the proxies chosen for
 * them, what the worker was started with, reloads and restarts. */
#ifndef THALASSA_TESTS_PROXIES_SCENE_H
#define THALASSA_TESTS_PROXIES_SCENE_H

#include "world.h"

#include "control/build.h"

enum { SCENE_SPARES = 2 };

struct proxies_scene {
    struct world w;
    struct objects *objects;
    struct desired *desired;    /* of the last plan */
    struct objects *desired_of; /* that it was built from */
    struct plan_maps_seen seen; /* by it */
    struct scope scope;         /* what something happened to since */
    size_t shared;              /* backends that were taken over whole from a former state */
    size_t whole;               /* former states that held as a whole */
    struct arena arena;         /* of the facts */
    struct proxy_facts facts;
    bool plain;
};

/* `can_add`: HAProxy 3.4, which runs without any backend; else one with spares. */
void scene_init(struct proxies_scene *s, bool can_add);
void scene_fini(struct proxies_scene *s);

/* {'type':'static',...} */
void scene_put(struct proxies_scene *s, const char *name, const char *quoted);
void scene_delete(struct proxies_scene *s, const char *name);

/* Observe, choose, build, plan; the records are written as before sending. Free both. Only what
 * something happened to is built and planned, and held against building and planning all. */
struct plan scene_plan(struct proxies_scene *s, struct have **have);

void scene_restart_agent(struct proxies_scene *s);
/* The agent reloads HAProxy: each backend under its own name, from its profile, with the servers of
 * the proxy that served it. */
void scene_reload(struct proxies_scene *s);
/* Somebody restarts HAProxy from the file set that belongs to the objects of now. */
void scene_restart_haproxy(struct proxies_scene *s);

/* The proxy to which the map leads; NULL when the backend has none there. */
const char *scene_route(struct proxies_scene *s, const char *backend);
/* Servers that answer the requests of the backend now; 0 as well when its proxy is not there. */
size_t scene_serving(struct proxies_scene *s, const char *backend);

/* HAProxy runs what is wanted, every backend from its profile, and nothing else of ours. */
void scene_assert_reached(struct proxies_scene *s);

#endif
