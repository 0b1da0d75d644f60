/* SPDX-License-Identifier: Apache-2.0 */
/* What operators say of members, in the store: durable with the objects, in their transactions. */
#ifndef THALASSA_APP_STORE_OVERRIDES_H
#define THALASSA_APP_STORE_OVERRIDES_H

#include "app.h"

void app_put_override_sets(struct store_txn *t, const struct objects *old,
                           const struct objects *new);

/* Into `objects`, whose backends are loaded; what is of no backend is left out. */
int app_load_override_sets(struct store_txn *t, struct objects *objects, struct err *e);

#endif
