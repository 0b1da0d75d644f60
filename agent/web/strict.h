/* SPDX-License-Identifier: Apache-2.0 */
/* What the HTTP library lets pass and we do not: requests that two parsers could read in two ways
 * (RFC 9112 2.2, 5.1, 6.1, 6.3). Pure. */
#ifndef THALASSA_WEB_STRICT_H
#define THALASSA_WEB_STRICT_H

#include "base/err.h"
#include "web/exchange.h"

/* 0, or -1 with ERR_INVALID: a header name that is empty or has a byte that no token has, a value
 * with a control character, Content-Length that is not all digits, another Transfer-Encoding than
 * "chunked", any of these or Host twice, or both lengths at once. */
int strict_check(const struct header_list *headers, struct err *e);

/* The length that Content-Length announces, 0 without one; UINT64_MAX when it does not fit. */
uint64_t strict_content_length(const struct header_list *headers);

#endif
