/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that HAProxy did not take although they are stored: set aside, shown with its words, and
 * left out (or rendered in their last good version) until they change; where the cause may pass by
 * itself they are tried again from time to time. Pure. */
#ifndef THALASSA_CONTROL_FAILED_H
#define THALASSA_CONTROL_FAILED_H

#include "control/objects.h"

#include <stdint.h>

struct failed_object {
    bool frontend; /* else a backend */
    void *object;  /* the version that failed; referenced */
    struct str error;
    struct str detail;
    int64_t retry_ms; /* monotonic; FAILED_NEVER: the cause does not pass by itself */
    int64_t pause_ms; /* that led there */
    bool retrying;    /* rendered again, to see */
};

enum { FAILED_NEVER = -1 };

struct failure {
    struct str error, detail;
    bool passes; /* by itself: an address that another process has, or this machine not yet */
    int64_t now_ms;
};

struct failed_list {
    struct failed_object *items;
    size_t count;
};

/* Note that the stored version of "frontend/web" or "backend/live" failed. False if there is no
 * such object, or it is noted already and was not tried again. */
bool failed_note(struct failed_list *l, const struct objects *stored, struct str object,
                 const struct failure *why);

/* When the next one is to be tried again; FAILED_NEVER: none is. */
int64_t failed_due_ms(const struct failed_list *l);
/* Those whose time has come are rendered again. True: there are such. */
bool failed_retry(struct failed_list *l, int64_t now_ms);
/* HAProxy runs what was rendered: forget those that it has taken. */
void failed_taken(struct failed_list *l);
bool failed_is_retried(const struct failed_list *l, struct str object);

/* Forget those whose stored version is another by now. */
void failed_refresh(struct failed_list *l, const struct objects *stored);
void failed_clear(struct failed_list *l);

/* "frontend/web" */
struct str failed_name(const struct failed_object *f, struct arena *a);

/* What is to be rendered: `stored`, with each object of it that failed, and is not just being
 * tried again, replaced by its version in `good`, or left out. `good` may be NULL. One reference is
 * the caller's. */
struct objects *failed_effective(const struct failed_list *l, struct objects *stored,
                                 const struct objects *good);

#endif
