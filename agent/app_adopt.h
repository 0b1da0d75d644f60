/* SPDX-License-Identifier: Apache-2.0 */
/* Before anything else: is the configuration ours to write, and is no other agent at it? */
#ifndef THALASSA_APP_ADOPT_H
#define THALASSA_APP_ADOPT_H

#include "app.h"

/* Takes the lock, makes the folders. A file without our mark is never overwritten: ERR_CONFLICT
 * that names --adopt, with which a copy `.before-thalassa` is kept. */
int app_adopt(struct app *a, struct err *e);

#endif
