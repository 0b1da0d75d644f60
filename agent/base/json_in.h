/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text -> a tree in an arena (yajl's SAX parser underneath). Depth is bounded while parsing:
 * a tree never needs more than `max_depth` levels of recursion. */
#ifndef THALASSA_BASE_JSON_IN_H
#define THALASSA_BASE_JSON_IN_H

#include "base/arena.h"
#include "base/err.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    bool boolean;
    bool is_integer; /* a number without fraction or exponent that fits int64 */
    int64_t integer;
    struct str key;     /* inside an object: the member's name */
    struct str text;    /* string value, or the number's literal */
    size_t count;       /* children of an array or object */
    struct json *first; /* children in the order of the text */
    struct json *next;  /* next sibling */
};

enum { JSON_MAX_DEPTH = 32 };

/* Parse one whole JSON text (UTF-8, checked). 0, or -1 with ERR_INVALID and
 * "JSON: line 3, column 7: ...". Everything, strings too, is copied into `a`. */
int json_parse(struct arena *a, struct str text, unsigned max_depth, struct json **out,
               struct err *e);

/* Member of an object by name; NULL when absent or `o` is no object. Linear. */
const struct json *json_get(const struct json *o, const char *key);

const char *json_type_name(enum json_type type);

#define JSON_EACH(child, parent)                                                                   \
    for (const struct json *child = (parent)->first; child; child = child->next)

#endif
