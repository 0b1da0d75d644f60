/* SPDX-License-Identifier: Apache-2.0 */
/* Asks control/loop.h what to do next, and does it. Asked once a turn of the loop at most. */
#include "app_stream.h"
#include "app_workers.h"

#include "base/log.h"

#include <time.h>

/* The files follow what runs: not at once, and not with more than a part of a processor. */
enum { WRITE_PAUSE_MS = 1000, WRITE_SHARE = 5 };

static int64_t clock_ms(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t app_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

double app_now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int64_t app_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

/* A connection that is being opened may well find a HAProxy that runs; what is to be started
 * depends on its version. */
static bool may_start(const struct app *a)
{
    return a->options->haproxyStart == HAPROXY_START_AUTO && a->want &&
           a->effective->frontend_count > 0 && app_knows_haproxy(a) &&
           runtime_state(a->runtime) == RUNTIME_DOWN;
}

static struct situation situation_of(const struct app *a)
{
    return (struct situation){
        .now_ms = app_now_ms(),
        .busy = a->busy || a->stopping,
        .writing = a->writing,
        .runtime_up = runtime_state(a->runtime) == RUNTIME_UP,
        .may_start = may_start(a),
        .start_not_before_ms = a->start_not_before_ms,
        .retry_ms = failed_due_ms(&a->failed),
        .observed = a->have != NULL,
        .observe_asked = a->observe_asked,
        .observed_ms = a->observed_ms,
        .observe_not_before_ms = a->observe_not_before_ms,
        .interval_ms = a->options->statsInterval,
        .reload_wanted = app_reload_wanted(a) && !a->drift_held,
        .reload_allowed = app_reload_allowed(a) && !app_workers_crowded(a),
        .reload_not_before_ms = a->reloads.not_before_ms,
        .ops = a->guard_empty || a->drift_held ? 0 : a->plan.count,
        .apply_not_before_ms = a->progress.not_before_ms,
        .plan_wake_ms = a->plan.wake_ms,
        .files_stale = a->files_stale && !a->edit_held && a->have &&
                       a->want_text_of == a->effective && !app_reload_wanted(a),
        .write_not_before_ms = a->files_written_ms + WRITE_PAUSE_MS + WRITE_SHARE * a->write_ms,
    };
}

static void wait_until(struct app *a, int64_t wake_ms)
{
    double delay = (double)(wake_ms - app_now_ms()) / 1000.0;

    ev_timer_stop(a->loop, &a->timer);
    if (wake_ms < 0)
        return;
    ev_timer_set(&a->timer, delay > 0.001 ? delay : 0.001, 0.0);
    ev_timer_start(a->loop, &a->timer);
}

static void settle(struct app *a)
{
    if (app_is_settled(a)) {
        a->apply_error[0] = 0;
        a->settled = true;
        failed_taken(&a->failed);
        if (a->applied_generation != a->effective->generation) {
            a->applied_generation = a->effective->generation;
            app_mark_good(a);
        }
    }
    app_waiters_check(a);
}

static void try_again(struct app *a)
{
    (void)failed_retry(&a->failed, app_now_ms());
    app_objects_changed(a);
}

static void drive(struct app *a)
{
    struct situation s;
    struct loop_decision d;

    if (a->world_stale && !a->stopping)
        app_world_build(a);
    app_workers_note(a);
    s = situation_of(a);
    d = loop_next(&s);
    settle(a);
    if (d.action == LOOP_WAIT) {
        wait_until(a, d.wake_ms);
        return;
    }
    a->doing = d.action;
    a->writing = a->writing || d.action == LOOP_WRITE;
    a->busy = d.action != LOOP_WRITE && d.action != LOOP_RETRY;
    switch (d.action) {
    case LOOP_WAIT: break;
    case LOOP_RETRY: try_again(a); break;
    case LOOP_START: app_start(a); break;
    case LOOP_OBSERVE: app_observe(a); break;
    case LOOP_APPLY: app_apply(a); break;
    case LOOP_RELOAD: app_reload(a, true); break;
    case LOOP_WRITE: app_write_files(a); break;
    }
    if (d.action == LOOP_WRITE)
        app_ask_drive(a); /* what else is there? */
}

static void on_prepare(struct ev_loop *loop, ev_prepare *w, int events)
{
    struct app *a = w->data;

    (void)loop;
    (void)events;
    if (a->drive_asked)
        app_stream_changed(a); /* whatever changes asks for this */
    for (int i = 0; a->drive_asked && i < 8; i++) {
        a->drive_asked = false;
        drive(a);
    }
    if (a->drive_asked)
        wait_until(a, app_now_ms());
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)loop;
    (void)events;
    app_ask_drive(w->data);
}

void app_drive_start(struct app *a)
{
    ev_init(&a->timer, on_timer);
    a->timer.data = a;
    ev_prepare_init(&a->drive, on_prepare);
    a->drive.data = a;
    ev_prepare_start(a->loop, &a->drive);
}

void app_drive_stop(struct app *a)
{
    ev_timer_stop(a->loop, &a->timer);
    ev_prepare_stop(a->loop, &a->drive);
}

void app_ask_drive(struct app *a)
{
    a->drive_asked = true;
}

void app_action_done(struct app *a)
{
    a->busy = false;
    app_ask_drive(a);
}
