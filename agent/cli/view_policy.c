/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as people read them, and why one holds or does not. */
#include "base/json_out.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/view.h"

enum { TEXT_BYTES = 1024 * 1024, INDENT = 2 };

/* "variant=b, colour=red" */
static struct str variables(struct view *v, const struct json *set)
{
    struct str text = STR("");

    if (!set || set->type != JSON_OBJECT)
        return text;
    JSON_EACH(one, set) {
        text = arena_printf(v->arena, STR_FMT "%s" STR_FMT "=" STR_FMT, STR_ARG(text),
                            text.n ? ", " : "", STR_ARG(one->key), STR_ARG(one->text));
    }
    return text;
}

void view_policies(struct view *v, const struct json *list)
{
    static const char *const titles[] = {"POLICY",  "FRONTEND", ">PRIORITY", "ENABLED",
                                         "BACKEND", "SET",      NULL};
    struct table t;

    table_init(&t, v->arena, titles);
    JSON_EACH(p, list) {
        const struct json *action = json_get(p, "action");

        table_add(&t, view_text(p, "key"));
        table_add(&t, view_text(p, "frontend"));
        table_add(&t, view_text(p, "priority"));
        table_add(&t, view_text(p, "enabled"));
        table_add(&t, action ? view_text(action, "backend") : STR(""));
        table_add(&t, variables(v, action ? json_get(action, "set") : NULL));
    }
    table_put_or(&t, "no policies", v->out);
}

static struct str json_text(struct view *v, const struct json *j)
{
    struct json_out o;
    struct buf text;
    struct str out;

    buf_init(&text, TEXT_BYTES);
    json_out_init(&o, &text, false);
    json_put_tree(&o, NULL, j);
    json_out_fini(&o);
    out = arena_str(v->arena, str_trim(buf_str(&text)));
    buf_free(&text);
    return out;
}

void view_policy(struct view *v, const struct json *o)
{
    const struct json *action = json_get(o, "action"), *match = json_get(o, "match");

    view_put_row(v, "policy", view_text(o, "key"));
    view_put_row(v, "frontend", view_text(o, "frontend"));
    view_put_row(v, "priority", view_text(o, "priority"));
    view_put_row(v, "enabled", view_text(o, "enabled"));
    if (match)
        view_put_row(v, "match", json_text(v, match));
    if (!action)
        return;
    view_put_row(v, "backend", view_text(action, "backend"));
    view_put_row(v, "set", variables(v, json_get(action, "set")));
}

/* "taken by gold: backend staged, sets variant=b" */
static struct str decision(struct view *v, const struct json *o)
{
    struct str kind = view_text(o, "decision"), policy = view_text(o, "policy"),
               backend = view_text(o, "backend"), set = variables(v, json_get(o, "set"));

    if (policy.n == 0)
        return kind;
    return arena_printf(v->arena, STR_FMT " by " STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(kind),
                        STR_ARG(policy), backend.n ? ": backend " : "", STR_ARG(backend),
                        set.n ? ", sets " : "", STR_ARG(set));
}

static void put_step(struct view *v, size_t depth, struct str what, struct str seen,
                     struct str verdict)
{
    for (size_t i = 0; i < (depth + 1) * INDENT; i++)
        buf_add_char(v->out, ' ');
    terminal_put(v->out, verdict);
    buf_add_z(v->out, "  ");
    terminal_put(v->out, what);
    if (seen.n) {
        buf_add_z(v->out, "; seen: ");
        terminal_put(v->out, seen);
    }
    buf_add_char(v->out, '\n');
}

void view_policy_try(struct view *v, const struct json *o)
{
    const struct json *without = json_get(o, "withoutAgent");

    view_put_row(v, "frontend", view_text(o, "frontend"));
    view_put_row(v, "decision", decision(v, o));
    if (without)
        view_put_row(v, "by Lua", decision(v, without));
    JSON_EACH(policy, view_list(o, "steps")) {
        put_step(v, 0, view_text(policy, "policy"), STR(""), view_text(policy, "verdict"));
        JSON_EACH(c, view_list(policy, "conditions")) {
            put_step(v, (size_t)view_number(c, "depth"), view_text(c, "condition"),
                     view_text(c, "seen"), view_text(c, "verdict"));
        }
    }
}
