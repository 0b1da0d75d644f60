/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of the stored objects when an operator says something of a member: through the API,
 * or by hand on HAProxy's socket. Pure. */
#ifndef THALASSA_CONTROL_OVERRIDE_CHANGE_H
#define THALASSA_CONTROL_OVERRIDE_CHANGE_H

#include "control/build.h"
#include "control/change.h"
#include "plan/plan.h"

struct override_author {
    struct str by;
    int64_t now_ms; /* wall clock */
};

/* The wish of the API. ERR_NOT_FOUND: no such backend, or no such member and nothing said of it;
 * ERR_CONFLICT: LIMIT_OVERRIDES, all of them of members that are there. The same again changes
 * nothing, `by` and `since` neither. */
int override_change(const struct objects *now, struct str backend, const struct override_wish *w,
                    const struct pool_members *members, struct override_author author,
                    struct change_result *result, struct err *e);

/* What is to be said about the result, given what would run: nobody takes traffic any more, or the
 * member does not although it was taken back. Into `warnings`, in `a`. */
void override_warn(struct arena *a, const struct desired *next, const struct have *have,
                   struct str backend, const struct override_wish *w, struct str_list *warnings);

/* What was done by hand becomes an operator's word: drain and maint do; ready takes such a word
 * back, and is one where the registry wants another state. NULL when nothing is to be taken over;
 * else the caller owns it. taken[i] tells which of the plan's hands are in it. */
struct objects *override_adopt(const struct objects *now, const struct plan *p, int64_t now_ms,
                               bool *taken);

#endif
