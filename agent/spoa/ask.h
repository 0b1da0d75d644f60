/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's question (templates/spoe.conf.tmpl) -> decision -> answer. Runs in the threads of the
 * SPOE agent: no lock, nothing that waits. */
#ifndef THALASSA_SPOA_ASK_H
#define THALASSA_SPOA_ASK_H

#include "spoa/answers.h"
#include "spoe/server.h"

#include <stdatomic.h>

/* X(name, "what is counted") */
#define ASK_COUNTERS(X)                                                                            \
    X(taken, "questions that a policy has answered")                                               \
    X(none, "questions that no policy wanted")                                                     \
    X(undecided, "questions that were left to the route of the maps")

struct asker {
    _Atomic(struct answers *) *answers; /* read once for each question */
    struct policy_scratch *scratch;
#define X(name, text) _Atomic uint64_t name;
    ASK_COUNTERS(X)
#undef X
};

/* spop_options.on_notify; `asker` is a struct asker, one per thread. Messages other than "decide"
 * are not answered. */
void ask_answer(void *asker, const struct spop_notify *notify, struct spop_ack *ack);

#endif
