/* SPDX-License-Identifier: Apache-2.0 */
/* Policies, and what is answered when one of them is met: an answer depends on the policy alone, so
 * its bytes are written once. Immutable: read by any number of threads.
 *
 * An answer sets `backend` first, then the policy's own variables, then `policy`; and `done`
 * always, since Lua decides where it is missing. */
#ifndef THALASSA_SPOA_ANSWERS_H
#define THALASSA_SPOA_ANSWERS_H

#include "policy/decide.h"
#include "spoe/spop.h"

struct answers {
    struct arena arena;
    struct policy_set *policies;
    struct spop_bytes *taken; /* by decision.number */
    struct spop_bytes none;
};

/* `policies` stays the caller's, and has to live as long. */
struct answers *answers_new(struct policy_set *policies);
void answers_free(struct answers *a); /* NULL is fine */

/* The actions of an ACK. */
struct spop_bytes answers_to(const struct answers *a, const struct decision *d);

#endif
