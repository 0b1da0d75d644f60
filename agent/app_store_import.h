/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of the persistence file become those of an empty store. */
#ifndef THALASSA_APP_STORE_IMPORT_H
#define THALASSA_APP_STORE_IMPORT_H

#include "app.h"

/* No file is nothing to import. ERR_INVALID when an object does not pass, unless --importSkipBad.
 */
int app_store_import(struct app *a, struct err *e);

#endif
