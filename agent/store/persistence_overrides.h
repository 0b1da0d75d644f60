/* SPDX-License-Identifier: Apache-2.0 */
/* What operators say of members, in the persistence file: one list, each with its backend. */
#ifndef THALASSA_STORE_PERSISTENCE_OVERRIDES_H
#define THALASSA_STORE_PERSISTENCE_OVERRIDES_H

#include "store/persistence.h"

/* Nothing when nobody says anything: the file is the predecessor's then. */
void persistence_put_overrides(struct json_out *o, const struct persistence *what);

/* The backends are read already; what is of none of them is a problem. */
int persistence_take_overrides(struct persistence *p, const struct json *file, struct err *e);

#endif
