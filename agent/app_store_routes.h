/* SPDX-License-Identifier: Apache-2.0 */
/* Splits and policies in the store, within the transactions of the other objects. */
#ifndef THALASSA_APP_STORE_ROUTES_H
#define THALASSA_APP_STORE_ROUTES_H

#include "control/objects.h"
#include "store/store.h"

/* What differs from `old`. */
void app_store_put_routes(struct store_txn *t, const struct objects *old,
                          const struct objects *new);
int app_store_load_routes(struct store_txn *t, struct objects *into, struct err *e);

#endif
