/* SPDX-License-Identifier: Apache-2.0 */
/* What a reply of the registry proves about those it does not name. One struct continuity per
 * watched service; it knows the index last believed and the server that told it.
 *
 *   event                                         next request    trust of the reply
 *   start, any error (connection, 403, 429,       without index   READ_DOUBTFUL
 *     5xx, TLS, parse, size)
 *   index below the last one believed             its index       READ_DOUBTFUL
 *   index not below it, no error since            its index       READ_UNBROKEN
 *   ?consistent, index not below the last one     its index       READ_CONFIRMED
 *     believed, server's NodeID unchanged
 *   ?consistent, but one of the two fails         its index       READ_REFUTED
 *
 * A doubtful reply that nobody loses by is believed. After a confirming read, whatever it said, the
 * new index and server are the ones believed: what was lost is the pools' memory from then on. A
 * NodeID that cannot be read (the token may not) is taken as unchanged. */
#ifndef THALASSA_CATALOG_CONTINUITY_H
#define THALASSA_CATALOG_CONTINUITY_H

#include "base/str.h"

enum read_trust { READ_UNBROKEN, READ_DOUBTFUL, READ_CONFIRMED, READ_REFUTED };
const char *read_trust_name(enum read_trust t);

enum { SERVER_ID_BYTES = 64 }; /* a NodeID is a UUID; a longer one is cut */

/* What comes with each reading of a service. */
struct evidence {
    enum read_trust trust;
    bool disturbed; /* continuity was broken when the reading was asked for */
    bool sound;     /* READ_CONFIRMED: /v1/catalog/nodes is not empty, /v1/catalog/services holds a
                     * service seen before, and nothing was filtered by ACLs */
    uint64_t index;
    char server[SERVER_ID_BYTES]; /* NodeID, or empty */
    int64_t now_ms;               /* wall clock */
};

struct continuity {
    bool broken;
    uint64_t believed; /* 0: none */
    uint64_t next;     /* index for the next blocking query, 0: ask without one */
    char server[SERVER_ID_BYTES];
};

/* `believed` and `server`: from before a restart of the agent, or 0 and "". */
void continuity_init(struct continuity *c, uint64_t believed, const char *server);
void continuity_error(struct continuity *c);

/* A 200 with this X-Consul-Index, to an ordinary or a blocking query. */
enum read_trust continuity_reply(struct continuity *c, uint64_t index);
/* Nobody asked for a confirming read after that reply: it is believed. After a disturbance the
 * server's id has to be learnt again. */
void continuity_settle(struct continuity *c, uint64_t index);
/* A confirming read came. `server` is the NodeID read with it, or "". */
enum read_trust continuity_confirm(struct continuity *c, uint64_t index, const char *server);

/* The server's id became known after the first replies. */
void continuity_learn_server(struct continuity *c, const char *server);

#endif
