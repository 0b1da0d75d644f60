/* SPDX-License-Identifier: Apache-2.0 */
/* What was computed for a part is what is computed for all. */
#ifndef THALASSA_TESTS_SAME_H
#define THALASSA_TESTS_SAME_H

#include "plan/plan.h"

void same_desired(const struct desired *a, const struct desired *b); /* as far as proxies go */
void same_plan(const struct plan *part, const struct plan *all);
/* Settled backends that `a` has taken over from `b`, which may be NULL. */
size_t same_pieces(const struct desired *a, const struct desired *b);

#endif
