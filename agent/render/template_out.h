/* SPDX-License-Identifier: Apache-2.0 */
/* Where a rendering goes: a limit, and the indentation of partials that stand alone. */
#ifndef THALASSA_RENDER_TEMPLATE_OUT_H
#define THALASSA_RENDER_TEMPLATE_OUT_H

#include "base/buf.h"

struct template_out {
    struct buf *to;
    size_t start, limit; /* bytes before us; bytes that we may add */
    bool was_failed;
    struct buf indent; /* of all partials around, outermost first */
    size_t pending;    /* before the next byte goes `indent` from here on; SIZE_MAX: nothing */
};

void template_out_init(struct template_out *o, struct buf *to, size_t max_bytes); /* 0: no limit */
void template_out_fini(struct template_out *o, bool keep); /* !keep: `to` becomes as it was */

/* Each of these is -1 past the limit. */
int template_out_lines(struct template_out *o, struct str text); /* every line is indented */
int template_out_value(struct template_out *o, struct str text); /* only its start is */
int template_out_begin(struct template_out *o); /* as out_value, for who writes into `to` himself */
int template_out_check(const struct template_out *o); /* and asks afterwards */

/* Indent what follows; *former is what template_out_unindent takes. -1: too many blanks. */
int template_out_indent(struct template_out *o, struct str blanks, size_t *former);
void template_out_unindent(struct template_out *o, size_t former);

#endif
