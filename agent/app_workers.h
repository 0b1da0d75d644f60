/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's workers: the one that serves, those that leave, and what all of them have counted.
 *
 * A connection to the admin socket stays on its worker, and a worker stays as long as somebody is
 * connected: the one that leaves is asked on our own connection until its last client is gone, so
 * that nothing of what it counts is lost, and let go then. */
#ifndef THALASSA_APP_WORKERS_H
#define THALASSA_APP_WORKERS_H

#include "app.h"
#include "plan/totals.h"
#include "web/metrics.h"

/* A connection: on the present worker (a->link), or on one that leaves. */
struct app_link {
    struct app *app;
    struct runtime *runtime;
    bool leaving;
    bool closing;                /* what is under way learns its end, and is not listened to */
    struct totals_worker worker; /* from here on for one that leaves */
    int64_t since_ms, pause_ms;
    ev_timer timer;
    struct app_link *next;
};

/* --- app_leaving.c --- */
struct app_link *app_link_new(struct app *a);
/* The present connection is to be asked until its worker is gone; a->link is free then. */
void app_leaving_begin(struct app *a);
void app_leaving_lost(struct app_link *l); /* its connection has ended */
void app_leaving_stop(struct app *a);
/* Totals are told which workers are still there. */
void app_leaving_settle(struct app *a);
/* Ask the master which old workers there are. */
void app_workers_look(struct app *a);
/* So many that another reload has to wait. */
bool app_workers_crowded(const struct app *a);
/* A reload that begins to wait for them is told. */
void app_workers_note(struct app *a);
void app_workers_put(const struct app *a, struct json_out *o);

/* --- app_totals.c --- */
void app_totals_open(struct app *a);
void app_totals_close(struct app *a);
void app_totals_begin(struct app *a); /* another worker than before was observed */
void app_totals_take(struct app *a, const struct have *have);
void app_totals_save(struct app *a); /* so that a kill loses nothing */
void app_totals_metrics(struct app *a, struct metrics *m);

#endif
