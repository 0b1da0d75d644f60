/* SPDX-License-Identifier: Apache-2.0 */
/* Who has subscribed to which statistics. A topic is a name that clients give: of one object
 * ("stat/backend/live") or of a group ("stat/frontend/" and a star). What was told of each topic is
 * remembered, so that what is gone can be told as well. */
#ifndef THALASSA_WEB_TOPICS_H
#define THALASSA_WEB_TOPICS_H

#include "base/err.h"
#include "base/str.h"

enum { TOPIC_NAME_MAX = 400, TOPICS_OF_ONE_MAX = 256, TOPICS_MAX = 16384 };

struct viewer;

struct topic_told {
    char *id;
    unsigned round;
};

struct topic {
    char *name;
    struct viewer **viewers;
    size_t viewer_count, viewer_size;
    struct topic_told *told; /* sorted by id */
    size_t told_count, told_size;
};

struct topics {
    struct topic **items; /* sorted by name */
    size_t count, size;
    unsigned round;
};

/* The names of one viewer; sorted, owned by the topics. */
struct topic_list {
    struct topic **items;
    size_t count;
};

void topics_fini(struct topics *t); /* all viewers have left */

/* ERR_INVALID for a name that is none, ERR_UNAVAILABLE past a limit. To subscribe twice is once. */
int topics_join(struct topics *t, struct topic_list *of, struct viewer *v, struct str name,
                struct err *e);
void topics_leave(struct topics *t, struct topic_list *of, struct viewer *v, struct str name);
void topics_leave_all(struct topics *t, struct topic_list *of, struct viewer *v);
bool topics_has(const struct topic_list *of, struct str name);

/* The group that the statistics of one object belong to: up to the last slash, and a star. */
struct str topic_group(struct str id, char out[TOPIC_NAME_MAX + 3]);
struct topic *topics_find(const struct topics *t, struct str name);

/* One pass over what there is: note each id that is told; then all of those that the pass before
 * knew and this one does not. `gone` must not change the topics. */
void topics_begin(struct topics *t);
void topic_note(struct topics *t, struct topic *topic, struct str id);
void topic_end(struct topics *t, struct topic *topic,
               void (*gone)(void *ctx, struct topic *topic, struct str id), void *ctx);

#endif
