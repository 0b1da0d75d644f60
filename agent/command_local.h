/* SPDX-License-Identifier: Apache-2.0 */
/* `thalassa render` and `thalassa check`: subcommands that look around by themselves, without a
 * running agent. Files command_*.c of this folder. */
#ifndef THALASSA_COMMAND_LOCAL_H
#define THALASSA_COMMAND_LOCAL_H

#include "cli/command_line.h"

/* Exit status: 0, 1 when it failed or something is missing, 2 for wrong use. */
int command_render_run(const struct options *options, const struct options_call *call);
int command_check_run(const struct options *options, const struct options_call *call);

#endif
