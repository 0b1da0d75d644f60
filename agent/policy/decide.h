/* SPDX-License-Identifier: Apache-2.0 */
/* The decision: which policy a request meets. Pure, without a lock and without an allocation but in
 * the scratch; lua/thalassa.lua decides the same.
 *
 * The policies of the frontend are asked in order; the first that holds decides. A condition can
 * also be undecided (a regular expression beyond its limit, or none run at all; headers that cannot
 * be read). It then counts for neither side: `all` with one that fails is no, `any` with one that
 * holds is yes, `not` of undecided is undecided. A policy that comes out undecided ends the search
 * without a decision, since a later one must not take what may be its: the maps' route holds. */
#ifndef THALASSA_POLICY_DECIDE_H
#define THALASSA_POLICY_DECIDE_H

#include "policy/compile.h"
#include "policy/trace.h"

/* Views; valid during the call. What a request lacks is empty. */
struct policy_request {
    struct str frontend; /* fe_name */
    struct str method, path, query;
    struct str host;    /* req.hdr(host) */
    struct str src;     /* 4 or 16 bytes in network order; empty: not known */
    struct str headers; /* req.hdrs_bin (policy/headers.h) */
};

enum decision_kind {
    DECISION_NONE,     /* no policy wants the request */
    DECISION_TAKEN,    /* `policy` does */
    DECISION_UNDECIDED /* `policy` may */
};

/* Texts belong to the set. */
struct decision {
    enum decision_kind kind;
    size_t number; /* taken: index in policy_set_decisions */
    struct str policy;
    struct str backend; /* empty: the maps' route */
    const struct policy_variable *set;
    size_t set_count;
};

/* Each that a policy of the set can take. */
const struct decision *policy_set_decisions(const struct policy_set *set, size_t *count);

struct policy_scratch;
struct policy_scratch *policy_scratch_new(void); /* one per thread */
void policy_scratch_free(struct policy_scratch *s);

enum decide_how {
    DECIDE_WHOLE,
    DECIDE_WITHOUT_REGEX /* as Lua does: every regular expression is undecided */
};

/* `trace` may be NULL; otherwise each step is noted in it. */
struct decision decide(const struct policy_set *set, const struct policy_request *r,
                       enum decide_how how, struct policy_scratch *s, struct policy_trace *trace);

#endif
