/* SPDX-License-Identifier: Apache-2.0 */
/* Would HAProxy take this file set? Asked in a scratch folder, before anything is stored. */
#ifndef THALASSA_APP_CHECK_H
#define THALASSA_APP_CHECK_H

#include "app.h"

/* `e` is NULL when HAProxy takes it and its new listeners can be bound; else ERR_UNPROCESSABLE, or
 * ERR_CONFLICT for a listener, the object to blame in `field`, HAProxy's words in `detail` (or
 * another kind when it could not be asked). On the loop. */
typedef void app_on_checked(void *ctx, const struct err *e);

/* `r` stays valid until `done` is called. */
void app_check(struct app *a, const struct app_rendered *r, app_on_checked *done, void *ctx);

/* Sections of one name: ERR_CONFLICT (HAProxy >= 3.3 refuses them, and stats could not tell them
 * apart). */
int app_check_names(const struct app_rendered *r, struct err *e);

/* bind() of the addresses that the running configuration does not have: ERR_CONFLICT when one is
 * another process's, or not this machine's. */
int app_probe(struct app *a, const struct app_rendered *r, struct err *e);

#endif
