/* SPDX-License-Identifier: Apache-2.0 */
/* Samples and minutes as JSON, as the API and the stream show them. Pure. */
#ifndef THALASSA_PLAN_STAT_PUT_H
#define THALASSA_PLAN_STAT_PUT_H

#include "base/json_out.h"
#include "plan/stat_minutes.h"
#include "plan/stats.h"

void stat_put(struct json_out *o, const char *key, const struct stat_row *s);

/* Parts of it: what a counter grew by per second, and "times" of a backend or member. */
void stat_put_rate(struct json_out *o, const char *key, const struct stat_row *s, enum counter c);
void stat_put_times(struct json_out *o, const struct stat_row *s);

/* One minute of a frontend or backend: rates are per second. */
void minute_put(struct json_out *o, enum stat_kind kind, int64_t minute, const uint64_t *values);

#endif
