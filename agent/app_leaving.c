/* SPDX-License-Identifier: Apache-2.0 */
#include "app_workers.h"

#include "base/log.h"
#include "haproxy/master.h"
#include "haproxy/observe.h"

#include <stdlib.h>

enum {
    ASK_S = 5,
    FIRST_PAUSE_MS = 20,
    TELL_MS = 10000, /* a worker that is to leave knows it by then */
    MOST = 64        /* connections held */
};

struct app_link *app_link_new(struct app *a)
{
    struct app_link *l = calloc(1, sizeof *l);

    if (!l)
        abort();
    l->app = a;
    return l;
}

static void unlink_from(struct app_link **at, const struct app_link *l)
{
    while (*at && *at != l)
        at = &(*at)->next;
    if (*at)
        *at = l->next;
}

static void let_go(struct app_link *l)
{
    l->closing = true;
    ev_timer_stop(l->app->loop, &l->timer);
    runtime_close(l->runtime);
    free(l);
}

static void end(struct app_link *l)
{
    struct app *a = l->app;

    log_debug("worker %lld is let go", (long long)l->worker.pid);
    unlink_from(&a->leaving, l);
    let_go(l);
    app_leaving_settle(a);
    app_totals_save(a);
}

/* Slower and slower: a download or a WebSocket may take hours. */
static void again(struct app_link *l)
{
    int64_t most = l->app->options->statsInterval;

    l->pause_ms = l->pause_ms * 3 / 2 < most ? l->pause_ms * 3 / 2 : most;
    ev_timer_set(&l->timer, (double)l->pause_ms / 1000.0, 0.0);
    ev_timer_start(l->app->loop, &l->timer);
}

static void on_observed(void *ctx, struct have *have, const struct err *failure)
{
    struct app_link *l = ctx;
    struct app *a = l->app;

    (void)failure;
    if (l->closing) {
        have_free(have);
        return;
    }
    if (!have || a->stopping || have->pid != l->worker.pid ||
        (!have->stopping && app_now_ms() - l->since_ms > TELL_MS)) {
        have_free(have);
        end(l);
        return;
    }
    if (have->stopping)
        app_totals_take(a, have);
    if (have->stopping && have->connections == 0)
        end(l);
    else
        again(l);
    have_free(have);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    struct app_link *l = w->data;
    struct str none = STR_NONE;
    struct observe_request request = {.proxies = true, .backends = &none};
    struct err e;

    (void)loop;
    (void)events;
    if (observe_start(l->runtime, &request, ASK_S, on_observed, l, &e))
        end(l);
}

static void drop_oldest(struct app *a)
{
    struct app_link *oldest = NULL;
    size_t count = 0;

    for (struct app_link *l = a->leaving; l; l = l->next, count++)
        oldest = l;
    if (count < MOST)
        return;
    unlink_from(&a->leaving, oldest);
    let_go(oldest);
}

void app_leaving_begin(struct app *a)
{
    struct app_link *l = a->link;

    drop_oldest(a);
    l->leaving = true;
    l->worker = (struct totals_worker){a->have->pid, a->have->start_time_s};
    l->since_ms = app_now_ms();
    l->pause_ms = FIRST_PAUSE_MS;
    l->next = a->leaving;
    a->leaving = l;
    a->link = NULL;
    ev_timer_init(&l->timer, on_timer, 0.001, 0.0);
    l->timer.data = l;
    ev_timer_start(a->loop, &l->timer);
}

void app_leaving_lost(struct app_link *l)
{
    end(l);
}

void app_leaving_stop(struct app *a)
{
    struct app_link *l;

    while ((l = a->leaving)) {
        a->leaving = l->next;
        let_go(l);
    }
}

void app_leaving_settle(struct app *a)
{
    struct totals_worker alive[MOST + 1];
    size_t count = 0;

    if (!a->have)
        return; /* the one that serves is not known: all stay */
    alive[count++] = (struct totals_worker){a->have->pid, a->have->start_time_s};
    for (struct app_link *l = a->leaving; l && count <= MOST; l = l->next)
        alive[count++] = l->worker;
    totals_keep(a->totals, alive, count);
}

/* --- what the master says --- */

static void note_old(struct app_old_workers *old, int64_t pid, int64_t since_ms)
{
    if (old->count < OLD_WORKERS_SHOWN) {
        old->pids[old->count] = pid;
        old->since_ms[old->count] = since_ms;
    }
    old->count++;
}

/* Without a master: those that we are connected to. */
static void count_ours(struct app *a)
{
    a->old_workers.count = 0;
    for (const struct app_link *l = a->leaving; l; l = l->next)
        note_old(&a->old_workers, l->worker.pid, l->worker.start_time_s * 1000);
}

static void on_procs(void *ctx, const struct have_procs *procs, const struct err *failure)
{
    struct app *a = ctx;
    struct app_old_workers *old = &a->old_workers;

    old->asked = false;
    if (!a->have)
        return;
    if (failure) {
        count_ours(a);
        return;
    }
    old->count = 0;
    for (size_t i = 0; i < procs->count; i++) {
        const struct have_proc *p = &procs->items[i];
        /* after a failed reload HAProxy >= 3.2 calls the one that serves an old one */
        if (p->kind == PROC_OLD_WORKER && p->pid != a->have->pid)
            note_old(old, p->pid, app_wall_ms() - p->uptime_s * 1000);
    }
    app_ask_drive(a);
}

void app_workers_look(struct app *a)
{
    struct err e;

    if (a->old_workers.asked)
        return;
    a->old_workers.asked = a->master_socket && *a->master_socket &&
                           master_show_proc(a->loop, a->master_socket, ASK_S, on_procs, a, &e) == 0;
    if (!a->old_workers.asked)
        count_ours(a);
}

bool app_workers_crowded(const struct app *a)
{
    return a->old_workers.count >= (size_t)a->options->maxOldWorkers;
}

void app_workers_note(struct app *a)
{
    bool waits = app_reload_wanted(a) && app_workers_crowded(a);

    if (waits && !a->old_workers.told) {
        log_warn("a reload waits: %zu old workers still have connections", a->old_workers.count);
        app_note(a, "reloadWaits", STR("haproxy"), "agent",
                 "%zu old workers still have connections", a->old_workers.count);
    }
    a->old_workers.told = waits;
}

void app_workers_put(const struct app *a, struct json_out *o)
{
    const struct app_old_workers *old = &a->old_workers;
    int64_t now = app_wall_ms();

    json_open_array(o, "oldWorkers");
    for (size_t i = 0; i < old->count && i < OLD_WORKERS_SHOWN; i++) {
        json_open_object(o, NULL);
        json_put_int(o, "pid", old->pids[i]);
        json_put_int(o, "since", old->since_ms[i]);
        json_put_int(o, "uptime", (now - old->since_ms[i]) / 1000);
        json_close_object(o);
    }
    json_close_array(o);
}
