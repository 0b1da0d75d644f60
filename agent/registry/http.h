/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP to one Consul agent: libcurl's multi interface on the loop. Connections are kept and used
 * again, at most HTTP_CONNECTIONS_MAX of them: Consul drops the 201st of an address, and an aborted
 * blocking query keeps its place there until its wait ends. */
#ifndef THALASSA_REGISTRY_HTTP_H
#define THALASSA_REGISTRY_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "registry/address.h"

enum { HTTP_CONNECTIONS_MAX = 64, HTTP_TEXT_BYTES = 200 };

struct ev_loop;
struct http;
struct http_call;

/* NULL where not given. The texts are copied. */
struct http_options {
    const struct registry_address *address;
    const char *datacenter;
    const char *token_file;      /* its content is sent as X-Consul-Token */
    const char *ca, *cert, *key; /* PEM files; a CA or a certificate means https */
};

/* What came back, besides the body. */
struct http_reply {
    int status;       /* 0: none, see error */
    uint64_t index;   /* X-Consul-Index; 0: none */
    bool filtered;    /* X-Consul-Results-Filtered-By-ACLs: true */
    struct err error; /* kind ERR_NONE only with status 200 and a body taken whole; the text
                       * names the server and says what is wrong in its own words */
};

struct http_request {
    const char *method; /* "GET", "PUT" */
    const char *path;   /* with the query; no datacenter */
    struct str body;    /* copied; PUT only */
    double deadline_s;  /* for the whole exchange */
    /* Body of a 200, as it comes. -1 with `e` filled ends the exchange. NULL: not wanted. */
    int (*on_body)(void *ctx, struct str piece, struct err *e);
    /* Called once, never from within http_start; new exchanges may be started there. */
    void (*on_done)(void *ctx, const struct http_reply *reply);
    void *ctx;
};

/* Reads the token and builds what all exchanges share; connects to nobody yet. */
struct http *http_open(struct ev_loop *loop, const struct http_options *options, struct err *e);

/* Ends all exchanges without calling on_done. Not from within a callback. */
void http_close(struct http *h);

struct http_call *http_start(struct http *h, const struct http_request *request);

/* Without on_done. Consul keeps the place of a blocking query that is cancelled. */
void http_cancel(struct http_call *call);

const char *http_server(const struct http *h); /* "127.0.0.1:8500", for messages */

/* Percent-encoded for a path segment or a query value. */
void http_encode(struct buf *to, struct str text);

#endif
