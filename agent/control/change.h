/* SPDX-License-Identifier: Apache-2.0 */
/* One wish of the API: what the stored objects become by it, or why not. Pure; whether HAProxy
 * would take the result is asked afterwards by `haproxy -c`. */
#ifndef THALASSA_CONTROL_CHANGE_H
#define THALASSA_CONTROL_CHANGE_H

#include "control/objects.h"

enum change_kind {
    CONTROL_PUT_FRONTEND,
    CONTROL_DELETE_FRONTEND,
    CONTROL_PUT_BACKEND,
    CONTROL_DELETE_BACKEND,
    CONTROL_PUT_SPLIT,
    CONTROL_DELETE_SPLIT, /* `name`: of the backend */
    CONTROL_PUT_POLICY,
    CONTROL_DELETE_POLICY,
    CONTROL_SWITCH, /* another version (and service, if given) of a dynamic backend */
    CONTROL_PUT_ALL /* PUT /config: all that is given, and with prune nothing else */
};

struct change {
    enum change_kind kind;
    struct str name; /* of the object; unused by CONTROL_PUT_ALL */
    struct frontend **frontends;
    size_t frontend_count; /* one for CONTROL_PUT_FRONTEND */
    struct backend **backends;
    size_t backend_count;
    struct split **splits;
    size_t split_count;
    struct policy **policies;
    size_t policy_count;
    struct str service, version; /* CONTROL_SWITCH; service may be empty: the same */
    bool prune, strict, force;
    bool prune_splits, prune_policies; /* with prune: the request speaks of them */
};

/* What the decision needs to know of the world. */
struct change_facts {
    void *ctx;
    /* Passing instances that the registry knows of a version; -1 when it knows nothing yet. */
    long (*passing)(void *ctx, struct str service, struct str version);
    bool allow_empty_switch;
};

struct change_result {
    struct objects *next;     /* owned; generation is one above when something changed */
    bool changed;             /* false: `next` equals `now` */
    struct str_list warnings; /* in the caller's arena */
};

/* ERR_NOT_FOUND, ERR_CONFLICT or ERR_INVALID with the field; then result->next is NULL. */
int change_apply(const struct objects *now, const struct change *c,
                 const struct change_facts *facts, struct arena *a, struct change_result *result,
                 struct err *e);

#endif
