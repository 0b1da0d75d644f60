/* SPDX-License-Identifier: Apache-2.0 */
/* A split sends a share of a backend's traffic to another backend: design.md section 10. One of its
 * two targets is the backend itself, the other the one that gets the share. */
#ifndef THALASSA_MODEL_SPLIT_H
#define THALASSA_MODEL_SPLIT_H

#include "model/object.h"

/* What keeps a user where he is: the first of --stickyCookies that he has, else his address; his
 * address only; nothing, so that every request is drawn anew. */
enum split_sticky { SPLIT_COOKIE, SPLIT_SRC, SPLIT_NONE };
const char *split_sticky_name(enum split_sticky s); /* "cookie", "src", "none" */

enum { SPLIT_WHOLE = 10000 }; /* weights are in 1/100 % */

/* Immutable; refs counts owners (loop thread only). */
struct split {
    struct arena arena;
    unsigned refs;
    struct str backend; /* key: whose traffic is split */
    struct str other;   /* gets the share */
    unsigned share;     /* of SPLIT_WHOLE, 0..SPLIT_WHOLE */
    enum split_sticky sticky;
};

/* Parse and validate a split of the API (what it shows as "observed" is ignored); `backend` is the
 * path's. NULL with ERR_INVALID, field named. The result has one reference. */
struct split *split_parse(struct str backend, const struct json *o, struct err *e);
struct split *split_ref(struct split *s);
void split_unref(struct split *s);

/* The stored object: every field, the backend itself as the first target. */
void split_put(struct json_out *o, const char *key, const struct split *s);
/* The same as one text, into a buf that is initialised by this. */
void split_text(const struct split *s, struct buf *to);
bool split_equal(const struct split *a, const struct split *b);

/* Value of the split's entry in splits.map, whose key is the backend: "SHARE/OTHER/STICKY", such as
 * "500/staged/cookie". '/' is in no name, and as a number the value is the share:
 * `var(txn.bkt),sub(txn.split) lt 0` is true for buckets below it. */
struct str split_entry(struct arena *a, const struct split *s);

#endif
