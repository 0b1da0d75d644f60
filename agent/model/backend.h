/* SPDX-License-Identifier: Apache-2.0 */
#ifndef THALASSA_MODEL_BACKEND_H
#define THALASSA_MODEL_BACKEND_H

#include "model/object.h"

enum backend_type { BACKEND_DYNAMIC, BACKEND_STATIC };
enum balance {
    BALANCE_ROUNDROBIN,
    BALANCE_SOURCE,
    BALANCE_LEASTCONN,
    BALANCE_FIRST,
    BALANCE_RANDOM,
    BALANCE_URI
};
enum health_method { HEALTH_GET, HEALTH_POST, HEALTH_HEAD, HEALTH_OPTIONS };

const char *backend_type_name(enum backend_type t); /* "dynamic", "static" */
const char *balance_name(enum balance b);           /* "roundrobin" ... */
const char *health_method_name(enum health_method m);

struct health {
    bool set; /* false: a TCP check each interval_ms */
    enum health_method method;
    struct str uri;
    bool http_1_1;
    unsigned interval_ms; /* 2000 unless given */
};

/* How the registry (or the operator, for a static backend) sees a member. */
enum member_status { MEMBER_PASSING, MEMBER_WARNING, MEMBER_CRITICAL, MEMBER_MAINTENANCE };
const char *member_status_name(enum member_status s);

/* One server of a backend, before HAProxy. Plain data: lives in the arena of whoever holds it. */
struct member {
    struct str name, version; /* service and version; static: backend's key and "" */
    struct str host;          /* as known: IPv4, bare IPv6, or a host name */
    uint16_t port;            /* 0: unusable */
    int64_t last_known_ms;    /* wall clock of the read that last held it */
    struct str meta_hostname, meta_pid, meta_registered; /* may be empty */
    enum member_status status;
    unsigned weight;     /* 0..256, after scaling within the backend; 1 unless known */
    bool backup;         /* static members only */
    struct str address;  /* literal address to use; empty: not resolved, unusable */
    struct str unusable; /* why it cannot be used; empty: usable */
};

struct member_list {
    struct member *items;
    size_t count;
};

/* Immutable; refs counts owners (loop thread only). */
struct backend {
    struct arena arena;
    unsigned refs;
    struct str name; /* key */
    enum backend_type type;
    struct str service, version; /* dynamic: required */
    enum balance balance;
    struct str host; /* Host header for servers and checks; empty: none */
    enum proxy_mode mode;
    struct health health;
    struct str_list server;     /* server options, one keyword with its arguments each */
    struct str cookie;          /* name of the sticky cookie; empty: none */
    struct member_list members; /* static backends only; dynamic ones come from the catalog */
    struct str_list natives;
};

/* Parse and validate a backend object of the API (design.md section 5). */
struct backend *backend_parse(struct str name, const struct json *o, struct err *e);
struct backend *backend_ref(struct backend *b);
void backend_unref(struct backend *b);

/* A copy with another subscription: POST /backends/{name}. An empty service keeps the old one. */
struct backend *backend_with_subscription(const struct backend *b, struct str service,
                                          struct str version, struct err *e);

/* The stored object, fixed order; `members` are shown when not NULL (GET), else the static ones. */
void backend_put(struct json_out *o, const char *key, const struct backend *b,
                 const struct member_list *members);
/* The stored object as one text, into a buf that is initialised by this. */
void backend_text(const struct backend *b, struct buf *to);
bool backend_equal(const struct backend *a, const struct backend *b);

/* A member of which nothing is known yet: no text is NULL. */
struct member member_blank(void);

/* "KEY_HOST:PORT" with every byte that HAProxy refuses in a name as '-': the server's name. */
struct str member_server_name(struct arena *a, struct str backend, const struct member *m);

/* One member as JSON (design.md section 5, "member"), without "observed"; leaves the object open
 * when `keep_open`, so that the caller adds "observed". */
void member_put(struct json_out *o, const char *key, const struct member *m, bool keep_open);
/* Read back what member_put wrote (store, file). */
int member_read(struct arena *a, const struct json *o, struct member *m, struct err *e);

#endif
