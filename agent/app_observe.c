/* SPDX-License-Identifier: Apache-2.0 */
/* Asks HAProxy what it runs, and takes the answer for the truth. */
#include "app_drift.h"
#include "app_stats.h"
#include "app_workers.h"

#include "base/log.h"
#include "haproxy/observe.h"

#include <stdio.h>

enum { DEADLINE_S = 15, MAPS_AT_ONCE = 20000, FAILURE_PAUSE_MS = 500 };

static void learn_version(struct app *a, const struct have *have)
{
    struct err e;

    if (have->help.n == 0 && a->caps.learnt && str_eq_z(have->version, a->caps.version))
        return; /* another worker of the same: its help is read next */
    if (have->help.n ? capabilities_learn(have->version, have->help, &a->caps, &e)
                     : capabilities_of(have->version, &a->caps, &e))
        log_error("%s", e.text);
    a->caps_of_pid = have->help.n ? have->pid : 0;
}

/* With what was observed at hand: build, plan, see whether that went on. */
static void go_on(struct app *a, bool was_held)
{
    a->poll_ms = loop_poll_ms(a->poll_ms, app_now_ms() - a->observe_began_ms);
    a->have_fresh = true;
    app_world_build(a);
    app_adopt_hands(a);
    app_drift_look(a, was_held);
    if (progress_planned(&a->progress, a->plan.hash, app_now_ms()) && a->apply_error[0] == 0)
        (void)snprintf(a->apply_error, sizeof a->apply_error,
                       "the same commands are needed again: " STR_FMT,
                       STR_ARG(a->plan.count ? a->plan.ops[0].command : STR("")));
}

static void take(struct app *a, struct have *have)
{
    bool same = a->have && have_same_worker(a->have, have), held = a->drift_held;
    bool fresh = have->proxies != NULL;

    a->have_quiet = same && a->plan.count == 0 && !a->plan.waits;
    if (fresh)
        a->proxies_read_ms = app_now_ms();
    else if (same)
        have_keep_proxies(have, a->have);
    have_free(a->have);
    a->have = have;
    a->observed_ms = app_now_ms();
    a->observe_whole = false;
    scope_fini(&a->unseen);
    app_touch_all(a);
    if (!same || have->help.n)
        learn_version(a, have);
    if (!same) {
        app_totals_begin(a);
        app_running_attach(a);
    }
    map_cache_update(a->maps, have);
    have_drop_maps(have);
    go_on(a, held);
    if (fresh) {
        app_totals_take(a, a->have);
        app_stats_take(a, a->have);
    }
    app_files_look(a);
}

static void take_part(struct app *a, struct have *part)
{
    bool held = a->drift_held;

    if (!a->have || !have_same_worker(a->have, part)) {
        have_free(part);
        a->observe_whole = a->observe_asked = true;
        return;
    }
    for (size_t i = 0; i < part->asked_count; i++)
        scope_add(&a->scope, part->asked[i]);
    scope_fini(&a->unseen);
    map_cache_update(a->maps, part);
    a->have = have_merge(a->have, part);
    a->have_quiet = false;
    go_on(a, held);
}

/* What is known stays; it is asked again, but not at once. */
static void note_failure(struct app *a, const struct err *failure)
{
    log_warn("observation: %s", failure->text);
    a->observed_ms = app_now_ms();
    a->observe_not_before_ms = a->observed_ms + FAILURE_PAUSE_MS;
    a->observe_asked = a->observe_whole = true;
}

static void on_observed(void *ctx, struct have *have, const struct err *failure)
{
    struct app *a = ctx;

    a->observe_asked = false;
    if (have && have->stopping) { /* a worker that leaves: its successor owns the socket by now */
        app_totals_take(a, have);
        have_free(have);
        app_runtime_hand_over(a);
    } else if (have && have->part) {
        take_part(a, have);
    } else if (have) {
        take(a, have);
    } else {
        note_failure(a, failure);
    }
    app_action_done(a);
}

/* All is asked once in an interval, and whenever something is not clear; else what was touched. */
static bool is_part_enough(const struct app *a)
{
    return a->have && !a->observe_whole &&
           app_now_ms() < a->observed_ms + a->options->statsInterval &&
           scope_is_small(&a->scope, a->have);
}

/* The larger part of that answer is numbers: once in an interval, not after every change. */
static bool are_proxies_due(const struct app *a)
{
    return !a->have || a->observe_whole ||
           app_now_ms() - a->proxies_read_ms >= a->options->statsInterval;
}

void app_observe(struct app *a)
{
    static const struct str nobody;
    struct arena arena = ARENA_INIT;
    size_t most = map_cache_count(a->maps) < MAPS_AT_ONCE ? map_cache_count(a->maps) : MAPS_AT_ONCE;
    struct str *paths = ARENA_ARRAY(&arena, struct str, most);
    struct str prefix = arena_printf(&arena, "%s/maps/", a->options->haproxyDir);
    struct observe_request request = {.connections = true,
                                      .abilities = !a->have || a->caps_of_pid != a->have->pid,
                                      .maps = true,
                                      .read_maps = paths,
                                      .published = a->caps.add_backend,
                                      .lua = a->lua};
    enum map_cache_which which = MAP_CACHE_IN_TURN;
    struct err e;

    if (is_part_enough(a)) {
        request.abilities = false;
        request.backends = a->scope.count ? a->scope.names : &nobody;
        request.backend_count = a->scope.count;
        which = MAP_CACHE_STALE;
    } else {
        request.proxies = are_proxies_due(a);
        request.members = request.proxies && app_stats_due(a);
    }
    a->observe_began_ms = app_now_ms();
    if (request.proxies)
        app_workers_look(a);
    request.read_map_count = map_cache_due(a->maps, prefix, which, &arena, paths, most);
    if (observe_start(a->runtime, &request, DEADLINE_S, on_observed, a, &e)) {
        note_failure(a, &e);
        app_action_done(a);
    }
    arena_free(&arena);
}
