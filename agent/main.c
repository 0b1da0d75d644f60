/* SPDX-License-Identifier: Apache-2.0 */
/* The program: options, then the agent or one of the subcommands. */
#include "app_run.h"
#include "base/log.h"
#include "cli/command.h"
#include "command_local.h"

#include <stdio.h>

enum { EXIT_USAGE = 2 };

static int dispatch(const struct options *options, const struct options_call *call)
{
    if (call->help)
        return options_print_help(stdout);
    switch ((int)call->command) {
    case COMMAND_RUN: return app_run(options);
    case COMMAND_HELP: return options_print_help_of(call, stdout);
    case COMMAND_CHECK: return command_check_run(options, call);
    case COMMAND_RENDER: return command_render_run(options, call);
    default: return command_run(options, call);
    }
}

int main(int argc, char **argv)
{
    struct options_call call;
    struct options *options;
    struct err e;
    int rc;

    options = options_read(argc, argv, &call, &e);
    if (!options) {
        (void)fprintf(stderr, "thalassa: %s\n", e.text);
        return EXIT_USAGE;
    }
    log_open(options->debug);
    rc = dispatch(options, &call);
    options_free(options);
    return rc;
}
