/* SPDX-License-Identifier: Apache-2.0 */
/* HOST:PORT, as people name a member: in paths of the API, on the command line, in files. */
#ifndef THALASSA_MODEL_ENDPOINT_H
#define THALASSA_MODEL_ENDPOINT_H

#include "base/arena.h"
#include "base/err.h"

struct endpoint {
    struct str host; /* as endpoint_host gives it */
    uint16_t port;   /* 1..65535 */
};

/* "10.0.0.1:80", "[::1]:80" or "::1:80", "a.example:80". ERR_INVALID with the field "member". */
int endpoint_parse(struct arena *a, struct str text, struct endpoint *out, struct err *e);

/* The one way to write a host: IPv6 as RFC 5952 has it, letters of names small. */
struct str endpoint_host(struct arena *a, struct str host);

/* "10.0.0.1:80", "[::1]:80" */
struct str endpoint_text(struct arena *a, struct str host, uint16_t port);

/* Order of hosts, then of ports. */
int endpoint_cmp(const struct endpoint *a, const struct endpoint *b);

#endif
