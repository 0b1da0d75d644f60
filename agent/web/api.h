/* SPDX-License-Identifier: Apache-2.0 */
/* What the routes need of the agent: functions that main.c fills. Everything runs on the loop. */
#ifndef THALASSA_WEB_API_H
#define THALASSA_WEB_API_H

#include "model/backend.h"
#include "model/frontend.h"
#include "model/override.h"
#include "model/policy.h"
#include "model/split.h"
#include "plan/stat_id.h"
#include "web/etag.h"
#include "web/metrics.h"

enum web_change_kind {
    CHANGE_PUT_FRONTEND,
    CHANGE_DELETE_FRONTEND,
    CHANGE_PUT_BACKEND,
    CHANGE_DELETE_BACKEND,
    CHANGE_PUT_SPLIT,
    CHANGE_DELETE_SPLIT,
    CHANGE_PUT_POLICY,
    CHANGE_DELETE_POLICY,
    CHANGE_SWITCH,     /* POST /backends/{name} */
    CHANGE_CONFIG,     /* PUT /config */
    CHANGE_OVERRIDE,   /* PUT /backends/{name}/members/{member} */
    CHANGE_ACCEPT_LOSS /* POST /registry/accept */
};

struct web_change {
    enum web_change_kind kind;
    struct str name; /* of the object or backend; empty for CHANGE_CONFIG */

    /* validated objects, names unique: one for a PUT, any number for CHANGE_CONFIG */
    struct frontend **frontends;
    size_t frontend_count;
    struct backend **backends;
    size_t backend_count;
    struct split **splits;
    size_t split_count;
    struct policy **policies;
    size_t policy_count;

    struct str service; /* CHANGE_SWITCH: another service name; empty: the one it has */
    struct str version; /* CHANGE_SWITCH */

    struct override_wish override; /* CHANGE_OVERRIDE */

    bool prune; /* CHANGE_CONFIG: what is not named is deleted; splits and policies: if ... */
    bool has_splits, has_policies; /* ... the request speaks of them at all */
    bool dry_run;                  /* change nothing; the result's body is the plan */
    bool strict, force;
    struct str if_match; /* for etag_require; the none view without such a header */
    uint64_t wait_ms;    /* answer when HAProxy runs it, or 202 after this time; 0: do not wait */
    const char *actor;   /* for the activity: the peer's address */
};

struct web_result {
    const struct err *error;    /* NULL: success; else nothing below counts */
    unsigned status;            /* 0: 200; 202: stored, and not yet what HAProxy runs */
    uint64_t generation;        /* 0: no such header */
    struct str body;            /* a JSON text: the stored object, a plan, a list; empty: {} */
    struct etag etag;           /* of the stored object; empty text: none */
    const struct str *warnings; /* the body must be an object then */
    size_t warning_count;
};

/* Must be called exactly once for each call that takes it, at once or later; what the result points
 * to is read during the call only. */
typedef void web_done(void *done_ctx, const struct web_result *result);

struct web_activity_query {
    uint64_t since;    /* entries with a greater sequence number; 0: all */
    uint64_t limit;    /* the newest so many, newest first */
    struct str filter; /* text that an entry must contain; empty: all */
    bool oldest_first; /* instead: the first so many behind `since`, oldest first */
};

struct web_stats_query {
    bool has_kind;
    enum stat_kind kind; /* only these */
    struct str backend;  /* only this one and its members; empty: all */
};

struct web_stat_query {
    struct str id;    /* as the path has it */
    int64_t since_ms; /* only what is newer */
    size_t limit;     /* the newest so many samples; 0: all */
};

/* Readers append one JSON text (or what is said) to `out` and return 0, or -1 with `e` filled. */
struct web_api {
    void *ctx;

    /* The change and what it points to stay valid until `done` is called. */
    void (*change)(void *ctx, const struct web_change *change, web_done *done, void *done_ctx);

    int (*frontends)(void *ctx, struct buf *out, struct err *e); /* an array */
    int (*frontend)(void *ctx, struct str name, struct buf *out, struct etag *etag, struct err *e);
    int (*backends)(void *ctx, struct buf *out, struct err *e); /* an array, with members */
    int (*backend)(void *ctx, struct str name, struct buf *out, struct etag *etag, struct err *e);
    int (*splits)(void *ctx, struct buf *out, struct err *e); /* an array */
    int (*split)(void *ctx, struct str backend, struct buf *out, struct etag *etag, struct err *e);
    int (*policies)(void *ctx, struct buf *out, struct err *e); /* an array */
    int (*policy)(void *ctx, struct str name, struct buf *out, struct etag *etag, struct err *e);
    /* What would be decided about the request that `request` tells (policy/try.h). */
    int (*try_policies)(void *ctx, const struct json *request, struct buf *out, struct err *e);
    int (*members)(void *ctx, struct str backend, struct buf *out, struct err *e); /* an array */
    /* One of them; of one that is gone what is still said of it. */
    int (*member)(void *ctx, struct str backend, const struct endpoint *member, struct buf *out,
                  struct err *e);
    int (*status)(void *ctx, struct buf *out, struct err *e);
    int (*activity)(void *ctx, const struct web_activity_query *query, struct buf *out,
                    struct err *e); /* an array */

    int (*stats)(void *ctx, const struct web_stats_query *query, struct buf *out,
                 struct err *e); /* an array */
    int (*stat)(void *ctx, const struct web_stat_query *query, struct buf *out, struct err *e);

    /* Text of the configuration last written; ERR_NOT_FOUND before there is one. */
    int (*config)(void *ctx, struct buf *out, struct err *e);
    int (*metrics)(void *ctx, struct metrics *m, struct err *e);
    /* 0 when the agent does its work; ERR_UNAVAILABLE with the reason otherwise. */
    int (*ready)(void *ctx, struct err *e);

    void (*plan)(void *ctx, web_done *done, void *done_ctx);
    /* What the registry knows: of all services (an object by name), or of one. `service` empty:
     * all. It stays valid until `done` is called. */
    void (*services)(void *ctx, struct str service, web_done *done, void *done_ctx);
};

#endif
