/* SPDX-License-Identifier: Apache-2.0 */
/* When servers do not come by commands but by a reload. Pure. */
#ifndef THALASSA_PLAN_ADDITIONS_H
#define THALASSA_PLAN_ADDITIONS_H

#include "plan/pool.h"

/* True, with the reason in the plan, when the servers that this backend lacks come by a reload. */
bool additions_by_reload(struct plan *p, const struct pool *b);

#endif
