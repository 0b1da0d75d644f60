/* SPDX-License-Identifier: Apache-2.0 */
/* Workers, what they count, and the statistics that are made of it. */
#ifndef THALASSA_TESTS_STATS_SCENE_H
#define THALASSA_TESTS_STATS_SCENE_H

#include "plan/stat_put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { STATS_SCENE_ROWS = 8 };

/* `owner` NULL: nobody's. A row with a `server` is a member of the proxy. */
struct stats_scene_row {
    const char *proxy, *server, *owner;
    bool frontend;
    uint64_t requests, sessions_now;
};

struct stats_scene {
    struct totals *totals;
    struct stats *stats;
    const char *serving; /* the proxy that serves "live" */
    int64_t now_ms, wall_ms;
    const struct stats_scene_row *rows; /* while a sample is taken */
};

/* Samples of 2 s; `samples` of them are kept, for 10 s. */
void stats_scene_init(struct stats_scene *s, size_t samples);
void stats_scene_fini(struct stats_scene *s);

/* A sample of worker `pid`, 2 s after the one before. Rows end with one without a proxy. */
void stats_scene_take(struct stats_scene *s, int64_t pid, const struct stats_scene_row *rows);
/* The same rows with counters: `have` is the callee's to free. */
struct have *stats_scene_have(int64_t pid, const struct stats_scene_row *rows);

/* JSON of the latest of an id, or an array for a pattern; of one's samples. Until the next call. */
const char *stats_scene_latest(const struct stats_scene *s, const char *id);
const char *stats_scene_samples(const struct stats_scene *s, const char *id, int64_t since_ms,
                                size_t limit);

/* "rate/request total" of each sample of an id, such as "0/10 5/20 ". */
const char *stats_scene_requests(const struct stats_scene *s, const char *id);

#endif
