/* SPDX-License-Identifier: Apache-2.0 */
/* A policy: which requests of a frontend go to which backend, and what is noted about them, for
 * decisions that maps cannot take (design.md section 10). */
#ifndef THALASSA_MODEL_POLICY_H
#define THALASSA_MODEL_POLICY_H

#include "model/match.h"

enum {
    LIMIT_POLICIES = 1000, /* all of them */
    LIMIT_POLICY_VARIABLES = 16,
    LIMIT_POLICY_PRIORITY = 1000000,
    POLICY_PRIORITY_DEFAULT = 100
};

/* HAProxy's variable txn.thalassa.NAME. */
struct policy_variable {
    struct str name;  /* [a-z][a-z0-9_]{0,31}, none of those that Thalassa sets itself */
    struct str value; /* 1 to 256 bytes */
};

/* Immutable; refs counts owners (loop thread only). */
struct policy {
    struct arena arena;
    unsigned refs;
    struct str name;
    struct str frontend;
    bool enabled;
    unsigned priority;           /* the lowest comes first, then the name in byte order */
    struct match match;          /* an `all` */
    struct str backend;          /* empty: the backend stays, only variables are set */
    struct policy_variable *set; /* sorted by name */
    size_t set_count;
};

/* Parse and validate a policy of the API. `name` is the path's. NULL with ERR_INVALID, field named:
 * "match.header.x-tenant.regex". The result has one reference. What only the compiled form can tell
 * (policy/line.h) is not checked here. */
struct policy *policy_parse(struct str name, const struct json *o, struct err *e);
struct policy *policy_ref(struct policy *p);
void policy_unref(struct policy *p);

/* The order of decision, for sorting arrays of `const struct policy *`. */
int policy_cmp(const void *a, const void *b);

/* The stored object: every field, fixed order, so that equal objects are equal texts. */
void policy_put(struct json_out *o, const char *key, const struct policy *p);
/* The same as one text, into a buf that is initialised by this. */
void policy_text(const struct policy *p, struct buf *to);
bool policy_equal(const struct policy *a, const struct policy *b);

#endif
