/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator says of a member: it wins over the registry until it is taken back. Kept for a
 * member that is gone, too, since it may come back; gone with its backend. */
#ifndef THALASSA_MODEL_OVERRIDE_H
#define THALASSA_MODEL_OVERRIDE_H

#include "model/desired.h"
#include "model/endpoint.h"

enum { LIMIT_OVERRIDES = 1000 }; /* of one backend */

struct override {
    struct endpoint member;
    bool has_state, has_weight; /* one of them at least */
    enum server_admin state;
    unsigned weight;  /* 0..256 */
    struct str by;    /* who said it last: an address, "haproxy" when it was done on its socket */
    int64_t since_ms; /* wall clock */
};

/* Those of one backend. Immutable once it is among objects; refs counts owners (loop thread). */
struct override_set {
    struct arena arena;
    unsigned refs;
    struct str backend;
    struct override *items; /* sorted by endpoint_cmp */
    size_t count;
};

struct override_set *override_set_new(struct str backend);
struct override_set *override_set_ref(struct override_set *s);
void override_set_unref(struct override_set *s); /* NULL is fine */

/* Of the member; NULL without one. `s` may be NULL, `host` in any spelling. */
const struct override *override_find(const struct override_set *s, struct str host, uint16_t port);

/* A copy in which `o` replaces what is said of its member, or, when it says nothing, that is taken
 * out. `s` may be NULL: then `backend` names the new one. */
struct override_set *override_set_with(const struct override_set *s, struct str backend,
                                       const struct override *o);

/* One field of a wish: absent, null, or a value. */
enum override_word { OVERRIDE_KEEP, OVERRIDE_TAKE_BACK, OVERRIDE_SET };

/* PUT /backends/{name}/members/{host:port} */
struct override_wish {
    struct endpoint member;
    enum override_word state_word, weight_word;
    enum server_admin state;
    unsigned weight;
};

/* {"state":"ready"|"drain"|"maint"|null,"weight":0..256|null}; one of them at least. */
int override_wish_read(const struct json *o, struct override_wish *out, struct err *e);

/* {"state","weight","by","since"}; null for NULL. */
void override_put(struct json_out *o, const char *key, const struct override *v);

/* Each as an object of a list that is open; with "backend" and "member". */
void override_set_show(struct json_out *o, const struct override_set *s);
/* The set as the store and the persistence file keep it: a list. */
void override_set_put(struct json_out *o, const char *key, const struct override_set *s);
/* One of them back, in `a`; `backend` is left alone when it is not named. */
int override_read(struct arena *a, const struct json *o, struct str *backend, struct override *out,
                  struct err *e);
/* All of a backend; what does not read is left out and told (`problems`, one line each, in `a`). */
struct override_set *override_set_read(struct str backend, const struct json *list, struct arena *a,
                                       struct str_list *problems);

#endif
