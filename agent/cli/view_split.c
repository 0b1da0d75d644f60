/* SPDX-License-Identifier: Apache-2.0 */
/* Splits as people read them. */
#include "cli/table.h"
#include "cli/view.h"

static struct str percent(struct view *v, const struct json *target)
{
    int64_t weight = view_number(target, "weight");

    return arena_printf(v->arena, "%lld.%02lld %%", (long long)(weight / 100),
                        (long long)(weight % 100));
}

static struct str observed(const struct json *target, const char *what)
{
    const struct json *o = json_get(target, "observed");

    return o ? view_text(o, what) : STR("");
}

void view_splits(struct view *v, const struct json *list)
{
    static const char *const titles[] = {"BACKEND",   "TARGET", ">SHARE", "STICKY",
                                         ">REQUESTS", ">5XX",   NULL};
    struct table t;

    table_init(&t, v->arena, titles);
    JSON_EACH(split, list) {
        JSON_EACH(target, view_list(split, "targets")) {
            table_add(&t, view_text(split, "key"));
            table_add(&t, view_text(target, "backend"));
            table_add(&t, percent(v, target));
            table_add(&t, view_text(split, "sticky"));
            table_add(&t, observed(target, "requests"));
            table_add(&t, observed(target, "responses5xx"));
        }
    }
    table_put_or(&t, "no splits", v->out);
}

void view_split(struct view *v, const struct json *o)
{
    view_put_row(v, "split", view_text(o, "key"));
    JSON_EACH(target, view_list(o, "targets")) {
        struct str line = arena_printf(v->arena, "%.*s to " STR_FMT, (int)percent(v, target).n,
                                       percent(v, target).p, STR_ARG(view_text(target, "backend")));
        view_put_row(v, "target", line);
    }
    view_put_row(v, "sticky", view_text(o, "sticky"));
}
