/* SPDX-License-Identifier: Apache-2.0 */
/* One rendering under way. Internal to template_render.c and template_value.c. */
#ifndef THALASSA_RENDER_TEMPLATE_WALK_H
#define THALASSA_RENDER_TEMPLATE_WALK_H

#include "render/template.h"
#include "render/template_out.h"
#include "render/template_scope.h"

struct walk {
    const struct template *t; /* the template or partial that we are in */
    const struct template_env *env;
    struct template_out out;
    struct buf scratch; /* output of a helper */
    size_t steps;       /* left */
    unsigned depth;
    struct err *e; /* never NULL */
};

#define walk_fail(w, node, ...)                                                                    \
    template_fail((w)->t->name, (node)->at, ERR_INVALID, (w)->e, __VA_ARGS__)

int template_too_long(struct walk *w, const struct node *node); /* the error of template_out */

/* {{x}}, {{{x}}} and helpers. */
int template_show(struct walk *w, const struct node *node, const struct scope *s);

/* Resolve; unknown names are NULL, or an error if the environment is strict. */
int template_need(struct walk *w, const struct node *node, const struct expr *x,
                  const struct scope *s, struct value *out);

#endif
