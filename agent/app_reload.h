/* SPDX-License-Identifier: Apache-2.0 */
/* A reload, or a start, on its way (control/reload.h has the steps). */
#ifndef THALASSA_APP_RELOAD_H
#define THALASSA_APP_RELOAD_H

#include "app.h"

struct app_install;

struct app_reload {
    struct app *app;
    enum reload_step step;
    struct reload_facts facts;
    struct app_rendered *rendered;
    struct buf state, stats; /* dumped by the worker that leaves */
    struct arena arena;
    struct map_entry *renamed; /* proxies of the worker that leaves -> their names in the next */
    size_t renamed_count;
    struct app_install *install; /* what was there before, to put it back */
    char reason[512];
    char field[METER_REASON_BYTES]; /* that forced it; empty: none did */
    char object[192];               /* to blame; empty: the objects of the reasons */
    char error[512], detail[2048];
    int64_t old_pid, new_pid; /* new_pid 0: not told */
    bool refused;             /* by HAProxy, or by an address that is taken: an object's fault */
    bool taken;               /* it is an address: that may pass */
};

/* The step ended; the next one begins. `e` NULL: well. */
void app_reload_step_done(struct app_reload *r, const struct err *e);

#endif
