/* SPDX-License-Identifier: Apache-2.0 */
/* Sends a plan: writes down what is about to be done, sends all commands, notes each answer. */
#include "app.h"

#include "base/fault.h"
#include "base/log.h"
#include "haproxy/batch.h"

#include <stdio.h>

enum { DEADLINE_S = 30 };

static void note_refusal(struct app *a, const struct plan_op *op, struct str reply)
{
    struct str words = reply_text(reply);

    if (a->apply_error[0] == 0)
        (void)snprintf(a->apply_error, sizeof a->apply_error, STR_FMT ": " STR_FMT,
                       STR_ARG(op->command), STR_ARG(words));
    log_warn("HAProxy refuses \"" STR_FMT "\": " STR_FMT, STR_ARG(op->command), STR_ARG(words));
}

static void note_replies(struct app *a, const struct batch *b)
{
    a->apply_error[0] = 0;
    for (size_t i = 0; i < b->answered; i++) {
        const struct plan_op *op = &a->sent.ops[i];
        enum reply_meaning meaning = reply_classify(op->kind, b->replies[i]);
        a->meters.operations[op->kind][meaning]++;
        plan_note_reply(a->ledger, a->proxies, op, meaning);
        if (op->map.n)
            map_cache_note(a->maps, op->map, op->kind, &op->entry, meaning == REPLY_OK);
        if (op->backend.n)
            scope_add(&a->unseen, op->backend);
        /* what only `show stat` tells */
        a->observe_whole = a->observe_whole || op->kind == REPLY_ENABLE_FRONTEND;
        if (meaning != REPLY_REFUSED)
            continue;
        note_refusal(a, op, b->replies[i]);
        a->observe_whole = true;
    }
    map_cache_sent(a->maps, !b->failure && b->answered == a->sent.count);
    if (b->failure) {
        a->observe_whole = true;
        (void)snprintf(a->apply_error, sizeof a->apply_error, "%s", b->failure->text);
        log_warn("commands: %s", b->failure->text);
    }
}

static void on_done(void *ctx, const struct batch *b)
{
    struct app *a = ctx;

    note_replies(a, b);
    scope_add_all(&a->scope, &a->unseen);
    plan_free(&a->sent);
    app_store_ledger(a);
    a->commands_sent += b->answered;
    app_meter_apply(a, app_now_s() - a->apply_began_s);
    a->plans_applied++;
    a->observe_asked = true;
    a->files_stale = true;
    a->edit_held = false;
    a->poll_ms = 0;
    app_action_done(a);
}

static void forget_maps(struct app *a)
{
    for (size_t i = 0; i < a->plan.count; i++) {
        if (a->plan.ops[i].map.n)
            map_cache_sending(a->maps, a->plan.ops[i].map);
    }
}

void app_apply(struct app *a)
{
    struct plan_input in = app_plan_input(a, a->want);
    struct arena arena = ARENA_INIT;
    struct str *commands = ARENA_ARRAY(&arena, struct str, a->plan.count);
    struct err e;

    for (size_t i = 0; i < a->plan.count; i++) {
        commands[i] = a->plan.ops[i].command;
        log_debug("command: " STR_FMT, STR_ARG(commands[i]));
    }
    plan_note_sending(a->ledger, &in, &a->plan);
    app_store_ledger(a);
    forget_maps(a);
    progress_sent(&a->progress, a->plan.hash);
    a->sent = a->plan; /* the plan may be made anew before the answers are there */
    a->plan = (struct plan){.wake_ms = -1};
    a->apply_began_s = app_now_s();
    a->have_fresh = false;
    fault_point("apply.send");
    if (batch_send(a->runtime, commands, a->sent.count, DEADLINE_S, on_done, a, &e)) {
        log_warn("commands: %s", e.text);
        map_cache_sent(a->maps, false);
        plan_free(&a->sent);
        a->observe_asked = true;
        app_action_done(a);
    }
    arena_free(&arena);
}
