/* SPDX-License-Identifier: Apache-2.0 */
/* GET /plan, and the answer of a dry run. */
#include "cli/terminal.h"
#include "cli/view.h"

static const char RED[] = "\033[31m", GREEN[] = "\033[32m", YELLOW[] = "\033[33m",
                  CYAN[] = "\033[36m", PLAIN[] = "\033[0m";

static void put_coloured(struct view *v, const char *colour, struct str line)
{
    bool coloured = v->colours && colour;

    if (coloured)
        buf_add_z(v->out, colour);
    terminal_put_lines(v->out, line);
    if (coloured)
        buf_add_z(v->out, PLAIN);
    buf_add_char(v->out, '\n');
}

static void put_verdict(struct view *v, const struct json *o)
{
    struct str verdict = view_text(o, "verdict");
    size_t count = view_count(o, "operations");

    if (str_eq_z(verdict, "noop"))
        put_coloured(v, GREEN, STR("noop: HAProxy runs what is wanted"));
    else if (str_eq_z(verdict, "runtime"))
        put_coloured(v, YELLOW,
                     arena_printf(v->arena, "runtime: %zu command%s, no reload", count,
                                  count == 1 ? "" : "s"));
    else
        put_coloured(v, RED, verdict);
}

static void put_reasons(struct view *v, const struct json *o)
{
    if (view_count(o, "reasons"))
        buf_add_z(v->out, "\nReasons:\n");
    JSON_EACH(r, view_list(o, "reasons")) {
        struct str field = view_text(r, "field");
        buf_add_z(v->out, "  ");
        terminal_put(v->out, arena_printf(v->arena, STR_FMT "%s" STR_FMT ": " STR_FMT,
                                          STR_ARG(view_text(r, "object")), field.n ? " " : "",
                                          STR_ARG(field), STR_ARG(view_text(r, "why"))));
        buf_add_char(v->out, '\n');
    }
}

static void put_operations(struct view *v, const struct json *o)
{
    if (view_count(o, "operations"))
        buf_add_z(v->out, "\nCommands:\n");
    JSON_EACH(op, view_list(o, "operations")) {
        buf_add_z(v->out, "  ");
        terminal_put(v->out, op->text);
        buf_add_char(v->out, '\n');
    }
}

static const char *colour_of(struct str line)
{
    if (str_starts(line, STR("@@")))
        return CYAN;
    if (str_starts(line, STR("+")))
        return GREEN;
    return str_starts(line, STR("-")) ? RED : NULL;
}

static void put_diff(struct view *v, struct str diff)
{
    if (diff.n)
        buf_add_z(v->out, "\nConfiguration:\n");
    while (diff.p && diff.n) {
        struct str line = str_cut(&diff, '\n');
        put_coloured(v, colour_of(line), line);
    }
}

void view_plan(struct view *v, const struct json *o)
{
    put_verdict(v, o);
    put_reasons(v, o);
    put_operations(v, o);
    put_diff(v, view_text(o, "diff"));
}
