/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: Mustache, and the part of Handlebars that configuration templates use. Pure: text and
 * data go in, text comes out; no file is read, no clock is asked.
 *
 *   {{x}}  {{a.b}}  {{../x}}  {{this}}  {{.}}  {{list.0}}  {{list.length}}   through the escape
 *   {{{x}}}  {{&x}}                                                         raw
 *   {{#x}} {{^x}} {{else}} {{/x}}       false, null, [] and unknown are false; [...] repeats; any
 *                                       other value becomes the context ("" and 0, too)
 *   {{#if x}} {{#unless x}} {{else if y}}        "" and 0 are false here, too
 *   {{#each x}} {{#with x}}             @index @key @first @last, @root anywhere, @../index
 *   {{> partial}} {{> partial context}} alone on its line: each of its lines is indented alike
 *   {{helper x "text" 12 true name=x}}  {{! comment}}  {{!-- comment --}}  {{=<% %>=}}  \{{as it is
 *   {{~x~}}                             without the white space on that side
 *
 * A tag other than a value that stands alone on its line takes the line with it. Not there, and
 * refused with a message: sub-expressions, block parameters, block helpers other than the four,
 * inline partials, partials with name=value. */
#ifndef THALASSA_RENDER_TEMPLATE_H
#define THALASSA_RENDER_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json_in.h"

enum {
    TEMPLATE_MAX_SOURCE = 1024 * 1024, /* bytes of one template */
    TEMPLATE_MAX_NESTING = 100,        /* blocks inside blocks; of one `else if` chain as well */
    TEMPLATE_MAX_DEPTH = 200,          /* blocks and partials open at once while rendering */
    TEMPLATE_MAX_ARGS = 16,            /* arguments of one helper, positional and named */
    TEMPLATE_MAX_STEPS = 50000000      /* pieces of text and tags of one rendering */
};

struct template; /* immutable once parsed: may be rendered by several threads */

/* Parse; `source` is copied. -1 with ERR_INVALID (ERR_TOO_LARGE past TEMPLATE_MAX_SOURCE) and
 * "name:line:column: message"; line and column (in bytes) count from 1 and are the tag's. */
int template_parse(const char *name, struct str source, struct template **out, struct err *e);
void template_free(struct template *t); /* NULL is fine */

struct template_arg {
    struct str name;
    const struct json *value;
};

/* What a helper is called with. Never NULL values: an unknown name is a JSON null, or an error in
 * strict mode. All of it is gone after the call. */
struct template_args {
    const struct json *const *values; /* positional */
    size_t count;
    const struct template_arg *hash; /* name=value */
    size_t hash_count;
    const struct json *context; /* `this` */
    const struct json *root;    /* the data given to template_render */
};

/* Value of name=value; NULL when it was not given. */
const struct json *template_args_get(const struct template_args *args, const char *name);

/* Appends its output to `out` (empty at the start); -1 with `e` filled stops the rendering, the
 * text becomes "name:line:column: helper 'quote': ...". */
struct template_helper {
    const char *name; /* wins over data of the same name, except {{this.name}} */
    bool safe;        /* the output does not pass the escape, even in {{name}} */
    int (*call)(void *ctx, const struct template_args *args, struct buf *out, struct err *e);
};

struct template_env {
    /* A partial by its name, NULL: no such. May be NULL. */
    const struct template *(*partial)(void *ctx, struct str name);
    const struct template_helper *helpers; /* ended by one without a name; may be NULL */
    /* Appends `value` as the target's text, or refuses it: -1 and the reason. NULL: as it is. */
    int (*escape)(void *ctx, struct str value, struct buf *out, struct err *e);
    void *ctx; /* for the three above */

    /* Unknown names, helpers and partials are errors. A test is none: {{#x}}, {{^x}}, {{#if x}},
     * {{#unless x}} and {{#with x}} take an unknown name as false. */
    bool strict;
    /* A name that the present context has not is looked for in those around it, as in Mustache;
     * otherwise only {{../x}} finds it there, as in Handlebars. */
    bool look_around;
    /* Raw data with a control character is an error; a raw or safe helper may give newlines and
     * tabs, no other control character. */
    bool refuse_control;

    size_t max_out_bytes; /* of one rendering; 0: only the buffer's own limit */
    size_t max_steps;     /* 0: TEMPLATE_MAX_STEPS */
};

/* Append the rendering of `data` to `out`. -1 with "name:line:column: ...", `name` being the
 * partial's if it happened there; `out` is then as it was. ERR_TOO_LARGE: a limit was passed, an
 * error of a helper keeps its kind, all else is ERR_INVALID. */
int template_render(const struct template *t, const struct template_env *env,
                    const struct json *data, struct buf *out, struct err *e);

/* The escape for one word of an HAProxy configuration: nothing is rewritten, what could end the
 * word or begin another is refused (control characters, blanks, quotes, '#', '\'). */
int template_escape_haproxy(void *ctx, struct str value, struct buf *out, struct err *e);

#endif
