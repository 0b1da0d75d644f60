/* SPDX-License-Identifier: Apache-2.0 */
/* What a client would like best (RFC 9110 12.5): the header's list of names with their q. Pure. */
#ifndef THALASSA_WEB_ACCEPT_H
#define THALASSA_WEB_ACCEPT_H

#include "base/str.h"

enum { ACCEPT_FULL = 1000 };

/* The q of `name` in the value of Accept or Accept-Encoding, in thousandths: 0 when it is not in
 * the list by this very name, refused, or its q is no number. Wildcards are nobody's name. */
unsigned accept_quality(struct str header, const char *name);

#endif
