/* SPDX-License-Identifier: Apache-2.0 */
/* Tells in the activity which backends keep members that the registry does not name any more, and
 * which serve with members that fail, since there are no others. */
#ifndef THALASSA_APP_HELD_H
#define THALASSA_APP_HELD_H

#include "app.h"

/* What is so at the start was told in the life before. */
void app_held_load(struct app *a);
void app_held_look(struct app *a, struct str backend); /* its members changed */
void app_held_free(struct app *a);

#endif
