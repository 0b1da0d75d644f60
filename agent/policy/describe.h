/* SPDX-License-Identifier: Apache-2.0 */
/* One condition in words, for people: `header x-tenant equals "a"`. Long lists are cut. */
#ifndef THALASSA_POLICY_DESCRIBE_H
#define THALASSA_POLICY_DESCRIBE_H

#include "model/match.h"

/* Of `all`, `any` and `not` the word only, without what is inside. */
struct str describe_match(struct arena *a, const struct match *m);

#endif
