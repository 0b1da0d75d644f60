/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a running agent over its REST API. Looks for it on --apiSocket, then at --host and --port;
 * where the command line names only one of the two, only there: a command for one agent must not
 * reach another. */
#ifndef THALASSA_CLI_CLIENT_H
#define THALASSA_CLI_CLIENT_H

#include "base/buf.h"
#include "cli/options.h"

enum { CLIENT_REPLY_BYTES = 256 * 1024 * 1024, CLIENT_DEADLINE_MS = 90000 };

struct client;

struct client_request {
    const char *method;
    struct str path;     /* with the query, encoded */
    struct str body;     /* JSON; p NULL: none */
    int64_t deadline_ms; /* for the whole exchange; 0: CLIENT_DEADLINE_MS */
};

struct client_reply {
    long status;
    uint64_t generation; /* that the agent says to have stored; 0: it does not say */
    struct buf body;     /* freed by the caller */
};

struct client *client_open(const struct options *o);
void client_close(struct client *c); /* NULL is fine */

/* Whoever has answered is asked again the next time, and nobody else.
 * 0 with a reply of 200 to 299. -1 with the agent's own words (kind by the status, field and
 * detail), or with ERR_UNAVAILABLE that says where it was looked for. reply->body is to be freed
 * in either case. */
int client_call(struct client *c, const struct client_request *request, struct client_reply *reply,
                struct err *e);

/* Percent-encode for a segment of the path or a value of the query. */
void client_encode(struct buf *path, struct str text);

/* Does the command line say which agent is meant? */
bool client_is_named(const struct options *o);

/* Pure: an error of the API as one. `body` is what came with `status`. */
int client_read_error(long status, struct str body, struct err *e);

/* Pure: the base of URLs at --host and --port; addresses to listen on become such to connect to. */
void client_put_origin(struct buf *url, const char *host, unsigned port);

#endif
