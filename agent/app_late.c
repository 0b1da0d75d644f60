/* SPDX-License-Identifier: Apache-2.0 */
#include "app_late.h"

enum { EVERY_MS = 100, WINDOW_MS = 10000 };

static void arm(struct app_late *l, struct ev_loop *loop)
{
    l->due_ms = app_now_ms() + EVERY_MS;
    ev_timer_set(&l->timer, EVERY_MS / 1000.0, 0.0);
    ev_timer_start(loop, &l->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    struct app_late *l = w->data;
    int64_t now_ms = app_now_ms(), late_ms = now_ms - l->due_ms;

    (void)events;
    if (now_ms - l->window_ms >= WINDOW_MS) {
        l->window_ms = now_ms;
        l->before_ms = l->worst_ms;
        l->worst_ms = 0;
    }
    if (late_ms > l->worst_ms)
        l->worst_ms = late_ms;
    arm(l, loop);
}

void app_late_start(struct app *a)
{
    ev_init(&a->late.timer, on_timer);
    a->late.timer.data = &a->late;
    a->late.window_ms = app_now_ms();
    arm(&a->late, a->loop);
}

void app_late_stop(struct app *a)
{
    ev_timer_stop(a->loop, &a->late.timer);
}

void app_late_metrics(const struct app *a, struct metrics *m)
{
    const struct app_late *l = &a->late;
    int64_t ms = l->worst_ms > l->before_ms ? l->worst_ms : l->before_ms;

    metrics_family(m, "thalassa_loop_late_seconds", METRIC_GAUGE,
                   "How late a timer of 100 ms was at worst, in the last 10 to 20 seconds.");
    metrics_put_double(m, NULL, 0, (double)ms / 1000.0);
}
