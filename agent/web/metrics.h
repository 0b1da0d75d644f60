/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the Prometheus text format, version 0.0.4: one family after another, each with HELP, TYPE
 * and its samples. Names are the program's own and not checked; label values come from outside. */
#ifndef THALASSA_WEB_METRICS_H
#define THALASSA_WEB_METRICS_H

#include "base/buf.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_label {
    const char *name;
    struct str value;
};

struct metrics {
    struct buf *to;
    const char *name; /* of the family that is open */
};

void metrics_init(struct metrics *m, struct buf *to);

/* Open a family; its samples follow before the next one is opened. `name` must outlive them. */
void metrics_family(struct metrics *m, const char *name, enum metric_type type, const char *help);

/* `labels` may be NULL when `count` is 0. */
void metrics_put_int(struct metrics *m, const struct metric_label *labels, size_t count,
                     int64_t value);
void metrics_put_double(struct metrics *m, const struct metric_label *labels, size_t count,
                        double value); /* NaN and infinities are written as the format wants */

/* Of the family that is open. `counts` has one more than `bounds`: of what is above them all. */
struct metric_histogram {
    const double *bounds;
    size_t bound_count;
    const uint64_t *counts;
    double sum;
};
void metrics_put_histogram(struct metrics *m, const struct metric_histogram *h);

#endif
