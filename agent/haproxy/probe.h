/* SPDX-License-Identifier: Apache-2.0 */
/* Can these addresses be bound? Asked before a reload, since a bind that fails there stops all
 * traffic for 2 s. Only for addresses that the running configuration does not have. */
#ifndef THALASSA_HAPROXY_PROBE_H
#define THALASSA_HAPROXY_PROBE_H

#include "base/err.h"
#include "base/str.h"

enum { PROBE_MAX_PORTS = 1024 };

/* 0: each can be bound, or it is not known: no right to (EACCES), unix sockets, descriptors, names,
 * environment variables. -1 with ERR_CONFLICT and "127.0.0.1:80: Address already in use" when
 * another process has it or this machine has no such address (leave out binds with `transparent`),
 * ERR_INVALID when it does not read.
 * Forms: "1.2.3.4:80", "*:80", ":80", ":::80", "[::1]:80", "::1:80", "ipv4@", "ipv6@", "tcp@",
 * "tcp4@", "tcp6@", ranges "80-83" (at most PROBE_MAX_PORTS). */
int probe_bind(const struct str *addresses, size_t count, struct err *e);

/* The same beside a HAProxy that has bound `running`: a port that it listens on, on whatever
 * address
 * ("*:80" runs, "127.0.0.1:80" comes), tells nothing and is left out. */
int probe_bind_beside(const struct str *addresses, size_t count, const struct str *running,
                      size_t running_count, struct err *e);

#endif
