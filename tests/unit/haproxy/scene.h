/* SPDX-License-Identifier: Apache-2.0 */
/* A real HAProxy and a client on its admin socket; calls wait for their answer. */
#ifndef TEST_HAPROXY_SCENE_H
#define TEST_HAPROXY_SCENE_H

#include "haproxy/observe.h"
#include "plan/replies.h"
#include "real.h"

struct scene {
    struct real real;
    struct runtime *runtime;
    bool up, down, done;
    size_t answered, failed;
    char replies[4][512]; /* the first ones */
    struct have *have;
};

void scene_begin(struct scene *s, const char *version);
void scene_end(struct scene *s);

/* Open the client on another socket; the former one was closed. */
void scene_open(struct scene *s, const char *path, const char *prefix);

/* Sets answered, failed, replies. */
void scene_run(struct scene *s, const struct str *commands, size_t n, double deadline_s);
enum reply_meaning scene_one(struct scene *s, const char *command);

/* Sets have (free it). */
void scene_observe(struct scene *s, const struct observe_request *q);

#endif
