/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its reply, without the HTTP library: what a handler sees.
 *
 * A handler answers each exchange exactly once, at once or later, by one of the exchange_reply_*
 * functions. Until then the exchange and everything it holds stay valid, even when the client has
 * gone away or the server has stopped (the answer is then dropped); after it the handler must not
 * touch the exchange. */
#ifndef THALASSA_WEB_EXCHANGE_H
#define THALASSA_WEB_EXCHANGE_H

#include "base/buf.h"
#include "web/peer.h"
#include "web/target.h"

enum method { METHOD_GET, METHOD_PUT, METHOD_POST, METHOD_DELETE, METHOD_OPTIONS, METHOD_OTHER };

struct header {
    struct str name, value;
};

struct header_list {
    struct header *items;
    size_t count;
};

struct reply {
    unsigned status; /* 0: not yet */
    const char *content_type;
    struct buf body;
    struct header_list headers;
    bool close; /* and hang up behind it */
};

/* The connection itself, once a 101 has been sent. `close` gives it back; the descriptor must not
 * be closed by anybody else. */
struct upgraded {
    int fd; /* does not block */
    struct peer peer;
    struct str early; /* bytes that came behind the request; valid while it is taken */
    void (*close)(struct upgraded *u);
};

/* `u` NULL: the client went away before. */
typedef void exchange_take(void *ctx, struct upgraded *u);

struct exchange {
    struct arena arena; /* for whatever must live as long as the exchange */
    enum method method; /* HEAD is METHOD_GET: the body is left out below */
    struct str method_name;
    bool http_1_0;
    struct target target;
    struct header_list headers; /* in the order they came */
    struct str body;
    struct peer peer;

    /* the server's side; handlers leave it alone */
    struct str raw_target;
    struct buf taken; /* the body as it comes in */
    struct reply reply;
    exchange_take *take; /* with status 101, until it was called */
    void *take_ctx;
    bool handed;   /* a handler has it and owes the answer */
    bool answered; /* the handler gave it */
    bool ended;    /* the connection is done with it */
    void (*on_reply)(struct exchange *x);
    void *carrier;
};

/* The first header of this name (letters compared without case), or the none view. */
struct str exchange_header(const struct exchange *x, const char *name);

/* Add a header to the reply to come. `name` must be a literal; the value is copied. A value with a
 * control character is left out. */
void exchange_add_header(struct exchange *x, const char *name, struct str value);

/* The answer. `content_type` is a literal, NULL without a body. The body is copied. */
void exchange_reply(struct exchange *x, unsigned status, const char *content_type, struct str body);

/* As above, but the buf's memory is taken over and the buf is empty afterwards. A buf that has
 * failed is answered with 500. */
void exchange_reply_buf(struct exchange *x, unsigned status, const char *content_type,
                        struct buf *body);
void exchange_reply_json(struct exchange *x, unsigned status, struct buf *body);

/* `{"error":"...","field":"...","detail":"..."}` with the status of the kind; empty parts are left
 * out. */
void exchange_reply_error(struct exchange *x, const struct err *e);

/* As above with a status that no error kind has, such as 405. */
void exchange_reply_status(struct exchange *x, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The answer 101: the connection speaks `protocol` from here on. `take` is called exactly once,
 * later and from the loop. */
void exchange_upgrade(struct exchange *x, const char *protocol, exchange_take *take, void *ctx);

unsigned exchange_status_of(enum err_kind kind);

/* --- for the server and for tests of handlers --- */

struct exchange *exchange_new(struct str raw_target);
enum method exchange_method(struct str name); /* case matters, HEAD gives METHOD_GET */

/* An error reply that does not come from the handler; dropped if there is a reply already. */
void exchange_fail(struct exchange *x, unsigned status, const struct err *e);

/* To whom the upgraded connection goes, if anybody waits for it. */
void exchange_give(struct exchange *x, struct upgraded *u);

/* The connection is done with it; frees it unless a handler still owes the answer. */
void exchange_end(struct exchange *x);

#endif
