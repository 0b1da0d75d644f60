/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a server: what is left out, and what cannot be. Pure. */
#ifndef SPOE_OPTIONS_H
#define SPOE_OPTIONS_H

#include "spoe/server.h"

/* Copies, with a value for each 0. NULL, or what is wrong. */
const char *spop_options_complete(const struct spop_options *given, struct spop_options *o);

#endif
