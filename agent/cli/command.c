/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands that speak to a running agent: one row each. */
#include "cli/command.h"

#include "cli/commands.h"

#define F(flag) (1U << FLAG_##flag)

static const struct command_row rows[] = {
    {COMMAND_STATUS, command_status, 0, 0, F(JSON)},
    {COMMAND_VERSION, command_version, 0, 0, F(JSON)},
};

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
