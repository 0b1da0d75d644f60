/* SPDX-License-Identifier: Apache-2.0 */
/* GET /status: how the agent and what it looks after are doing. */
#include "app_drift.h"
#include "app_override.h"
#include "app_spoa.h"
#include "app_view.h"
#include "app_workers.h"

#include <stdio.h>
#include <string.h>

enum { PENDING_SHOWN = 100 };

static const char *haproxy_state(const struct app *a)
{
    if (a->reload)
        return "reloading";
    return a->have ? "up" : "down";
}

static void put_haproxy_error(struct app *a, struct json_out *o)
{
    char text[sizeof a->runtime_error + sizeof a->program_error + 2];

    (void)snprintf(text, sizeof text, "%s%s%s", a->runtime_error, a->program_error[0] ? "; " : "",
                   a->program_error);
    json_put_z(o, "error", text);
}

static void put_haproxy(struct app *a, struct json_out *o)
{
    json_open_object(o, "haproxy");
    json_put_z(o, "state", haproxy_state(a));
    if (a->have)
        json_put_str(o, "version", a->have->version);
    else
        json_put_null(o, "version");
    json_put_int(o, "pid", a->have ? a->have->pid : 0);
    json_put_int(o, "uptime", a->have ? a->have->uptime_s : 0);
    app_workers_put(a, o);
    capabilities_put(o, "capabilities", &a->caps);
    if (!a->have)
        put_haproxy_error(a, o);
    json_close_object(o);
}

static void put_held(struct app *a, struct json_out *o)
{
    struct catalog *c = subscriptions_catalog(a->registry);
    struct pool_view *view;
    struct str name;

    json_open_array(o, "held");
    for (size_t i = 0; (view = catalog_each(c, i, &name)); i++) {
        if (view->held_count == 0)
            continue;
        json_open_object(o, NULL);
        json_put_str(o, "backend", name);
        json_put_int(o, "members", (int64_t)view->held_count);
        json_put_z(o, "reason", hold_reason(view->held[0].hold));
        json_put_int(o, "since", view->held[0].since_ms);
        json_close_object(o);
    }
    json_close_array(o);
    json_open_array(o, "panic");
    for (size_t i = 0; (view = catalog_each(c, i, &name)); i++) {
        if (view->panic)
            json_put_str(o, NULL, name);
    }
    json_close_array(o);
}

const char *app_registry_word(const struct app *a)
{
    struct registry_status s = subscriptions_status(a->registry);
    struct catalog *c = subscriptions_catalog(a->registry);
    bool holding = false;
    struct pool_view *view;
    struct str name;

    for (size_t i = 0; (view = catalog_each(c, i, &name)); i++)
        holding = holding || view->held_count;
    return s.state == REGISTRY_OK && holding ? "holding" : registry_state_name(s.state);
}

static void put_registry(struct app *a, struct json_out *o)
{
    struct registry_status s = subscriptions_status(a->registry);

    json_open_object(o, "registry");
    json_put_z(o, "state", app_registry_word(a));
    json_put_int(o, "since", s.since_ms);
    json_put_z(o, "lastError", s.last_error);
    put_held(a, o);
    json_close_object(o);
}

static void put_reloads(struct app *a, struct json_out *o)
{
    char waits[80];

    json_open_object(o, "reloads");
    json_put_int(o, "count", (int64_t)a->reloads.count);
    json_put_int(o, "last", a->reloads.last_ms);
    json_put_z(o, "reason", a->reloads.reason);
    if (app_reload_wanted(a) && app_workers_crowded(a)) {
        (void)snprintf(waits, sizeof waits, "%zu old workers still have connections",
                       a->old_workers.count);
        json_put_z(o, "waits", waits);
    }
    if (a->reloads.last_error[0]) {
        json_put_z(o, "lastError", a->reloads.last_error);
        json_put_z(o, "lastDetail", a->reloads.last_detail);
    }
    json_close_object(o);
}

/* Its members under another profile (balance, check, mode) do not serve yet. */
static void put_holding(struct json_out *o, const struct backend *b)
{
    struct arena arena = ARENA_INIT;

    json_put_str(o, NULL,
                 arena_printf(&arena,
                              "backend " STR_FMT ": serves as before until its members pass their "
                              "check as they are wanted now",
                              STR_ARG(b->name)));
    arena_free(&arena);
}

static void put_pending(struct app *a, struct json_out *o)
{
    json_open_array(o, "pending");
    for (size_t i = 0; i < a->plan.count && i < PENDING_SHOWN; i++)
        json_put_str(o, NULL, a->plan.ops[i].command);
    if (app_reload_wanted(a))
        json_put_z(o, NULL, "reload");
    for (size_t i = 0; a->want && i < a->want->holder_count && i < PENDING_SHOWN; i++)
        put_holding(o, a->want->holders[i].object);
    json_close_array(o);
    if (a->apply_error[0])
        json_put_z(o, "applyError", a->apply_error);
    if (a->plan_error[0])
        json_put_z(o, "planError", a->plan_error);
    if (a->problem[0])
        json_put_z(o, "renderError", a->problem);
    if (a->guard_empty)
        json_put_z(o, "guard", "the store is empty but HAProxy serves: nothing is reloaded");
}

static void put_failed(struct app *a, struct json_out *o)
{
    struct arena arena = ARENA_INIT;

    json_open_array(o, "failed");
    for (size_t i = 0; i < a->failed.count; i++) {
        const struct failed_object *f = &a->failed.items[i];
        json_open_object(o, NULL);
        json_put_str(o, "object", failed_name(f, &arena));
        json_put_str(o, "error", f->error);
        json_put_str(o, "detail", f->detail);
        json_close_object(o);
    }
    json_close_array(o);
    arena_free(&arena);
}

int app_view_status(struct app *a, struct buf *out, struct err *e)
{
    struct json_out o;

    (void)e;
    json_out_init(&o, out, false);
    json_open_object(&o, NULL);
    json_put_z(&o, "version", THALASSA_VERSION);
    json_put_int(&o, "started", a->started_ms);
    json_put_z(&o, "label", a->options->label);
    json_open_object(&o, "generation");
    json_put_int(&o, "desired", (int64_t)a->stored->generation);
    json_put_int(&o, "applied", (int64_t)a->applied_generation);
    json_close_object(&o);
    put_haproxy(a, &o);
    put_registry(a, &o);
    put_reloads(a, &o);
    app_put_switches(a, &o);
    app_put_splits(a, &o, "splits");
    app_put_overrides(a, &o);
    app_spoa_put(a, &o);
    put_pending(a, &o);
    app_drift_put(a, &o);
    put_failed(a, &o);
    json_close_object(&o);
    json_out_fini(&o);
    return 0;
}
