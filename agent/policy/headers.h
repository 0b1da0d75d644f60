/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of a request in the form of HAProxy's `req.hdrs_bin`: length and bytes of name and
 * value, one header after the other, ended by an empty name with an empty value. A length is a
 * variable integer as SPOP has it (SPOE.txt 3.1). Names come in lower case. */
#ifndef THALASSA_POLICY_HEADERS_H
#define THALASSA_POLICY_HEADERS_H

#include "base/buf.h"

/* Take the next header off the front of *rest. 1, 0 at the end, -1 when this is no such text.
 * Nothing at all is a list without headers. */
int headers_next(struct str *rest, struct str *name, struct str *value);

/* Write a list: a header with the name in lower case; the end. */
void headers_add(struct buf *to, struct str name, struct str value);
void headers_end(struct buf *to);

#endif
