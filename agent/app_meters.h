/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent counts of its own work, for /metrics. */
#ifndef THALASSA_APP_METERS_H
#define THALASSA_APP_METERS_H

#include "plan/replies.h"

enum { METER_BUCKETS = 13, METER_REASONS = 32, METER_REASON_BYTES = 48, METER_MEANINGS = 4 };

struct app_meters {
    uint64_t operations[REPLY_OPS + 1][METER_MEANINGS]; /* by kind and enum reply_meaning */
    uint64_t apply[METER_BUCKETS + 1];                  /* the last: longer than any bound */
    double apply_s;
    struct {
        char field[METER_REASON_BYTES];
        uint64_t count;
    } reloads[METER_REASONS]; /* the first: "other", also when there is no room */
    size_t reason_count;
};

struct app;
struct metrics;

/* --- app_metrics.c --- */
void app_meter_apply(struct app *a, double seconds);
void app_meter_reload(struct app *a, const char *field); /* "": another reason */
void app_meters_metrics(struct app *a, struct metrics *m);

#endif
