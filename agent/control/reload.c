/* SPDX-License-Identifier: Apache-2.0 */
#include "control/reload.h"

static const struct {
    const char *name;
    enum reload_step done, failed;
} steps[] = {
#define RELOAD_STEP(id, name, done, failed) [RELOAD_##id] = {name, RELOAD_##done, RELOAD_##failed},
#include "control/reload_steps.def"
#undef RELOAD_STEP
};

_Static_assert(sizeof steps / sizeof *steps == RELOAD_STEP_COUNT, "a step is missing");

const char *reload_step_name(enum reload_step s)
{
    return steps[s].name;
}

enum reload_step reload_next(enum reload_step step, bool ok, const struct reload_facts *facts)
{
    enum reload_step next = ok ? steps[step].done : steps[step].failed;

    if (next == RELOAD_DUMP && !facts->running)
        next = RELOAD_INSTALL;
    if (next == RELOAD_REVIVE && (facts->socket_alive || !facts->running))
        next = RELOAD_FAILED;
    return next;
}
