/* SPDX-License-Identifier: Apache-2.0 */
/* A server as HAProxy reads it: one text for the file's `server` line and for `add server`, since
 * default-server does not apply to the latter. */
#ifndef THALASSA_RENDER_SERVER_H
#define THALASSA_RENDER_SERVER_H

#include "model/desired.h"
#include "render/caps.h"

/* "127.0.0.1:80", "[::1]:80". `address` is a literal (names.h, address_is_usable). */
struct str server_address(struct arena *a, struct str address, uint16_t port);

/* Everything behind address and weight but the guid: "check inter 2000ms rise 2 fall 3", the pool
 * keywords that the version needs, the operator's server options, "backup". ERR_INVALID when the
 * text would mean different things in the file and on the command line, or has more words than
 * HAProxy reads. */
int server_args(struct arena *a, const struct backend *b, const struct member *m,
                const struct render_caps *caps, struct str *out, struct err *e);

/* What a server's name says behind its backend's: "10.0.0.1:80" of "live_10.0.0.1:80"; the whole
 * name when it begins otherwise. */
struct str server_place(struct str backend, struct str server);

/* The guid of a server that stands in `proxy`: "sv:PROXY:HOST:PORT". Guids are unique in a process,
 * and a member stands in two proxies while its backend changes its profile; the file has the one
 * for the backend's own name. */
struct str server_guid_in(struct arena *a, struct str proxy, struct str backend, struct str server);

/* A guid: "PREFIX:NAME" with each byte that a guid cannot have as '-'; a hash stands for a name
 * that does not fit. Equal names give equal guids in every process. */
struct str server_guid(struct arena *a, const char *prefix, struct str name);

#endif
