/* SPDX-License-Identifier: Apache-2.0 */
/* How a change is answered: at once, or when HAProxy runs it. */
#include "app_change.h"

#include "app_view.h"

#include <stdlib.h>

const struct err app_change_the_end = {.kind = ERR_UNAVAILABLE, .text = "the agent is ending"};

static void free_change(struct app_change *c)
{
    objects_unref(c->result.next);
    objects_unref(c->effective);
    desired_unref(c->desired);
    app_rendered_free(c->rendered);
    arena_free(&c->arena);
    free(c);
}

/* The head of the queue is answered: the next one may begin. */
static void leave_queue(struct app_change *c)
{
    struct app *a = c->app;

    if (a->changes != c)
        return;
    a->changes = c->next;
    if (!a->changes)
        a->last_change = &a->changes;
    a->change_busy = false;
    app_change_pump(a);
}

void app_change_answer(struct app_change *c, const struct web_result *result)
{
    leave_queue(c);
    c->done(c->done_ctx, result);
    free_change(c);
}

void app_change_fail(struct app_change *c, const struct err *e)
{
    app_change_answer(c, &(struct web_result){.error = e});
}

/* --- the answer of a change that is stored --- */

static void put_object(struct app_change *c, struct buf *out, struct etag *etag)
{
    struct app *a = c->app;
    struct err e;

    switch (c->wish->kind) {
    case CHANGE_PUT_FRONTEND: (void)app_view_frontend(a, c->wish->name, out, etag, &e); break;
    case CHANGE_PUT_SPLIT: (void)app_view_split(a, c->wish->name, out, etag, &e); break;
    case CHANGE_PUT_POLICY: (void)app_view_policy(a, c->wish->name, out, etag, &e); break;
    case CHANGE_PUT_BACKEND:
    case CHANGE_SWITCH: (void)app_view_backend(a, c->wish->name, out, etag, &e); break;
    case CHANGE_OVERRIDE:
        (void)app_view_member(a, c->wish->name, &c->wish->override.member, out, &e);
        break;
    case CHANGE_DELETE_FRONTEND:
    case CHANGE_DELETE_BACKEND:
    case CHANGE_DELETE_SPLIT:
    case CHANGE_DELETE_POLICY:
    case CHANGE_CONFIG:
    case CHANGE_ACCEPT_LOSS: break;
    }
}

static void succeed(struct app_change *c, unsigned status)
{
    struct web_result result = {.status = status,
                                .generation = c->generation,
                                .warnings = c->result.warnings.items,
                                .warning_count = c->result.warnings.count};
    struct buf body;

    buf_init(&body, APP_VIEW_BYTES);
    put_object(c, &body, &result.etag);
    result.body = buf_str(&body);
    app_change_answer(c, &result);
    buf_free(&body);
}

/* --- waiting until HAProxy runs it --- */

static void on_patience_over(struct ev_loop *loop, ev_timer *w, int events)
{
    struct app_change *c = w->data;
    struct app_change **at = &c->app->waiters;

    (void)loop;
    (void)events;
    while (*at && *at != c)
        at = &(*at)->next;
    if (*at)
        *at = c->next;
    succeed(c, 202);
}

static void wait_for(struct app_change *c)
{
    struct app *a = c->app;

    leave_queue(c);
    c->next = a->waiters;
    a->waiters = c;
    ev_timer_init(&c->patience, on_patience_over, (double)c->wish->wait_ms / 1000.0, 0.0);
    c->patience.data = c;
    ev_timer_start(a->loop, &c->patience);
    app_ask_drive(a);
}

void app_waiters_check(struct app *a)
{
    struct app_change **at = &a->waiters;

    while (*at) {
        struct app_change *c = *at;
        if (c->generation > a->applied_generation &&
            (c->wish->kind == CHANGE_CONFIG || !app_is_settled_for(a, c->wish->name))) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        ev_timer_stop(a->loop, &c->patience);
        succeed(c, 200);
    }
}

void app_change_reply(struct app_change *c)
{
    if (c->wish->wait_ms && c->generation > c->app->applied_generation)
        wait_for(c);
    else
        succeed(c, 200);
}

void app_changes_stop(struct app *a)
{
    while (a->waiters) {
        struct app_change *c = a->waiters;
        a->waiters = c->next;
        ev_timer_stop(a->loop, &c->patience);
        succeed(c, 202);
    }
    while (a->changes)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it leaves the queue before it is freed */
        app_change_fail(a->changes, &app_change_the_end);
}
