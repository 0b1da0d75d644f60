/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a route: what the generic code has read before the handler runs, and the ways to
 * answer that routes share. Lives in the exchange's arena. */
#ifndef THALASSA_WEB_CALL_H
#define THALASSA_WEB_CALL_H

#include "web/access.h"
#include "web/api.h"
#include "web/exchange.h"
#include "web/params.h"

enum { CALL_ANSWER_MAX_BYTES = 64 * 1024 * 1024 };

struct live;

struct call {
    const struct web_api *api;
    const struct access *access;
    struct live *live; /* NULL: no stream */
    struct exchange *x;
    struct str name, member; /* of the path; none if the route has none */
    struct params params;
    struct web_change change; /* for handlers that make one */
};

/* The body as a JSON object, in the exchange's arena. ERR_INVALID. */
int call_read_object(struct call *c, const struct json **out, struct err *e);

/* Start a change of this kind with what path, query and headers say. */
struct web_change *call_begin_change(struct call *c, enum web_change_kind kind);

/* Hand it to the agent; the answer, and the release of its objects, come later. */
void call_submit_change(struct call *c);

/* Release the change's objects, and answer with the error. */
void call_refuse_change(struct call *c, const struct err *e);

/* What a reader left: the buf is taken over. `etag` may be NULL. */
void call_reply_read(struct call *c, int rc, struct buf *out, const struct etag *etag,
                     const struct err *e);

/* The answer of a reader of api.h: of a list, of the object that the path names. */
typedef int list_reader(void *ctx, struct buf *out, struct err *e);
typedef int object_reader(void *ctx, struct str name, struct buf *out, struct etag *etag,
                          struct err *e);
void call_reply_list(struct call *c, list_reader *read);
void call_reply_object(struct call *c, object_reader *read);

void call_on_done(void *call, const struct web_result *result); /* a web_done */

#define ROUTE(method, pattern, right, params, handler) void route_##handler(struct call *c);
#include "web/routes.def"
#undef ROUTE

#endif
