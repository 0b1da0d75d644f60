/* SPDX-License-Identifier: Apache-2.0 */
/* Carries out a reload, one step after another. */
#include "app_reload.h"

#include "app_check.h"
#include "app_install.h"
#include "app_kick.h"
#include "base/hash.h"
#include "base/log.h"
#include "control/carry.h"
#include "haproxy/launch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PAUSE_MS = 1000,
    START_PAUSE_MS = 1000,
    START_PAUSE_MAX_MS = 60000,
    START_POLL_MS = 100,
    START_AGAIN_MS = 200,
    START_TRIES = 5,
    STARTER_MAX_MS = 60000,
    DUMP_S = 15
};

static uint64_t fingerprint(const struct app *a)
{
    uint64_t h = hash_str(buf_str(&a->want_text));

    for (size_t i = 0; i < a->plan.reasons.count; i++)
        h = h * 31 + hash_str(a->plan.reasons.items[i].why);
    return h;
}

bool app_reload_allowed(const struct app *a)
{
    bool has_map;

    if (!plan_map_of_proxies(a->maps, str_z(a->options->haproxyDir), &has_map) && has_map)
        return false; /* not known who serves: read it first */
    return !a->guard_empty && a->want_text_of == a->effective &&
           (a->reloads.failed_want == 0 || a->reloads.failed_want != fingerprint(a));
}

/* --- the steps --- */

static void on_checked(void *ctx, const struct err *e)
{
    app_reload_step_done(ctx, e);
}

static void on_rendered(void *ctx, struct app_rendered *rendered, const struct err *e)
{
    struct app_reload *r = ctx;

    r->rendered = rendered;
    if (e)
        app_reload_step_done(r, e);
    else
        app_check(r->app, rendered, on_checked, r);
}

static void step_check(struct app_reload *r)
{
    app_render(r->app, r->app->want, r->app->effective, on_rendered, r);
}

static void step_probe(struct app_reload *r)
{
    struct err e;
    int rc = app_probe(r->app, r->rendered, &e);

    app_reload_step_done(r, rc ? &e : NULL);
}

static void carry(struct app_reload *r)
{
    const struct app *a = r->app;
    struct str path = arena_printf(&r->arena, "%s/maps/proxies.map", a->options->haproxyDir);

    struct renames names;

    carry_names(&r->arena, r->rendered->desired, map_cache_find(a->maps, path), &names);
    carry_over(&names, &r->state, &r->stats);
    for (size_t i = 0; i < names.count; i++)
        *ARENA_PUSH(&r->arena, r->renamed, r->renamed_count) = (struct map_entry){
            arena_str(&r->arena, names.items[i].from), arena_str(&r->arena, names.items[i].to)};
    app_reload_step_done(r, NULL);
}

static void on_stats(void *ctx, const struct err *failure, struct str reply)
{
    struct app_reload *r = ctx;

    if (!failure)
        buf_add_str(&r->stats, str_trim(reply));
    buf_add_char(&r->stats, '\n');
    carry(r); /* counters are not worth a failure */
}

static void on_state(void *ctx, const struct err *failure, struct str reply)
{
    struct app_reload *r = ctx;
    struct err e;

    if (failure || !str_starts(str_trim(reply), STR("1\n"))) {
        if (!failure)
            err_set(&e, ERR_UNAVAILABLE, "show servers state: unexpected answer");
        app_reload_step_done(r, failure ? failure : &e);
        return;
    }
    buf_add_str(&r->state, str_trim(reply));
    buf_add_char(&r->state, '\n');
    if (!r->app->caps.stats_file ||
        runtime_send(r->app->runtime, STR("dump stats-file"), DUMP_S, on_stats, r, &e))
        carry(r);
}

static void step_dump(struct app_reload *r)
{
    struct err e;

    if (runtime_send(r->app->runtime, STR("show servers state"), DUMP_S, on_state, r, &e))
        app_reload_step_done(r, &e);
}

static void on_step(void *ctx, const struct err *e)
{
    app_reload_step_done(ctx, e);
}

static void on_kicked(void *ctx, const struct err *e, int64_t pid)
{
    struct app_reload *r = ctx;

    r->new_pid = pid;
    r->facts.socket_alive = r->facts.running && app_kick_socket_alive(r->app);
    app_reload_step_done(r, e);
}

static void finish(struct app_reload *r);

static void begin_step(struct app_reload *r)
{
    log_debug("reload: %s", reload_step_name(r->step));
    switch (r->step) {
    case RELOAD_CHECK: step_check(r); break;
    case RELOAD_PROBE: step_probe(r); break;
    case RELOAD_DUMP: step_dump(r); break;
    case RELOAD_INSTALL: app_install(r, on_step); break;
    case RELOAD_KICK: app_kick(r->app, r->facts.running, on_kicked, r); break;
    case RELOAD_CLEAN: app_install_clean(r, on_step); break;
    case RELOAD_RESTORE: app_install_restore(r, on_step); break;
    case RELOAD_REVIVE: app_kick(r->app, true, on_kicked, r); break;
    case RELOAD_DONE:
    case RELOAD_FAILED: finish(r); break;
    case RELOAD_STEP_COUNT: break;
    }
}

void app_reload_step_done(struct app_reload *r, const struct err *e)
{
    if (r->app->stopping) { /* the next agent finds the difference */
        r->app->reload = NULL;
        app_reload_free(r);
        return;
    }
    if (e && r->step != RELOAD_REVIVE && r->step != RELOAD_RESTORE) {
        (void)snprintf(r->error, sizeof r->error, "%s: %.480s", reload_step_name(r->step), e->text);
        (void)snprintf(r->detail, sizeof r->detail, "%s", e->detail);
        (void)snprintf(r->object, sizeof r->object, "%s", e->field);
        r->taken = e->kind == ERR_CONFLICT && r->step <= RELOAD_PROBE;
        r->refused = e->kind == ERR_UNPROCESSABLE || r->taken;
    } else if (e) {
        log_error("reload: %s: %s", reload_step_name(r->step), e->text);
    }
    r->step = reload_next(r->step, e == NULL, &r->facts);
    begin_step(r);
}

/* --- the end --- */

static void succeed(struct app_reload *r)
{
    struct app *a = r->app;

    if (r->facts.running) {
        a->reloads.count++;
        app_meter_reload(a, r->field);
        a->reloads.last_ms = app_wall_ms();
        (void)snprintf(a->reloads.reason, sizeof a->reloads.reason, "%s", r->reason);
        app_note(a, "haproxyConfigChanged", STR("haproxy"), "agent", "reload: %s", r->reason);
        log_info("HAProxy reloaded: %s", r->reason);
    } else {
        app_note(a, "haproxyStarted", STR("haproxy"), "agent", "started");
        log_info("HAProxy started");
    }
    a->start_failures = a->start_tries = 0;
    a->reloads.not_before_ms = app_now_ms() + PAUSE_MS;
    a->reloads.failed_want = 0;
    failed_taken(&a->failed);
    a->reloads.last_error[0] = a->reloads.last_detail[0] = 0;
    a->reloaded = r; /* until its worker answers */
}

/* What HAProxy refused is set aside, so that the rest goes on; the template's own faults stay
 * blocked. What could not even be asked is tried again. */
static void blame(struct app_reload *r)
{
    struct app *a = r->app;
    struct failure why = {str_z(r->error), str_z(r->detail), r->taken, app_now_ms()};
    bool noted = false;

    if (!r->refused)
        return;
    if (r->object[0])
        noted = failed_note(&a->failed, a->stored, str_z(r->object), &why);
    for (size_t i = 0; !r->object[0] && r->facts.running && i < a->reasons.count; i++)
        noted = failed_note(&a->failed, a->stored, a->reasons.items[i].object, &why) || noted;
    if (!noted) {
        a->reloads.failed_want = r->taken ? 0 : fingerprint(a);
        return;
    }
    a->start_not_before_ms = 0;
    a->reloads.not_before_ms = app_now_ms() + PAUSE_MS;
    app_objects_changed(a);
}

/* A HAProxy that was killed may have its ports for a moment yet: nobody is blamed for that. */
static bool is_soon_over(struct app_reload *r)
{
    struct app *a = r->app;

    if (r->facts.running || !r->taken || a->start_tries == START_TRIES)
        return false;
    a->start_tries++;
    a->start_not_before_ms = app_now_ms() + START_AGAIN_MS;
    log_info("HAProxy is started in a moment: %s", r->error);
    return true;
}

static void tell_failure(const struct app_reload *r)
{
    struct app *a = r->app;

    log_error("%s failed: %s%s%s", r->facts.running ? "reload" : "start of HAProxy", r->error,
              r->detail[0] ? ": " : "", r->detail);
    (void)snprintf(a->reloads.last_error, sizeof a->reloads.last_error, "%s", r->error);
    (void)snprintf(a->reloads.last_detail, sizeof a->reloads.last_detail, "%s", r->detail);
    app_note(a, r->facts.running ? "reloadFailed" : "startFailed",
             str_z(r->object[0] ? r->object : "haproxy"), "agent", "%s", r->error);
}

static void fail(struct app_reload *r)
{
    struct app *a = r->app;
    int64_t pause = START_PAUSE_MS << (a->start_failures < 6 ? a->start_failures : 6);
    bool known = failed_is_retried(&a->failed, str_z(r->object));

    if (is_soon_over(r))
        return;
    if (!known)
        tell_failure(r);
    a->start_failures++;
    pause = pause < START_PAUSE_MAX_MS ? pause : START_PAUSE_MAX_MS;
    a->start_not_before_ms = a->reloads.not_before_ms = app_now_ms() + pause;
    blame(r);
}
void app_reload_free(struct app_reload *r)
{
    if (!r)
        return;
    app_rendered_free(r->rendered);
    arena_free(&r->arena);
    buf_free(&r->state);
    buf_free(&r->stats);
    app_install_free(r->install);
    free(r);
}

static void finish(struct app_reload *r)
{
    struct app *a = r->app;
    bool done = r->step == RELOAD_DONE;

    a->reload = NULL;
    if (done)
        succeed(r);
    else
        fail(r);
    if (done || r->step == RELOAD_FAILED)
        app_runtime_renew(a); /* our connection leads to the worker that leaves */
    if (!done)
        app_reload_free(r);
    a->observe_asked = true;
    app_action_done(a);
}

bool app_reload_takes_worker(struct app *a)
{
    struct app_reload *r = a->reloaded;

    if (!r || (r->new_pid && r->new_pid != a->have->pid) || a->have->pid == r->old_pid)
        return false;
    a->reloaded = NULL;
    ledger_rename(a->ledger, r->renamed, r->renamed_count);
    ledger_rebase(a->ledger, a->have, true);
    app_running_learn_servers(a, buf_str(&r->rendered->config), true);
    app_running_note_servers(a, r->rendered->desired);
    app_running_set(a, buf_str(&r->rendered->structure));
    proxies_rebase(a->proxies, a->have, &a->running.facts);
    app_store_ledger(a);
    app_reload_free(r);
    return true;
}

void app_mark_good(struct app *a)
{
    objects_unref(a->good);
    a->good = objects_ref(a->effective);
}

/* --- the beginning --- */

static void tell_reason(struct app_reload *r)
{
    const struct app *a = r->app;
    const struct reasons *all = a->reasons.count ? &a->reasons : &a->plan.reasons;
    const struct reason *first = all->items;

    if (all->count == 0)
        return;
    (void)snprintf(r->reason, sizeof r->reason, STR_FMT ": " STR_FMT ": " STR_FMT "%s",
                   STR_ARG(first->object), STR_ARG(first->field), STR_ARG(first->why),
                   a->reasons.count > 1 ? " (and more)" : "");
    str_copy(r->field, sizeof r->field, first->field);
}

/* An agent that was killed may have begun to start it: its HAProxy is on the way, or here since we
 * looked last. Nothing is written meanwhile, it reads the files. */
static bool comes_by_itself(struct app *a)
{
    pid_t starter = launch_under_way(a->options->haproxyCfgPath);
    int64_t now = app_now_ms();

    if (!starter)
        a->starter_since_ms = 0;
    else if (!a->starter_since_ms)
        a->starter_since_ms = now;
    else if (now - a->starter_since_ms > STARTER_MAX_MS) {
        log_warn("HAProxy's start by an agent before hangs: process %d is ended", (int)starter);
        a->starter_since_ms = now;
        (void)kill(-starter, SIGKILL);
    }
    if (!starter && !app_kick_socket_alive(a))
        return false;
    if (!starter)
        runtime_reopen(a->runtime);
    a->start_not_before_ms = now + START_POLL_MS;
    return true;
}

void app_start(struct app *a)
{
    if (comes_by_itself(a))
        app_action_done(a);
    else
        app_reload(a, false);
}

void app_reload(struct app *a, bool running)
{
    struct app_reload *r = calloc(1, sizeof *r);

    if (!r)
        abort();
    a->settled = false;
    r->app = a;
    r->facts.running = running;
    r->old_pid = a->have ? a->have->pid : 0;
    buf_init(&r->state, RENDER_MAX_CONFIG);
    buf_init(&r->stats, RENDER_MAX_CONFIG);
    tell_reason(r);
    a->reload = r;
    app_reload_free(a->reloaded); /* its worker never answered */
    a->reloaded = NULL;
    begin_step(r);
}
