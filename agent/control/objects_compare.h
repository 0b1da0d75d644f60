/* SPDX-License-Identifier: Apache-2.0 */
/* What two snapshots have, side by side. Snapshots share the objects that a change leaves alone,
 * and nothing edits them: the same pointer is the same object. Pure. */
#ifndef THALASSA_CONTROL_OBJECTS_COMPARE_H
#define THALASSA_CONTROL_OBJECTS_COMPARE_H

#include "control/objects.h"

enum object_type { OBJECT_FRONTEND, OBJECT_BACKEND, OBJECT_SPLIT, OBJECT_POLICY, OBJECT_TYPES };

/* "frontend/web" */
struct str object_id(struct arena *a, enum object_type type, struct str name);

/* Append the stored object as JSON; nothing when there is none. */
void object_text(const struct objects *o, enum object_type type, struct str name, struct buf *to);

struct object_pair {
    enum object_type type;
    struct str name;
    const void *before, *after; /* NULL: is not there */
};

/* Each object of either, by type and name. `before` NULL: nothing was there. */
void objects_compare(const struct objects *before, const struct objects *after,
                     void (*visit)(void *ctx, const struct object_pair *pair), void *ctx);

#endif
