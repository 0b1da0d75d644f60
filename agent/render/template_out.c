/* SPDX-License-Identifier: Apache-2.0 */
/* Indentation is written late, with the first byte of a line: a line that nobody writes gets none,
 * and a partial knows whether it begins a line. Mustache wants the lines of a partial indented but
 * not those inside a value, Handlebars all of them: here a helper's lines are, a value's are not.
 */
#include "render/template_out.h"

#include <string.h>

enum { INDENT_MAX_BYTES = 4096 };

void template_out_init(struct template_out *o, struct buf *to, size_t max_bytes)
{
    size_t room = to->limit - to->n;

    *o = (struct template_out){.to = to, .start = to->n, .pending = SIZE_MAX};
    o->was_failed = to->failed;
    o->limit = max_bytes && max_bytes < room ? max_bytes : room;
    buf_init(&o->indent, INDENT_MAX_BYTES);
}

void template_out_fini(struct template_out *o, bool keep)
{
    if (!keep) {
        buf_cut(o->to, o->start);
        o->to->failed = o->was_failed;
    }
    buf_free(&o->indent);
}

int template_out_check(const struct template_out *o)
{
    return buf_failed(o->to) || o->to->n - o->start > o->limit ? -1 : 0;
}

static int add(struct template_out *o, const char *p, size_t n)
{
    if (n > o->limit - (o->to->n - o->start))
        return -1;
    buf_add(o->to, p, n);
    return buf_failed(o->to) ? -1 : 0;
}

int template_out_begin(struct template_out *o)
{
    size_t from = o->pending;

    o->pending = SIZE_MAX;
    return from < o->indent.n ? add(o, o->indent.p + from, o->indent.n - from) : 0;
}

int template_out_value(struct template_out *o, struct str text)
{
    return text.n == 0 ? 0 : template_out_begin(o) ? -1 : add(o, text.p, text.n);
}

int template_out_lines(struct template_out *o, struct str text)
{
    if (!o->indent.n) {
        o->pending = text.n ? SIZE_MAX : o->pending;
        return add(o, text.p, text.n);
    }
    while (text.n) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) + 1 : text.n;
        if (template_out_begin(o) || add(o, text.p, n))
            return -1;
        if (end)
            o->pending = 0;
        text.p += n;
        text.n -= n;
    }
    return 0;
}

int template_out_indent(struct template_out *o, struct str blanks, size_t *former)
{
    *former = o->indent.n;
    buf_add_str(&o->indent, blanks);
    if (blanks.n && o->pending == SIZE_MAX)
        o->pending = *former;
    return buf_failed(&o->indent) ? -1 : 0;
}

void template_out_unindent(struct template_out *o, size_t former)
{
    buf_cut(&o->indent, former);
    if (o->pending >= former)
        o->pending = SIZE_MAX; /* nothing was written in between */
}
