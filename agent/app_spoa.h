/* SPDX-License-Identifier: Apache-2.0 */
/* The SPOE agent in the program: started with it, given the policies before a change is answered,
 * drained at the end, shown. */
#ifndef THALASSA_APP_SPOA_H
#define THALASSA_APP_SPOA_H

#include "app.h"
#include "web/metrics.h"

/* -1: an address that was asked for cannot be had. The default one is tried again now and then. */
int app_spoa_start(struct app *a, struct err *e);

/* The effective objects may have other policies: they count when it returns. */
void app_spoa_update(struct app *a);

/* Health checks fail first, so that no request meets a closed door; then `done`, at once when
 * HAProxy asks nobody here. */
void app_spoa_end(struct app *a, void (*done)(struct app *a));
void app_spoa_stop(struct app *a);

void app_spoa_put(struct app *a, struct json_out *o); /* "spoe" of /status */
void app_spoa_metrics(struct app *a, struct metrics *m);

#endif
