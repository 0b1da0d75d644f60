/* SPDX-License-Identifier: Apache-2.0 */
/* The maps that Lua decides from (policy/line.h), as entries like those of other maps. */
#ifndef THALASSA_POLICY_MAPS_H
#define THALASSA_POLICY_MAPS_H

#include "model/desired.h"
#include "model/policy.h"

struct policy_maps {
    struct map_file policies; /* "maps/policies.map": frontend -> names */
    struct map_file lines;    /* "maps/policy-lines.map": name -> line */
};

/* Of the enabled ones of `list`, in any order; sorted by key; everything lives in `a`.
 * ERR_TOO_LARGE with the policy named when a line or the names of a frontend are too long: what
 * policy_line and policy_names refuse, so it cannot happen with policies that were asked before
 * they were stored.
 *
 * A line is put before the list that names it, and deleted after it. */
int policy_maps_build(struct arena *a, const struct policy *const *list, size_t count,
                      struct policy_maps *out, struct err *e);

#endif
