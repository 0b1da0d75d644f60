/* SPDX-License-Identifier: Apache-2.0 */
/* What names mean at one point of a rendering: the contexts and the loops around it. */
#ifndef THALASSA_RENDER_TEMPLATE_SCOPE_H
#define THALASSA_RENDER_TEMPLATE_SCOPE_H

#include "render/template_node.h"

struct context {
    const struct json *value;
    const struct context *up;
};

struct loop {
    size_t index;
    struct str key; /* of an object's member; p NULL in an array: the index is the key */
    bool is_last;
    const struct loop *up;
};

struct scope {
    const struct json *root;
    const struct context *context;
    const struct loop *loop; /* NULL outside */
    bool look_around;
};

/* A value found or made. Not to be copied: `json` may point at `made`. */
struct value {
    const struct json *json; /* NULL: the name is unknown */
    struct json made;
    char digits[24];
};

void template_resolve(const struct scope *s, const struct expr *x, struct value *out);

/* False: NULL, false, null, [] and, if `like_if`, "" and 0. */
bool template_is_true(const struct json *v, bool like_if);

/* The text that a value is shown as; false for an array or an object. */
bool template_text(const struct json *v, struct str *out);

#endif
