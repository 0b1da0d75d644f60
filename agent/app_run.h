/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's life: what is opened in which order, and closed again. */
#ifndef THALASSA_APP_RUN_H
#define THALASSA_APP_RUN_H

#include "cli/options.h"

/* Runs until a signal ends it. Exit status: 0, or 2 when it could not begin (one line said why). */
int app_run(const struct options *options);

#endif
