/* SPDX-License-Identifier: Apache-2.0 */
#ifndef THALASSA_MODEL_FRONTEND_H
#define THALASSA_MODEL_FRONTEND_H

#include "model/object.h"

enum rule_op {
#define RULE_OP(id, type, operation) RULE_##id,
#include "model/rule_ops.def"
#undef RULE_OP
    RULE_OP_COUNT
};

const char *rule_op_name(enum rule_op op); /* "path_beg" */
const char *rule_op_type(enum rule_op op); /* "path", "url", "header" */

struct rule {
    enum rule_op op;
    struct str header; /* RULE_HDR_DOM: lower case; else empty */
    struct str value;  /* as given: one or more patterns parted by blanks; empty matches nothing */
    struct str backend;
};

enum keepalive { KEEPALIVE_DEFAULT, KEEPALIVE_CLOSE, KEEPALIVE_SERVER_CLOSE };
const char *keepalive_name(enum keepalive k); /* "default", "close", "server-close" */

/* Immutable; refs counts owners (loop thread only). */
struct frontend {
    struct arena arena;
    unsigned refs;
    struct str name;
    struct str_list bind;   /* one element per address, as given, trimmed, no empty ones */
    struct str bind_params; /* HAProxy's parameters behind the last address, may be empty */
    struct str backend;     /* operator's name of the default backend */
    enum proxy_mode mode;
    enum keepalive keepalive;
    struct rule *rules;
    size_t rule_count;
    struct str_list natives;
};

/* Parse and validate a frontend object of the API (design.md section 5). `name` is the path's.
 * NULL with ERR_INVALID, field named. The result has one reference. */
struct frontend *frontend_parse(struct str name, const struct json *o, struct err *e);
struct frontend *frontend_ref(struct frontend *f);
void frontend_unref(struct frontend *f);

/* The stored object: every field, fixed order, so that equal objects are equal texts. */
void frontend_put(struct json_out *o, const char *key, const struct frontend *f);
/* The same as one text, into a buf that is initialised by this. */
void frontend_text(const struct frontend *f, struct buf *to);
bool frontend_equal(const struct frontend *a, const struct frontend *b);

#endif
