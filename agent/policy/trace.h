/* SPDX-License-Identifier: Apache-2.0 */
/* Why a decision came out as it did: the policies and conditions that were looked at, in order.
 * What did not matter any more was not looked at and is not in it. */
#ifndef THALASSA_POLICY_TRACE_H
#define THALASSA_POLICY_TRACE_H

#include "base/arena.h"
#include "base/json_out.h"

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_UNDECIDED };
const char *verdict_name(enum verdict v); /* "no", "yes", "undecided" */

struct policy_step {
    unsigned depth;  /* 0: a policy, whose name is `what`; its conditions follow */
    struct str what; /* `header x-tenant equals "a"` */
    struct str seen; /* what the request has there; p NULL: nothing, or nothing to tell */
    enum verdict verdict;
};

struct policy_trace {
    struct arena *arena;
    struct policy_step *steps;
    size_t count;
    unsigned depth;
};

/* Open a step; what is opened before its close lies within it. `what` is kept as a view. */
size_t trace_open(struct policy_trace *t, struct str what);
void trace_close(struct policy_trace *t, size_t step, enum verdict v);
/* Add a value that the open step has seen. */
void trace_seen(struct policy_trace *t, struct str value);
void trace_bucket(struct policy_trace *t, unsigned bucket, struct str key);

/* [{"policy","verdict","conditions":[{"depth","condition","seen","verdict"}]}] */
void trace_put(struct json_out *o, const char *key, const struct policy_trace *t);

#endif
