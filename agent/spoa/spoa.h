/* SPDX-License-Identifier: Apache-2.0 */
/* The SPOE agent: libspop's threads, the policies that they decide by, and the watchdog. All
 * functions are for the loop's thread. */
#ifndef THALASSA_SPOA_SPOA_H
#define THALASSA_SPOA_SPOA_H

#include "spoa/ask.h"
#include "spoa/watch.h"

struct spoa;

/* A thread was closed (`stuck`, silent for so long) or opened again. */
typedef void spoa_on_thread(void *ctx, unsigned thread, bool stuck, int64_t silent_ms);

struct spoa_options {
    const char *listen; /* as spop_options.listen */
    unsigned threads;
    spoa_on_thread *on_thread;
    void *ctx;
};

/* Listens and decides by `set`, which is the agent's from here on, unless it fails: NULL. */
struct spoa *spoa_start(const struct spoa_options *o, struct policy_set *set, struct err *e);

/* Other policies: they count for every question that comes from now on. `set` is the agent's. */
void spoa_decide_by(struct spoa *s, struct policy_set *set);

/* To be called each WATCH_PERIOD_MS: looks after the threads, frees what none of them reads. */
void spoa_tick(struct spoa *s, int64_t now_ms);

struct spoa_thread {
    struct spop_thread_state state;
    bool stuck; /* closed by the watchdog */
#define X(name, text) uint64_t name;
    ASK_COUNTERS(X)
#undef X
};
unsigned spoa_thread_count(const struct spoa *s);
void spoa_read(const struct spoa *s, unsigned thread, struct spoa_thread *out);
/* Sums of all threads; `stuck` if one is, `listening` if one does. */
void spoa_read_all(const struct spoa *s, struct spoa_thread *out);
size_t spoa_retired(const struct spoa *s); /* sets that may still be read */

/* As spop_server_drain and spop_server_is_drained. */
void spoa_drain(struct spoa *s, unsigned grace_ms);
bool spoa_is_drained(const struct spoa *s);

/* Ends it; with a thread that is stuck, its memory is left to the process's end. NULL is fine. */
void spoa_stop(struct spoa *s);

#endif
