/* SPDX-License-Identifier: Apache-2.0 */
/* A frontend's bind: "ADDR:PORT[,ADDR:PORT...] [parameters of HAProxy's bind line]". */
#ifndef THALASSA_MODEL_BIND_H
#define THALASSA_MODEL_BIND_H

#include "model/object.h"

/* Split and check. The address list ends at the first blank that no comma follows or precedes, so
 * that parameters may hold commas (alpn h2,http/1.1). */
int bind_parse(struct arena *a, struct str text, struct str_list *addresses, struct str *params,
               struct err *e);

/* The canonical text of the same. */
struct str bind_text(struct arena *a, const struct str_list *addresses, struct str params);

#endif
