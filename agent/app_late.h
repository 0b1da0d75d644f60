/* SPDX-License-Identifier: Apache-2.0 */
/* How late the loop is: whatever holds it shows here before a client complains. */
#ifndef THALASSA_APP_LATE_H
#define THALASSA_APP_LATE_H

#include "app.h"
#include "web/metrics.h"

void app_late_start(struct app *a);
void app_late_stop(struct app *a);
void app_late_metrics(const struct app *a, struct metrics *m);

#endif
