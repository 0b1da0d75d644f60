/* SPDX-License-Identifier: Apache-2.0 */
/* The part of change.h that is about splits: both of a split's backends exist and speak HTTP, and a
 * backend that goes takes its splits along. Pure. */
#ifndef THALASSA_CONTROL_CHANGE_SPLIT_H
#define THALASSA_CONTROL_CHANGE_SPLIT_H

#include "control/change.h"

void change_put_split(struct objects *next, struct split *s, bool *changed);
/* ERR_NOT_FOUND */
int change_delete_split(struct objects *next, struct str backend, bool *changed, struct err *e);
/* Splits that name a backend which is gone: deleted, each with a warning. */
void change_drop_splits(struct objects *next, struct str backend, struct arena *a,
                        struct str_list *warnings);
/* Those that `c` does not list. */
void change_prune_splits(struct objects *next, const struct change *c, bool *changed);
/* Every split of `next`. ERR_CONFLICT with the field of the request that is wrong. */
int change_check_splits(const struct objects *next, const struct change *c, struct err *e);

#endif
