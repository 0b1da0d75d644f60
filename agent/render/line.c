/* SPDX-License-Identifier: Apache-2.0 */
#include "render/line.h"

#include "render/quote.h"

struct line_out line_begin(const struct line_env *env, struct buf *to, struct err *e)
{
    return (struct line_out){.env = env, .to = to, .e = e};
}

int line_end(struct line_out *o)
{
    if (!o->failed && buf_failed(o->to))
        return err_set(o->e, ERR_TOO_LARGE, "the text of a section is too long");
    return o->failed ? -1 : 0;
}

void line_break(struct line_out *o)
{
    if (o->count++)
        buf_add_z(o->to, "\n    ");
}

void line_word(struct line_out *o, struct str word)
{
    o->failed = o->failed || quote_cfg(o->to, word, o->e);
}

void line_patterns(struct line_out *o, struct str patterns)
{
    o->failed = o->failed || quote_cfg_patterns(o->to, patterns, o->e);
}

void line_raw(struct line_out *o, struct str text)
{
    o->failed = o->failed || quote_cfg_raw(o->to, text, o->e);
}

void line_map(struct line_out *o, struct str file)
{
    o->failed = o->failed || quote_cfg_path(o->to, o->env->dir, o->e);
    buf_add_char(o->to, '/');
    o->failed = o->failed || quote_cfg_path(o->to, file, o->e);
}
