/* SPDX-License-Identifier: Apache-2.0 */
/* The admin socket: up or down. */
#include "app.h"
#include "app_workers.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

static void forget_observation(struct app *a)
{
    have_free(a->have);
    a->have = NULL;
    app_touch_all(a);
    map_cache_clear(a->maps);
}

static void on_up(struct app *a)
{
    log_info("HAProxy answers on %s", a->options->haproxySocketPath);
    a->runtime_error[0] = 0;
    a->down_since_ms = 0;
    a->start_failures = 0;
    a->observe_asked = true;
}

static void on_down(struct app *a, const struct err *why)
{
    if (a->have) {
        log_warn("HAProxy does not answer: %s", why->text);
        app_note(a, "haproxyDown", STR("haproxy"), "agent", "%s", why->text);
    } else if (a->runtime_error[0] == 0) {
        log_info("HAProxy does not answer yet: %s", why->text);
    }
    (void)snprintf(a->runtime_error, sizeof a->runtime_error, "%s", why->text);
    if (!a->down_since_ms)
        a->down_since_ms = app_now_ms();
    forget_observation(a);
}

static void on_state(void *ctx, enum runtime_state state, const struct err *why)
{
    struct app_link *l = ctx;
    struct app *a = l->app;

    if (l->leaving) {
        if (state == RUNTIME_DOWN)
            app_leaving_lost(l);
        return;
    }
    if (state == RUNTIME_UP)
        on_up(a);
    else if (state == RUNTIME_DOWN)
        on_down(a, why);
    app_ask_drive(a);
}

int app_runtime_open(struct app *a, struct err *e)
{
    struct app_link *l = app_link_new(a);
    struct runtime_options options = {
        .path = a->options->haproxySocketPath, .on_state = on_state, .ctx = l};

    a->link = l;
    a->runtime = l->runtime = runtime_open(a->loop, &options, e);
    return a->runtime ? 0 : -1;
}

void app_runtime_hand_over(struct app *a)
{
    struct err e;

    if (!a->have || runtime_state(a->runtime) != RUNTIME_UP) {
        runtime_reopen(a->runtime);
        return;
    }
    app_leaving_begin(a);
    if (app_runtime_open(a, &e)) /* the same path as before */
        abort();
}

void app_runtime_renew(struct app *a)
{
    app_runtime_hand_over(a);
    forget_observation(a);
}
