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

/* `group` NULL: none. */
static struct str observed(const struct json *target, const char *group, const char *what)
{
    const struct json *o = json_get(target, "observed");

    if (o && group)
        o = json_get(o, group);
    return o ? view_text(o, what) : STR("");
}

static void add_target(struct view *v, struct table *t, const struct json *target)
{
    table_add(t, view_text(target, "backend"));
    table_add(t, percent(v, target));
    table_add(t, observed(target, NULL, "requests"));
    table_add(t, observed(target, NULL, "responses5xx"));
    table_add(t, observed(target, "rate", "requests"));
    table_add(t, observed(target, "rate", "responses5xx"));
    table_add(t, observed(target, "times", "total"));
}

void view_splits(struct view *v, const struct json *list)
{
    static const char *const titles[] = {"BACKEND", "STICKY", "TARGET", ">SHARE", ">REQUESTS",
                                         ">5XX",    ">REQ/S", ">5XX/S", ">MS",    NULL};
    struct table t;

    table_init(&t, v->arena, titles);
    JSON_EACH(split, list) {
        JSON_EACH(target, view_list(split, "targets")) {
            table_add(&t, view_text(split, "key"));
            table_add(&t, view_text(split, "sticky"));
            add_target(v, &t, target);
        }
    }
    table_put_or(&t, "no splits", v->out);
}

void view_split(struct view *v, const struct json *o)
{
    static const char *const titles[] = {"TARGET", ">SHARE", ">REQUESTS", ">5XX",
                                         ">REQ/S", ">5XX/S", ">MS",       NULL};
    struct table t;

    view_put_row(v, "split", view_text(o, "key"));
    view_put_row(v, "sticky", view_text(o, "sticky"));
    buf_add_char(v->out, '\n');
    table_init(&t, v->arena, titles);
    JSON_EACH(target, view_list(o, "targets")) {
        add_target(v, &t, target);
    }
    table_put_or(&t, "no targets", v->out);
}
