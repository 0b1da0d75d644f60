/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed template as the parser makes it and the renderer walks it. Internal to template_*.c. */
#ifndef THALASSA_RENDER_TEMPLATE_NODE_H
#define THALASSA_RENDER_TEMPLATE_NODE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json_in.h"

struct place {
    unsigned line, column; /* from 1; column in bytes */
};

struct path {
    struct str text; /* as written */
    unsigned up;     /* number of "../" */
    bool is_data;    /* "@index" */
    bool is_scoped;  /* begins with this, . or ..: neither a helper nor looked for around */
    struct str *parts;
    size_t part_count; /* 0: the context itself */
};

struct expr {
    struct str name; /* of name=value; empty: positional */
    bool is_literal;
    struct json literal;
    struct path path;
};

struct expr_list {
    struct expr *items; /* positional ones first */
    size_t count, positional;
};

enum node_type { NODE_TEXT, NODE_VALUE, NODE_SECTION, NODE_IF, NODE_EACH, NODE_WITH, NODE_PARTIAL };

struct node {
    enum node_type type;
    struct place at;
    struct node *next;
    struct str text;   /* NODE_TEXT: the bytes; NODE_PARTIAL: its name */
    struct str indent; /* NODE_PARTIAL: put before each of its lines */
    bool is_raw;       /* NODE_VALUE */
    struct expr
        *subject; /* what is shown, tested or entered; NULL: a partial in the same context */
    struct expr_list args; /* NODE_VALUE: of the helper that `subject` names */
    struct node *body, *otherwise;
};

struct template
{
    struct arena arena;
    struct str name, source;
    struct node *nodes;
};

/* White space inside tags, and what `~` takes away. */
static inline bool template_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Fill `e` with "name:line:column: message"; returns -1. */
int template_fail(struct str name, struct place at, enum err_kind kind, struct err *e,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Names in messages are cut, so that the end of the message is not. */
#define SHOW_ARG(s) (int)((s).n < 80 ? (s).n : 80), (s).p ? (s).p : ""

#endif
