/* SPDX-License-Identifier: Apache-2.0 */
/* The part of change.h that is about policies: what they name exists or is warned of, and all of
 * them together can be compiled and written as map lines. Pure. */
#ifndef THALASSA_CONTROL_CHANGE_POLICY_H
#define THALASSA_CONTROL_CHANGE_POLICY_H

#include "control/change.h"

void change_put_policy(struct objects *next, struct policy *p, bool *changed);
/* ERR_NOT_FOUND */
int change_delete_policy(struct objects *next, struct str name, bool *changed, struct err *e);
/* Those that `c` does not list. */
void change_prune_policies(struct objects *next, const struct change *c, bool *changed);
/* The policies of `next`, which was `now`. ERR_CONFLICT, ERR_INVALID or ERR_TOO_LARGE with the
 * field of the request that is wrong. What a policy of the request names and what does not exist
 * yet is a warning, or with `strict` an error; what another policy names and the change takes away
 * is a warning. */
int change_check_policies(const struct objects *now, const struct objects *next,
                          const struct change *c, struct arena *a, struct str_list *warnings,
                          struct err *e);

#endif
