/* SPDX-License-Identifier: Apache-2.0 */
/* GET /status as a page of lines. */
#include "cli/view.h"

static void put_agent(struct view *v, const struct json *o)
{
    struct str label = view_text(o, "label");
    int64_t started = view_number(o, "started");

    view_put_row(v, "agent",
                 arena_printf(v->arena, "version " STR_FMT "%s" STR_FMT "%s" STR_FMT,
                              STR_ARG(view_text(o, "version")), label.n ? ", " : "", STR_ARG(label),
                              started ? ", since " : "", STR_ARG(view_time(v, started))));
}

static void put_haproxy(struct view *v, const struct json *o)
{
    struct str version = view_text(o, "version"), error = view_text(o, "error");

    if (version.n)
        view_put_row(v, "haproxy",
                     arena_printf(v->arena,
                                  STR_FMT ", version " STR_FMT ", pid " STR_FMT ", up " STR_FMT,
                                  STR_ARG(view_text(o, "state")), STR_ARG(version),
                                  STR_ARG(view_text(o, "pid")),
                                  STR_ARG(view_duration(v, view_number(o, "uptime")))));
    else
        view_put_row(v, "haproxy",
                     arena_printf(v->arena, STR_FMT "%s" STR_FMT, STR_ARG(view_text(o, "state")),
                                  error.n ? ": " : "", STR_ARG(error)));
    JSON_EACH(old, view_list(o, "oldWorkers")) {
        view_put_row(v, "  old worker",
                     arena_printf(v->arena, "pid " STR_FMT ", up " STR_FMT,
                                  STR_ARG(view_text(old, "pid")),
                                  STR_ARG(view_duration(v, view_number(old, "uptime")))));
    }
}

static void put_registry(struct view *v, const struct json *o)
{
    struct str since = view_time(v, view_number(o, "since")), state = view_text(o, "state");

    view_put_row(v, "registry",
                 arena_printf(v->arena, STR_FMT "%s" STR_FMT, STR_ARG(state),
                              since.n ? ", since " : "", STR_ARG(since)));
    view_put_row(v, str_eq_z(state, "down") ? "" : "  last error", view_text(o, "lastError"));
    JSON_EACH(held, view_list(o, "held")) {
        view_put_row(v, "  held",
                     arena_printf(v->arena, STR_FMT ": " STR_FMT " member%s, " STR_FMT,
                                  STR_ARG(view_text(held, "backend")),
                                  STR_ARG(view_text(held, "members")),
                                  view_number(held, "members") == 1 ? "" : "s",
                                  STR_ARG(view_text(held, "reason"))));
    }
    JSON_EACH(panic, view_list(o, "panic")) {
        view_put_row(v, "  panic",
                     arena_printf(v->arena, STR_FMT ": nobody is healthy, so the unhealthy serve",
                                  STR_ARG(panic->text)));
    }
}

static void put_reloads(struct view *v, const struct json *o)
{
    struct str last = view_time(v, view_number(o, "last")), reason = view_text(o, "reason");

    view_put_row(v, "reloads",
                 arena_printf(v->arena, STR_FMT "%s" STR_FMT "%s" STR_FMT,
                              STR_ARG(view_text(o, "count")), last.n ? ", the last " : "",
                              STR_ARG(last), reason.n ? ": " : "", STR_ARG(reason)));
    view_put_row(v, "  failed", view_text(o, "lastError"));
    view_put_row(v, "  waits", view_text(o, "waits"));
}

static void put_switches(struct view *v, const struct json *o)
{
    JSON_EACH(s, view_list(o, "switches")) {
        struct str reason = view_text(s, "reason");
        view_put_row(v, "switch",
                     arena_printf(v->arena,
                                  STR_FMT ": " STR_FMT " -> " STR_FMT ", " STR_FMT "%s" STR_FMT,
                                  STR_ARG(view_text(s, "backend")), STR_ARG(view_text(s, "from")),
                                  STR_ARG(view_text(s, "to")), STR_ARG(view_text(s, "state")),
                                  reason.n ? ": " : "", STR_ARG(reason)));
    }
}

static void put_overrides(struct view *v, const struct json *o)
{
    JSON_EACH(one, view_list(o, "overrides")) {
        view_put_row(v, "override",
                     arena_printf(v->arena, STR_FMT " " STR_FMT ": " STR_FMT,
                                  STR_ARG(view_text(one, "backend")),
                                  STR_ARG(view_text(one, "member")),
                                  STR_ARG(view_override(v, one))));
    }
}

static void put_pending(struct view *v, const struct json *o)
{
    enum { SHOWN = 5 };
    size_t count = view_count(o, "pending"), shown = 0;

    view_put_row(v, "pending",
                 count ? arena_printf(v->arena, "%zu operation%s%s", count, count == 1 ? "" : "s",
                                      count > SHOWN ? " (`thalassa plan` has them all)" : "")
                       : STR("nothing"));
    JSON_EACH(op, view_list(o, "pending")) {
        if (shown++ < SHOWN)
            view_put_row(v, "", op->text);
    }
    JSON_EACH(drift, view_list(o, "drift")) {
        view_put_row(v, "drift", drift->text);
    }
    view_put_row(v, "  failed", view_text(o, "applyError"));
    view_put_row(v, "  failed", view_text(o, "renderError"));
    view_put_row(v, "  guarded", view_text(o, "guard"));
}

static void put_failed(struct view *v, const struct json *o)
{
    JSON_EACH(f, view_list(o, "failed")) {
        view_put_row(v, "failed",
                     arena_printf(v->arena, STR_FMT ": " STR_FMT, STR_ARG(view_text(f, "object")),
                                  STR_ARG(view_text(f, "error"))));
    }
}

void view_now(struct view *v)
{
    view_put_row(v, "time", view_clock(v, v->now_ms));
}

void view_no_answer(struct view *v, int64_t since_ms, struct str why)
{
    view_put_row(v, "no answer",
                 arena_printf(v->arena, "since " STR_FMT ": " STR_FMT,
                              STR_ARG(view_time(v, since_ms)), STR_ARG(why)));
}

void view_status(struct view *v, const struct json *o)
{
    const struct json *generation = json_get(o, "generation"), *haproxy = json_get(o, "haproxy"),
                      *registry = json_get(o, "registry"), *reloads = json_get(o, "reloads");

    put_agent(v, o);
    if (haproxy)
        put_haproxy(v, haproxy);
    if (registry)
        put_registry(v, registry);
    if (generation)
        view_put_row(v, "generation",
                     arena_printf(v->arena, STR_FMT " wanted, " STR_FMT " applied",
                                  STR_ARG(view_text(generation, "desired")),
                                  STR_ARG(view_text(generation, "applied"))));
    if (reloads)
        put_reloads(v, reloads);
    put_switches(v, o);
    put_overrides(v, o);
    put_pending(v, o);
    put_failed(v, o);
}
