/* SPDX-License-Identifier: Apache-2.0 */
/* What requests a policy is for: a tree of conditions, as the API has it (design.md section 10).
 *
 * An object of conditions holds if all of its members hold; an empty one holds always. Of a header,
 * cookie or query parameter that a request has several times, a condition holds if it holds for one
 * of them; "absent" holds if there is none. Names of headers know no case, all other texts do,
 * except the host, which is compared without case and without port. Query parameters are compared
 * decoded: '+' is a blank, %41 is 'A'. */
#ifndef THALASSA_MODEL_MATCH_H
#define THALASSA_MODEL_MATCH_H

#include "model/network.h"
#include "model/object.h"

enum condition_op {
#define CONDITION_OP(id, name, code) CONDITION_##id,
#include "model/condition_ops.def"
#undef CONDITION_OP
    CONDITION_OP_COUNT
};
const char *condition_op_name(enum condition_op op); /* "equals" ... */

struct condition {
    enum condition_op op;
    struct str text;       /* equals, prefix, suffix, contains, regex; else empty */
    struct str_list texts; /* in: sorted, each once */
};

enum match_kind {
#define MATCH_KIND(id, name, code) MATCH_##id,
#include "model/match_kinds.def"
#undef MATCH_KIND
    MATCH_KIND_COUNT
};
const char *match_kind_name(enum match_kind kind); /* "header" ... */

/* Whose hash the share is of; without the cookie or header, or with an empty one, the address. */
enum percent_by { PERCENT_SRC, PERCENT_COOKIE, PERCENT_HEADER };
const char *percent_by_name(enum percent_by by); /* "src", "cookie", "header" */

enum { PERCENT_WHOLE = 10000 }; /* shares are in 1/100 % */

struct match {
    enum match_kind kind;
    struct str name;            /* header (lower case), cookie, query; percent by cookie, header */
    struct condition condition; /* host (lower case), path, header, cookie, query */
    struct str_list methods;    /* sorted, each once */
    struct network *networks;   /* src: sorted, each once */
    size_t network_count;
    enum percent_by by;
    unsigned share;      /* of PERCENT_WHOLE */
    struct match *parts; /* all, any: their members; not: one, an `all` */
    size_t part_count;
};

/* Limits; documented in openapi.json. */
enum {
    LIMIT_MATCH_DEPTH = 8,   /* of any and not */
    LIMIT_MATCH_NODES = 256, /* conditions of one policy */
    LIMIT_MATCH_LIST = 256   /* elements of "in", "method", "src", "any" */
};

/* Parse the object into *m, an `all` whose parts come in the order of match_kinds.def, those of one
 * kind sorted by name. Everything lives in `a`. Errors name the place: "header.x-tenant.regex". */
int match_parse(struct arena *a, const struct json *o, struct match *m, struct err *e);

/* Writes what match_parse reads: equal trees are equal texts. */
void match_put(struct json_out *o, const char *key, const struct match *m);

/* Whether a regular expression is in the tree: without PCRE2 it cannot always be decided. */
bool match_has_regex(const struct match *m);

/* A Host header's value without its port. */
struct str match_host(struct str value);

#endif
