/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry knows, and what happened. */
#include "cli/table.h"
#include "cli/view.h"

static const char *const service_titles[] = {"SERVICE",  "VERSION",   ">INSTANCES",   ">PASSING",
                                             ">WARNING", ">CRITICAL", ">MAINTENANCE", NULL};

static void add_service(struct table *t, const struct json *service)
{
    JSON_EACH(version, view_list(service, "versions")) {
        table_add(t, view_text(service, "name"));
        table_add(t, view_text(version, "version"));
        table_add(t, view_text(version, "instances"));
        table_add(t, view_text(version, "passing"));
        table_add(t, view_text(version, "warning"));
        table_add(t, view_text(version, "critical"));
        table_add(t, view_text(version, "maintenance"));
    }
}

static void put_warning(struct view *v, const struct json *service)
{
    struct str warning = view_text(service, "warning");

    if (warning.n)
        view_put_row(v, "warning",
                     arena_printf(v->arena, STR_FMT ": " STR_FMT,
                                  STR_ARG(view_text(service, "name")), STR_ARG(warning)));
}

void view_services(struct view *v, const struct json *o)
{
    struct table t;

    table_init(&t, v->arena, service_titles);
    JSON_EACH(service, o) {
        add_service(&t, service);
    }
    table_put_or(&t, "the registry knows no service", v->out);
    JSON_EACH(service, o) {
        put_warning(v, service);
    }
}

void view_service(struct view *v, const struct json *o)
{
    struct table t;

    table_init(&t, v->arena, service_titles);
    add_service(&t, o);
    table_put_or(&t, "no instances", v->out);
    put_warning(v, o);
}

void view_activity_open(struct view *v, struct table *t)
{
    static const char *const titles[] = {"TIME", "WHAT", "OBJECT", "BY", "REASON", NULL};

    table_init(t, v->arena, titles);
}

void view_activity_add(struct view *v, struct table *t, const struct json *entry)
{
    table_add(t, view_clock(v, view_number(entry, "time")));
    table_add(t, view_text(entry, "verb"));
    table_add(t, view_text(entry, "object"));
    table_add(t, view_text(entry, "actor"));
    table_add(t, view_text(entry, "reason"));
}

void view_activity(struct view *v, const struct json *list)
{
    struct table t;

    view_activity_open(v, &t);
    JSON_EACH(entry, list) {
        view_activity_add(v, &t, entry);
    }
    table_put_or(&t, "nothing happened", v->out);
}
