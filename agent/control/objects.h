/* SPDX-License-Identifier: Apache-2.0 */
/* All stored objects at one generation: an immutable snapshot that shares its objects with its
 * neighbours. A change makes the next snapshot; the old one lives as long as somebody reads it. */
#ifndef THALASSA_CONTROL_OBJECTS_H
#define THALASSA_CONTROL_OBJECTS_H

#include "model/backend.h"
#include "model/frontend.h"
#include "model/override.h"
#include "model/policy.h"
#include "model/split.h"

struct objects {
    unsigned refs; /* loop thread only */
    uint64_t generation;
    struct frontend **frontends; /* sorted by name */
    size_t frontend_count;
    struct backend **backends; /* sorted by name */
    size_t backend_count;
    struct split **splits; /* sorted by backend */
    size_t split_count;
    struct override_set **overrides; /* sorted by backend, each of one that is there; none empty */
    size_t override_count;
    struct policy **policies; /* sorted by name */
    size_t policy_count;
};

struct objects *objects_new(void); /* empty, generation 0 */
struct objects *objects_ref(struct objects *o);
void objects_unref(struct objects *o);

/* NULL when absent. */
struct frontend *objects_frontend(const struct objects *o, struct str name);
struct backend *objects_backend(const struct objects *o, struct str name);
struct split *objects_split(const struct objects *o, struct str backend);
struct policy *objects_policy(const struct objects *o, struct str name);

/* A copy to be changed by the functions below before it is shared. */
struct objects *objects_copy(const struct objects *o);
void objects_put_frontend(struct objects *o, struct frontend *f); /* takes a reference of its own */
void objects_put_backend(struct objects *o, struct backend *b);
void objects_put_split(struct objects *o, struct split *s);
void objects_put_policy(struct objects *o, struct policy *p);
bool objects_del_frontend(struct objects *o, struct str name); /* false: was not there */
bool objects_del_backend(struct objects *o, struct str name);  /* and what is said of its members */
bool objects_del_split(struct objects *o, struct str backend);
bool objects_del_policy(struct objects *o, struct str name);

/* What operators say of the members of a backend; NULL when nothing. */
struct override_set *objects_overrides(const struct objects *o, struct str backend);
void objects_put_overrides(struct objects *o, struct override_set *s); /* empty: nothing any more */

/* The backends in which two snapshots differ, in the order of names: NULL where one has none of the
 * name. What they share is passed without a look at it. False at the end. Begin with a zero. */
struct objects_walk {
    size_t old_at, new_at;
    struct backend *was, *is; /* the pair that was found */
};
bool objects_next_difference(struct objects_walk *w, const struct objects *old,
                             const struct objects *new);

/* Who names the backend: frontends (default or rule), splits, policies; "web, api, split live,
 * policy beta"; empty when nobody does. */
struct str objects_users(const struct objects *o, struct str backend, struct arena *a);

#endif
