/* SPDX-License-Identifier: Apache-2.0 */
/* The viewers of GET /stream: their connections, what they say, and the turns in which they are
 * served, none of which holds the loop for long. What they are told is the hub's business. */
#ifndef THALASSA_WEB_LIVE_H
#define THALASSA_WEB_LIVE_H

#include "web/access.h"
#include "web/api.h"
#include "web/exchange.h"
#include "web/hub.h"
#include "web/websocket.h"

struct ev_loop;
struct live;

struct live_limits {
    size_t viewers;  /* one more: 503 */
    size_t switches; /* of one viewer that wait for their answer */
    struct websocket_limits websocket;
};

struct live_limits live_limits_default(void);

/* What the stream needs of the agent. */
struct live_source {
    void *ctx;
    /* Somebody waits to be greeted: bring the hub up to date, then call live_greet. */
    void (*wanted)(void *ctx);
    /* Call `visit` with the latest statistics of each object that `topic` names. */
    void (*stats)(void *ctx, struct str topic,
                  void (*visit)(void *visit_ctx, struct str id, struct str object),
                  void *visit_ctx);
};

/* The hub, the access and the api outlive it. */
struct live *live_new(struct ev_loop *loop, const struct live_limits *limits, struct hub *hub,
                      const struct live_source *source, const struct web_api *api,
                      const struct access *access);

/* Closes every connection; the server that they came from must still run. Then nobody new comes. */
void live_stop(struct live *l);
void live_free(struct live *l); /* after server_stop */

/* The answer to a request for the stream. `resume` NULL: a whole snapshot. */
void live_take(struct live *l, struct exchange *x, const struct hub_resume *resume);

/* The hub is up to date: greet whoever waits. */
void live_greet(struct live *l);

/* The hub was told something: serve those who have to get it, soon. */
void live_flush(struct live *l);

/* The statistics are new: tell those who subscribed. */
void live_stats(struct live *l);

/* Whether anybody watches. */
size_t live_viewers(const struct live *l);

struct live_counts {
    uint64_t viewers;               /* now */
    uint64_t opened, refused, lost; /* lost: too far behind */
    uint64_t sent_bytes;
};
struct live_counts live_counts(const struct live *l);

#endif
