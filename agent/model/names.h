/* SPDX-License-Identifier: Apache-2.0 */
/* Names and addresses as HAProxy takes them: checked before they come near a configuration. */
#ifndef THALASSA_MODEL_NAMES_H
#define THALASSA_MODEL_NAMES_H

#include "base/err.h"
#include "base/str.h"

/* [A-Za-z0-9_.:-]{1,128}, HAProxy's rule for proxy and server names (facts/haproxy.md 1). */
int name_check(struct str name, const char *field, struct err *e);

/* As name_check, and not with the reserved prefix "thalassa.". */
int proxy_name_check(struct str name, const char *field, struct err *e);

/* IPv4 dotted quad or IPv6 without brackets (RFC 4291), nothing else: no names, no 127.1. */
bool address_is_literal(struct str host);
bool address_is_ipv6(struct str host);

/* A literal address that a server may have: not 0.0.0.0, not ::. */
bool address_is_usable(struct str host);

/* Host name of RFC 1123 (letters, digits, '-', '.', '_'), to 253 bytes. */
bool host_is_name(struct str host);

#endif
