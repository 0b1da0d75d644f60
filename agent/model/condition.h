/* SPDX-License-Identifier: Apache-2.0 */
/* One comparison of a match: a text, or an object with one member that names the operation. */
#ifndef THALASSA_MODEL_CONDITION_H
#define THALASSA_MODEL_CONDITION_H

#include "model/match.h"

/* `host`: the texts are made lower case, and one that ends with a port is refused, since it could
 * never be equal. Regular expressions are compiled once, for their errors. */
int condition_parse(struct arena *a, const struct json *v, bool host, struct condition *c,
                    struct err *e);
void condition_put(struct json_out *o, struct str key, const struct condition *c);

/* Sort a list and keep each text once. */
void texts_sort(struct str_list *list);

#endif
