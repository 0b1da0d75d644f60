/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands: each asks a running agent (or looks around by itself) and prints the answer. */
#ifndef THALASSA_CLI_COMMAND_H
#define THALASSA_CLI_COMMAND_H

#include "cli/options.h"

/* Exit status: 0 well, 1 the answer is no, 2 wrong use. */
int command_run(const struct options *options, const struct options_call *call);

#endif
