/* SPDX-License-Identifier: Apache-2.0 */
/* The names in /v1/catalog/services (an object: its keys) and /v1/catalog/nodes (a list of objects:
 * their "Node"), read piece by piece. Limits and errors as in catalog/parse.h. */
#ifndef THALASSA_CATALOG_LISTING_H
#define THALASSA_CATALOG_LISTING_H

#include "model/object.h"

enum { LISTING_NAMES_MAX = 200000 };

struct listing {
    struct arena arena;
    struct str_list names; /* sorted */
};

struct listing_parser;

struct listing_parser *listing_parser_new(void);
int listing_parser_feed(struct listing_parser *p, struct str piece, struct err *e);
int listing_parser_finish(struct listing_parser *p, struct listing **out, struct err *e);
void listing_parser_free(struct listing_parser *p); /* NULL is fine */

void listing_free(struct listing *l); /* NULL is fine */
bool listing_has(const struct listing *l, struct str name);

#endif
