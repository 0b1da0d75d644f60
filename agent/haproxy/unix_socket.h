/* SPDX-License-Identifier: Apache-2.0 */
#ifndef THALASSA_HAPROXY_UNIX_SOCKET_H
#define THALASSA_HAPROXY_UNIX_SOCKET_H

#include "base/err.h"

/* 0 if `path` fits a unix socket address, else -1 with ERR_INVALID. */
int unix_socket_check(const char *path, struct err *e);

/* Connect a non-blocking stream socket without waiting. The descriptor, or -1 with ERR_UNAVAILABLE
 * (nobody listens, a full backlog, no right). */
int unix_socket_connect(const char *path, struct err *e);

#endif
