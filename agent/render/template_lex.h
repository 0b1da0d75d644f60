/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a template into text and tags, and takes away the lines of tags that stand alone. Knows
 * delimiters and white space, not what is inside a tag. */
#ifndef THALASSA_RENDER_TEMPLATE_LEX_H
#define THALASSA_RENDER_TEMPLATE_LEX_H

#include "render/template_node.h"

enum token_type {
    TOKEN_TEXT,
    TOKEN_VALUE,   /* {{x}} */
    TOKEN_RAW,     /* {{{x}}} {{&x}} */
    TOKEN_OPEN,    /* {{#x}} */
    TOKEN_INVERSE, /* {{^x}} */
    TOKEN_ELSE,    /* {{else}} {{else x}} {{^}} */
    TOKEN_CLOSE,   /* {{/x}} */
    TOKEN_PARTIAL, /* {{> x}} */
    TOKEN_SILENT   /* comment, delimiters */
};

struct token {
    enum token_type type;
    struct place at;
    struct str text;              /* the text; of a tag what is inside, trimmed, without its sign */
    struct str indent;            /* of a partial that stands alone: the blanks before it */
    bool strip_left, strip_right; /* {{~ ~}} */
    size_t cut_before, cut_after; /* bytes that a tag takes from the texts beside it */
};

struct token_list {
    struct token *items;
    size_t count;
};

/* `name` is for messages; the texts are views of `source`. */
int template_lex(struct arena *a, struct str name, struct str source, struct token_list *out,
                 struct err *e);

#endif
