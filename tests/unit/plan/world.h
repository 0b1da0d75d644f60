/* SPDX-License-Identifier: Apache-2.0 */
/* An agent's planner and its simulated HAProxy: plan, send, observe again. */
#ifndef THALASSA_TESTS_WORLD_H
#define THALASSA_TESTS_WORLD_H

#include "sim.h"

struct world {
    struct sim *sim;
    struct desired want;
    struct ledger *ledger;
    struct proxies *proxies;
    struct map_cache *maps;
    int64_t now_ms;
    bool add_checked;
    int64_t warmup_ms;
    const char *args; /* of wanted servers; NULL: "check inter 2000ms" */
    bool quiet;       /* see plan_input */
};

void world_init(struct world *w);
void world_fini(struct world *w);

/* The agent is killed and comes back: what it had in memory is gone, its record is not. */
void world_restart_agent(struct world *w);

/* The state that is wanted becomes one backend "live" without servers. */
struct desired_backend *world_want_backend(struct world *w);
/* "live_HOST:PORT" with args "check inter 2000ms". */
void world_add_wanted(struct world *w, struct desired_backend *b, const char *host, unsigned port,
                      unsigned weight, enum server_admin admin, const char *source);
void world_sort(struct desired_backend *b); /* when the servers were not added in order */

struct plan_input world_input(struct world *w, const struct have *have);

/* Observe and plan, with the record written as before sending. Free both. */
struct plan world_plan(struct world *w, struct have **have);

/* Send at most `limit` commands (a connection may break anywhere); `each` after each of them. */
void world_send(struct world *w, const struct plan *p, size_t limit, void (*each)(struct world *));

/* The agent is killed in the middle: of the commands that were sent it hears fewer answers. */
void world_send_and_die(struct world *w, const struct plan *p, size_t limit, size_t heard,
                        void (*each)(struct world *));

/* Our own reload: every server is there with the options that are wanted, and in its state. */
void world_reload(struct world *w);

/* Plan and send until the plans are empty and wait for nothing; fails the test if they never are.
 */
void world_settle(struct world *w);

/* Observe, plan, compare the commands; then send all of them, or none. Returns wake_ms. */
int64_t world_expect(struct world *w, const char *text, bool send);

/* All commands of the plan, a line each; valid until the next call. */
char *world_text(const struct plan *p);

/* Random numbers below n, the same ones after the same seed. */
void world_seed(uint64_t seed);
unsigned world_pick(unsigned n);

#endif
