/* SPDX-License-Identifier: Apache-2.0 */
#include "app_run.h"

#include "app.h"
#include "app_adopt.h"
#include "app_late.h"
#include "app_notify.h"
#include "app_spoa.h"
#include "app_stats.h"
#include "app_switches.h"
#include "app_workers.h"
#include "base/log.h"
#include "haproxy/child.h"
#include "registry/register.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_CANNOT_BEGIN = 2, OPEN_FILES = 4096 };

static struct {
    ev_signal term, interrupt, hangup;
} signals;

static void on_deregistered(void *ctx, const struct err *e)
{
    struct app *a = ctx;

    if (e)
        log_warn("not deregistered: %s", e->text);
    ev_break(a->loop, EVBREAK_ALL);
}

static void deregister(struct app *a)
{
    struct registration *r = a->registration;

    a->registration = NULL;
    if (r)
        registration_stop(r, on_deregistered, a);
    else
        ev_break(a->loop, EVBREAK_ALL);
}

/* Asked twice, it waits for nobody. */
static void on_end(struct ev_loop *loop, ev_signal *w, int events)
{
    struct app *a = w->data;

    (void)events;
    if (a->ending) {
        ev_break(loop, EVBREAK_ALL);
        return;
    }
    a->ending = true;
    app_note(a, "stopped", STR("agent"), "agent", "%s; HAProxy goes on",
             w->signum == SIGINT ? "SIGINT" : "SIGTERM");
    app_spoa_end(a, deregister);
}

/* The template may have changed: what is wanted is rendered anew. */
static void on_hangup(struct ev_loop *loop, ev_signal *w, int events)
{
    struct app *a = w->data;

    (void)loop;
    (void)events;
    log_info("SIGHUP: the template is read again, what failed is tried again");
    failed_clear(&a->failed);
    a->reloads.failed_want = 0;
    objects_unref(a->want_text_of);
    a->want_text_of = NULL;
    app_objects_changed(a);
}

static void watch_signals(struct app *a)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error of write, as a full disk is */
    ev_signal_init(&signals.term, on_end, SIGTERM);
    ev_signal_init(&signals.interrupt, on_end, SIGINT);
    ev_signal_init(&signals.hangup, on_hangup, SIGHUP);
    signals.term.data = signals.interrupt.data = signals.hangup.data = a;
    ev_signal_start(a->loop, &signals.term);
    ev_signal_start(a->loop, &signals.interrupt);
    ev_signal_start(a->loop, &signals.hangup);
}

static void init(struct app *a, const struct options *options)
{
    *a = (struct app){.options = options, .loop = ev_default_loop(EVFLAG_AUTO)};
    a->started_ms = app_wall_ms();
    a->master_socket = options->haproxyMasterSocketPath;
    a->lock = -1;
    a->lua = true;
    a->last_change = &a->changes;
    a->plan.wake_ms = a->sent.wake_ms = -1;
    a->maps = map_cache_new();
    a->ledger = ledger_new();
    a->proxies = proxies_new();
    a->switches = switches_new();
    buf_init(&a->want_text, RENDER_MAX_CONFIG);
    buf_init(&a->running.text, RENDER_MAX_CONFIG);
}

/* Everything that may refuse to begin, in the order in which an operator can mend it. */
static int open_all(struct app *a, struct err *e)
{
    if (app_adopt(a, e) || app_store_open(a, e) || app_switches_load(a, e))
        return -1;
    a->effective = objects_ref(a->stored);
    app_totals_open(a);
    app_stats_open(a);
    a->worker = worker_start(a->loop);
    app_drive_start(a);
    if (app_runtime_open(a, e) || app_registry_start(a, e) || app_web_start(a, e) ||
        app_spoa_start(a, e))
        return -1;
    app_learn_version(a);
    app_objects_changed(a);
    return 0;
}

/* What is left is memory; freed so that the leak checker sees the rest. */
static void release(struct app *a)
{
    plan_free(&a->plan);
    plan_free(&a->sent);
    have_free(a->have);
    scope_fini(&a->scope);
    scope_fini(&a->unseen);
    map_cache_free(a->maps);
    ledger_free(a->ledger);
    proxies_free(a->proxies);
    switches_free(a->switches);
    desired_unref(a->want);
    objects_unref(a->want_of);
    failed_clear(&a->failed);
    objects_unref(a->effective);
    objects_unref(a->want_text_of);
    objects_unref(a->want_text_made_of);
    objects_unref(a->good);
    objects_unref(a->stored);
    arena_free(&a->reasons_arena);
    arena_free(&a->running.arena);
    arena_free(&a->members_arena);
    buf_free(&a->want_text);
    buf_free(&a->running.text);
    activity_close(a->activity);
    store_close(a->store);
}

static void close_all(struct app *a)
{
    a->stopping = true;
    if (a->worker) {
        worker_stop(a->worker);
        app_drive_stop(a);
    }
    app_changes_stop(a);
    app_web_stop(a);
    app_spoa_stop(a);
    if (a->registry)
        app_store_members_now(a);
    app_registry_stop(a);
    app_leaving_stop(a);
    if (a->runtime)
        runtime_close(a->runtime);
    free(a->link);
    app_totals_close(a);
    app_stats_close(a);
    app_reload_free(a->reloaded);
    release(a);
}

/* Snapshots come and go in large blocks: these return to the system when they are freed, instead of
 * teaching malloc to keep ever larger ones. */
static void tame_malloc(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 256 * 1024);
    (void)mallopt(M_ARENA_MAX, 2);
}

static void raise_files(void)
{
    struct err e;

    if (child_raise_files(OPEN_FILES, &e))
        log_warn("%s: fewer clients than usual can be served", e.text);
}

int app_run(const struct options *options)
{
    struct app a;
    struct err e;
    int rc = 0;

    tame_malloc();
    raise_files();
    init(&a, options);
    watch_signals(&a);
    if (open_all(&a, &e)) {
        (void)fprintf(stderr, "thalassa: %s\n", e.text);
        rc = EXIT_CANNOT_BEGIN;
    } else {
        app_note(&a, "started", STR("agent"), "agent", "version %s", THALASSA_VERSION);
        app_notify_ready(&a);
        app_late_start(&a);
        ev_run(a.loop, 0);
        app_late_stop(&a);
        app_notify_stopping();
        log_info("ended; HAProxy goes on");
    }
    close_all(&a);
    return rc;
}
