/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands that speak to a running agent: one row each. */
#include "cli/command.h"

#include "cli/commands.h"

#define F(flag) (1U << FLAG_##flag)
#define CHANGES (MEMBER | F(FORCE))
#define MEMBER (F(JSON) | F(WAIT) | F(DRY_RUN))

static const struct command_row rows[] = {
    {COMMAND_STATUS, F(JSON) | F(WATCH), command_status, 0, 0},
    {COMMAND_PLAN, F(JSON), command_plan, 0, 0},
    {COMMAND_FRONTENDS, F(JSON), command_frontends, 0, 1},
    {COMMAND_BACKENDS, F(JSON), command_backends, 0, 1},
    {COMMAND_MEMBERS, F(JSON), command_members, 1, 1},
    {COMMAND_SERVICES, F(JSON), command_services, 0, 1},
    {COMMAND_ACTIVITY, F(JSON) | F(LIMIT) | F(FILTER) | F(FOLLOW), command_activity, 0, 32},
    {COMMAND_SWITCH, CHANGES | F(SERVICE), command_switch, 2, 2},
    {COMMAND_SPLITS, F(JSON), command_splits, 0, 1},
    {COMMAND_SPLIT, F(JSON) | F(WAIT) | F(DRY_RUN) | F(STICKY), command_split, 2, 3},
    {COMMAND_POLICIES, F(JSON), command_policies, 0, 1},
    {COMMAND_POLICY, MEMBER, command_policy, 1, 32},
    {COMMAND_DRAIN, MEMBER, command_drain, 2, 2},
    {COMMAND_MAINT, MEMBER, command_maint, 2, 2},
    {COMMAND_READY, CHANGES, command_ready, 2, 2},
    {COMMAND_WEIGHT, MEMBER, command_weight, 2, 3},
    {COMMAND_APPLY, CHANGES | F(PRUNE), command_apply, 1, 1},
    {COMMAND_VERSION, F(JSON), command_version, 0, 0},
};

/* run, help, check and render are main.c's */
_Static_assert(sizeof rows / sizeof *rows == COMMAND_COUNT - 4, "a subcommand has no row");

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
