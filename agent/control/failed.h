/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that HAProxy did not take although they are stored: set aside, shown with its words, and
 * left out (or rendered in their last good version) until they change. Pure. */
#ifndef THALASSA_CONTROL_FAILED_H
#define THALASSA_CONTROL_FAILED_H

#include "control/objects.h"

struct failed_object {
    bool frontend; /* else a backend */
    void *object;  /* the version that failed; referenced */
    struct str error;
    struct str detail;
};

struct failed_list {
    struct failed_object *items;
    size_t count;
};

/* Note that the stored version of "frontend/web" or "backend/live" failed. False if there is no
 * such object, or it is noted already. */
bool failed_note(struct failed_list *l, const struct objects *stored, struct str object,
                 struct str error, struct str detail);

/* Forget those whose stored version is another by now. */
void failed_refresh(struct failed_list *l, const struct objects *stored);
void failed_clear(struct failed_list *l);

/* "frontend/web" */
struct str failed_name(const struct failed_object *f, struct arena *a);

/* What is to be rendered: `stored`, with each object of it that failed replaced by its version in
 * `good`, or left out. `good` may be NULL. One reference is the caller's. */
struct objects *failed_effective(const struct failed_list *l, struct objects *stored,
                                 const struct objects *good);

#endif
