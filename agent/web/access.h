/* SPDX-License-Identifier: Apache-2.0 */
/* Who may reach the API and do what. A web page in the operator's browser must not: its requests
 * carry a foreign Origin, or a Host that was rebound to this machine. */
#ifndef THALASSA_WEB_ACCESS_H
#define THALASSA_WEB_ACCESS_H

#include "base/err.h"
#include "web/peer.h"

/* deploy: members, versions, backends; admin: what becomes raw configuration, and binds. */
enum right { RIGHT_READ, RIGHT_DEPLOY, RIGHT_ADMIN };
const char *right_name(enum right right); /* "read" ... */

struct access {
    const char *host;                 /* --host */
    const char *const *allowed_hosts; /* --allowedHosts */
    size_t allowed_host_count;
    bool insecure; /* --insecure */
};

/* May `peer` do what needs `right`? The one place that is asked. Today: whoever is on this machine
 * may do everything, whoever is not may only with --insecure. 0, or -1 with ERR_FORBIDDEN. */
int access_may(const struct access *a, const struct peer *peer, enum right right, struct err *e);

/* The Host header: an IP literal, localhost, --host or one of --allowedHosts, with or without a
 * port. ERR_FORBIDDEN; `host` none (HTTP/1.0, never a browser) is fine. */
int access_host(const struct access *a, struct str host, struct err *e);

/* The Origin header: none, or the very host and port that the request was sent to. ERR_FORBIDDEN.
 */
int access_origin(struct str origin, struct str host, struct err *e);

/* May the agent listen there? Loopback literals and "localhost" always, others with --insecure:
 * ERR_INVALID for the option "host". */
int access_listen_allowed(const char *address, bool insecure, struct err *e);

#endif
