/* SPDX-License-Identifier: Apache-2.0 */
/* What operators say of members, where changes and views meet it. */
#ifndef THALASSA_APP_OVERRIDE_H
#define THALASSA_APP_OVERRIDE_H

#include "app.h"

struct app_change;

/* CHANGE_OVERRIDE: what the next objects are, with warnings when they are the same. */
int app_override_decide(struct app_change *c, struct err *e);
void app_override_warn(struct app_change *c); /* once c->desired is built */
void app_override_note(struct app_change *c); /* into the activity, once stored */

/* Words on members are not in the structure: its text holds for the present objects, too. */
void app_override_keep_text(struct app *a, const struct objects *before);

/* The array "overrides" of the status, and their number. */
void app_put_overrides(struct app *a, struct json_out *o);
size_t app_count_overrides(const struct app *a);

#endif
