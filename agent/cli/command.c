/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands that speak to a running agent: one row each. */
#include "cli/command.h"

#include "cli/commands.h"

#define F(flag) (1U << FLAG_##flag)
#define CHANGES (F(JSON) | F(WAIT) | F(FORCE) | F(DRY_RUN))

static const struct command_row rows[] = {
    {COMMAND_STATUS, command_status, 0, 0, F(JSON)},
    {COMMAND_PLAN, command_plan, 0, 0, F(JSON)},
    {COMMAND_FRONTENDS, command_frontends, 0, 1, F(JSON)},
    {COMMAND_BACKENDS, command_backends, 0, 1, F(JSON)},
    {COMMAND_MEMBERS, command_members, 1, 1, F(JSON)},
    {COMMAND_SERVICES, command_services, 0, 1, F(JSON)},
    {COMMAND_ACTIVITY, command_activity, 0, 32, F(JSON) | F(LIMIT)},
    {COMMAND_SWITCH, command_switch, 2, 2, CHANGES | F(SERVICE)},
    {COMMAND_APPLY, command_apply, 1, 1, CHANGES | F(PRUNE)},
    {COMMAND_VERSION, command_version, 0, 0, F(JSON)},
};

/* run, check and render are main.c's */
_Static_assert(sizeof rows / sizeof *rows == COMMAND_COUNT - 3, "a subcommand has no row");

int command_run(const struct options *options, const struct options_call *call)
{
    struct command_line c = {.options = options};
    int rc = COMMAND_MISUSED;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].id != call->command)
            continue;
        rc = command_open(&c, options, call, &rows[i]);
        if (rc == 0)
            rc = rows[i].run(&c);
        break;
    }
    command_close(&c);
    return rc;
}
