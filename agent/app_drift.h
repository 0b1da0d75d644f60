/* SPDX-License-Identifier: Apache-2.0 */
/* What was changed behind the agent's back. */
#ifndef THALASSA_APP_DRIFT_H
#define THALASSA_APP_DRIFT_H

#include "app.h"

/* A plan was made from a new observation; `was_held`: drift was being reported before. */
void app_drift_look(struct app *a, bool was_held);
/* The configuration has another time than when it was written. */
void app_drift_file(struct app *a);
/* What is only reported, as the array "drift". */
void app_drift_put(const struct app *a, struct json_out *o);

#endif
