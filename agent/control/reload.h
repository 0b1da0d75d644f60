/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a reload as a pure machine; agent/ carries them out one at a time. */
#ifndef THALASSA_CONTROL_RELOAD_H
#define THALASSA_CONTROL_RELOAD_H

#include <stdbool.h>

enum reload_step {
#define RELOAD_STEP(id, name, done, failed) RELOAD_##id,
#include "control/reload_steps.def"
#undef RELOAD_STEP
    RELOAD_STEP_COUNT
};

const char *reload_step_name(enum reload_step s);

/* What a step is skipped for. */
struct reload_facts {
    bool running;      /* HAProxy runs: false for a start, where there is nothing to dump */
    bool socket_alive; /* the admin socket still answers: nothing to revive */
};

/* The step after `step` ended well or not. */
enum reload_step reload_next(enum reload_step step, bool ok, const struct reload_facts *facts);

static inline bool reload_is_over(enum reload_step s)
{
    return s == RELOAD_DONE || s == RELOAD_FAILED;
}

#endif
