/* SPDX-License-Identifier: Apache-2.0 */
/* Body of /v1/health/service/NAME -> struct service_read, piece by piece as it arrives. Pretty and
 * compact JSON alike; only what struct instance holds is kept.
 *
 * Errors are sticky, and none of them may remove a member: ERR_INVALID for text that is no JSON,
 * nested deeper than 32, no list, or an element without a node or a service ID; ERR_TOO_LARGE past
 * PARSE_BYTES_MAX or SERVICE_INSTANCES_MAX. */
#ifndef THALASSA_CATALOG_PARSE_H
#define THALASSA_CATALOG_PARSE_H

#include "catalog/instance.h"

enum { PARSE_BYTES_MAX = 64 * 1024 * 1024 };

struct service_parser;

struct service_parser *service_parser_new(struct str service);
int service_parser_feed(struct service_parser *p, struct str piece, struct err *e);

/* The text is complete. *out has one reference. */
int service_parser_finish(struct service_parser *p, struct service_read **out, struct err *e);
void service_parser_free(struct service_parser *p); /* NULL is fine */

#endif
