/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the body of a section: lines parted by a newline and the indentation, none at either end,
 * since the template has indented the first one and ends the last one. Failure sticks: a builder
 * writes without tests and asks line_end() once. */
#ifndef THALASSA_RENDER_LINE_H
#define THALASSA_RENDER_LINE_H

#include "base/buf.h"
#include "base/err.h"
#include "model/object.h"

/* What all sections of one configuration share. */
struct line_env {
    struct str dir;        /* the haproxy folder, absolute, without '/' at its end */
    struct str cookie_key; /* mixed into sticky cookies; empty: the backend's name */
    bool guid;
    const struct str_list *sticky_cookies; /* names, checked; NULL: none */
    struct str agent; /* where the SPOE agent is, as an address of a server; empty: none */
    bool lua;         /* lua/thalassa.lua is loaded */
    bool mode_spop, init_state, lua_bools; /* caps.h */
};

struct line_out {
    const struct line_env *env;
    struct buf *to;
    struct err *e;
    size_t count;
    bool failed;
};

struct line_out line_begin(const struct line_env *env, struct buf *to, struct err *e);
int line_end(struct line_out *o); /* 0, or -1 with the first error */

void line_break(struct line_out *o); /* a new line, empty so far */

/* A new line that begins with what is known to be harmless; more of it. As printf. */
#define line_new(o, ...) (line_break(o), buf_printf((o)->to, __VA_ARGS__))
#define line_more(o, ...) buf_printf((o)->to, __VA_ARGS__)

/* Text from outside by its way of quoting (quote.h). */
void line_word(struct line_out *o, struct str word);
void line_patterns(struct line_out *o, struct str patterns);
void line_raw(struct line_out *o, struct str text);
void line_map(struct line_out *o, struct str file); /* "maps/x.map": with the folder before it */

#endif
