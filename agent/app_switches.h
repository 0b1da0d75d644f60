/* SPDX-License-Identifier: Apache-2.0 */
/* Version switches as people see them: begun and refused by the API, followed by each plan. */
#ifndef THALASSA_APP_SWITCHES_H
#define THALASSA_APP_SWITCHES_H

#include "app.h"
#include "web/api.h"

int app_switches_load(struct app *a, struct err *e);

/* After each plan: where they stand now. */
void app_switches_update(struct app *a, const struct plan_input *in);

/* Objects are stored: some of the backends may follow another version by that. */
void app_switches_begin(struct app *a, const struct objects *old, const struct objects *new);

/* A change was refused with `e`; if it was a switch to what nobody serves, it is shown. */
void app_switches_refused(struct app *a, const struct web_change *w, const struct err *e);

#endif
