/* SPDX-License-Identifier: Apache-2.0 */
/* What a reload carries over from the worker that leaves, under the names that the next one has.
 * Pure. */
#ifndef THALASSA_CONTROL_CARRY_H
#define THALASSA_CONTROL_CARRY_H

#include "plan/observed.h"
#include "render/rename.h"

/* Each backend takes over what the proxy has that serves it now, as the running map of proxies
 * tells (`proxies`; NULL: not known), else the one that was chosen for it. A proxy that was still
 * being prepared ends with the worker. Views of both. */
void carry_names(struct arena *a, const struct desired *d, const struct have_map *proxies,
                 struct renames *out);

/* Rename both texts in their place: `show servers state`, and `dump stats-file`, which may be
 * empty. */
void carry_over(const struct renames *names, struct buf *state, struct buf *stats);

#endif
