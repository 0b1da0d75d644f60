/* SPDX-License-Identifier: Apache-2.0 */
/* What of the stored objects shows in the structure of a configuration. Changes of anything else
 * are made at runtime, and nothing has to be rendered or checked for them. Pure. */
#ifndef THALASSA_CONTROL_STRUCTURAL_H
#define THALASSA_CONTROL_STRUCTURAL_H

#include "control/objects.h"

/* A backend whose section says nothing that its profile does not, if the template lets it. */
bool structural_is_plain(const struct backend *b);

/* A configuration rendered from `a` has the structure of one rendered from `b`, save for plain
 * backends. False also when the difference cannot be told without rendering. */
bool structural_equal(const struct objects *a, const struct objects *b);

/* Some backend of `next` has server options that it does not have in `now`: only HAProxy can tell
 * whether it takes them. */
bool structural_new_options(const struct objects *now, const struct objects *next);

#endif
