/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated HAProxy: takes the planner's commands as text, keeps servers and maps, and shows them
 * as an observation. It refuses what the real one refuses. */
#ifndef THALASSA_TESTS_SIM_H
#define THALASSA_TESTS_SIM_H

#include "plan/plan.h"

enum { SIM_BACKENDS = 48, SIM_SERVERS = 64, SIM_MAPS = 64, SIM_ENTRIES = 256, SIM_TEXT = 96 };

struct sim_server {
    char name[SIM_TEXT], address[SIM_TEXT], args[SIM_TEXT]; /* options it was added with */
    unsigned port, weight;
    bool maint, drain, health, foreign;
    enum have_check check;
    unsigned sessions, idle; /* idle: connections that are kept for the next request */
};

struct sim_backend {
    char name[SIM_TEXT], profile[SIM_TEXT];
    bool unpublished;
    bool pinned; /* something of the configuration names it: it cannot be deleted */
    struct sim_server servers[SIM_SERVERS];
    size_t count;
};

struct sim_map {
    char path[SIM_TEXT];
    struct {
        char key[SIM_TEXT], value[SIM_TEXT];
    } entries[SIM_ENTRIES];
    size_t count;
};

struct sim {
    struct sim_backend backends[SIM_BACKENDS];
    size_t backend_count;
    struct sim_map maps[SIM_MAPS];
    size_t map_count;
    bool can_add;     /* HAProxy >= 3.4: backends at runtime */
    unsigned refused; /* commands that HAProxy would not take */
};

struct sim_backend *sim_add_backend(struct sim *s, const char *name);
struct sim_map *sim_add_map(struct sim *s, const char *path);
struct sim_backend *sim_backend(struct sim *s, const char *name); /* NULL: it has none */
struct sim_server *sim_server(struct sim *s, const char *backend, const char *server);
struct sim_map *sim_map(struct sim *s, const char *path);

/* Carry out one command; the reply is a string literal or static. */
const char *sim_command(struct sim *s, const struct plan_op *op);

struct have *sim_observe(const struct sim *s, bool with_map_entries);

/* Servers of the backend that take traffic. */
size_t sim_serving(const struct sim *s, const char *backend);

#endif
