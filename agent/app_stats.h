/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of the running agent: taken from the observations, kept in history/, shown by the API,
 * the stream and /metrics. */
#ifndef THALASSA_APP_STATS_H
#define THALASSA_APP_STATS_H

#include "app.h"
#include "plan/stat_put.h"
#include "web/api.h"

/* After the totals; what is in history/ goes on. */
void app_stats_open(struct app *a);
void app_stats_close(struct app *a);

/* The next observation is to read members, too, and to be taken. */
bool app_stats_due(const struct app *a);
void app_stats_take(struct app *a, struct have *have);

/* The latest sample of each object that an id names ("stat/backend/K"; `*` for the last part: all).
 * Of an id that does not read none. */
void app_stats_each(struct app *a, struct str id, stats_visit *visit, void *ctx);
/* The latest sample of one object as JSON; false, and nothing, when there is none. */
bool app_stats_put(struct app *a, struct str id, struct buf *out);

/* --- app_stats_view.c: GET /stats, GET /stats/{id}, /metrics --- */
int app_view_stats(struct app *a, const struct web_stats_query *query, struct buf *out,
                   struct err *e);
int app_view_stat(struct app *a, const struct web_stat_query *query, struct buf *out,
                  struct err *e);
void app_stats_metrics(struct app *a, struct metrics *m);

#endif
