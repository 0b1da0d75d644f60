/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a tag: paths, literals, arguments. */
#ifndef THALASSA_RENDER_TEMPLATE_EXPR_H
#define THALASSA_RENDER_TEMPLATE_EXPR_H

#include "render/template_node.h"

/* Where the parser is: `rest` is what is left of the tag. */
struct expr_reader {
    struct arena *arena;
    struct str name; /* of the template, for messages */
    struct place at; /* of the tag */
    struct str rest;
};

/* The path at the front of the tag, whatever it looks like: `12` and `true` are names there. */
int template_read_path(struct expr_reader *r, struct path *out, struct err *e);

/* All that is left: values, then name=value. At most TEMPLATE_MAX_ARGS. */
int template_read_args(struct expr_reader *r, struct expr_list *out, struct err *e);

/* Name of a partial: a word, or text in quotes. */
int template_read_word(struct expr_reader *r, struct str *out, struct err *e);

#endif
