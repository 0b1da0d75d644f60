/* SPDX-License-Identifier: Apache-2.0 */
#include "app_change.h"

#include "app_check.h"
#include "app_override.h"
#include "app_spoa.h"
#include "app_switches.h"
#include "app_view.h"
#include "base/log.h"
#include "control/structural.h"
#include "render/rules.h"

#include <stdlib.h>

/* --- storing --- */

static void commit(struct app_change *c)
{
    struct app *a = c->app;
    struct objects *stored = a->stored, *before = a->effective;
    struct err e;

    if (app_store_objects(a, c->result.next, &e)) {
        app_change_fail(c, &e);
        return;
    }
    app_switches_begin(a, stored, c->result.next);
    a->stored = objects_ref(c->result.next);
    a->effective = objects_ref(c->effective);
    app_spoa_update(a);
    if (c->wish->kind == CHANGE_OVERRIDE)
        app_override_keep_text(a, before);
    objects_unref(before);
    failed_refresh(&a->failed, a->stored);
    a->guard_empty = a->edit_held = false;
    c->generation = a->stored->generation;
    app_change_note(c, stored);
    if (c->rendered)
        app_set_want_text(a, c->rendered);
    if (!app_subscribe(a, stored) && !c->rendered)
        app_world_take(a, c->desired); /* built in this turn, of the same members */
    else
        app_world_changed(a);
    objects_unref(stored);
    app_change_reply(c);
}

/* --- would HAProxy take it? --- */

static void on_checked(void *ctx, const struct err *e)
{
    struct app_change *c = ctx;
    struct err why;

    if (c->app->stopping)
        e = &app_change_the_end;
    if (e) {
        why = *e;
        if (why.kind == ERR_CONFLICT) /* with the machine, not with another object */
            why.kind = ERR_UNPROCESSABLE;
        app_change_fail(c, &why);
    } else {
        commit(c);
    }
}

static void reply_plan(struct app_change *c)
{
    struct plan_input in = app_plan_input(c->app, c->desired);
    struct plan p = {.wake_ms = -1};
    struct buf body;

    if (in.have)
        plan_make(&in, &p);
    buf_init(&body, APP_VIEW_BYTES);
    app_put_plan(c->app, &p, &c->reasons, c->rendered, &body);
    app_change_answer(c, &(struct web_result){.body = buf_str(&body),
                                              .generation = c->app->stored->generation,
                                              .warnings = c->result.warnings.items,
                                              .warning_count = c->result.warnings.count});
    buf_free(&body);
    plan_free(&p);
}

static void find_reasons(struct app_change *c)
{
    struct app *a = c->app;
    struct structure have, want;

    if (!a->running.known)
        return;
    structure_parse(&c->arena, buf_str(&a->running.text), NULL, &have);
    structure_parse(&c->arena, buf_str(&c->rendered->structure), NULL, &want);
    c->reasons =
        structure_diff(&c->arena, &have, &want, c->rendered->plain.at_runtime ? c->desired : NULL);
}

static bool is_blocked(const struct desired *d)
{
    for (size_t i = 0; !d->at_rest && i < d->backend_count; i++) {
        if (d->backends[i].blocked.object.n)
            return true;
    }
    return false;
}

/* HAProxy is asked about everything that it has not seen: what a reload will bring, and options of
 * servers. */
static bool needs_check(const struct app_change *c)
{
    return !c->app->running.known || is_blocked(c->desired) ||
           structural_new_options(c->app->effective, c->effective);
}

/* Another section may have the name of a backend to come: the text tells. */
static bool has_new_name(const struct app_change *c)
{
    const struct proxy_facts *f = &c->app->running.facts;
    struct objects_walk w = {0};

    while (objects_next_difference(&w, c->app->effective, c->effective)) {
        if (!w.was && (proxy_facts_plain(f, w.is->name) || proxy_facts_is_taken(f, w.is->name)))
            return true;
    }
    return false;
}

/* Neither the structure nor what HAProxy has to be asked about changes: there is nothing to render.
 */
static bool is_at_runtime(const struct app_change *c)
{
    const struct app *a = c->app;

    return a->have && a->plain.at_runtime && a->want_text_of &&
           structural_equal(a->want_text_of, c->effective) && !needs_check(c) && !has_new_name(c);
}

static void on_rendered(void *ctx, struct app_rendered *r, const struct err *e)
{
    struct app_change *c = ctx;
    struct err why;

    c->rendered = r;
    if (c->app->stopping)
        e = &app_change_the_end;
    if (e) {
        app_change_fail(c, e);
        return;
    }
    find_reasons(c);
    if (app_check_names(r, &why)) {
        app_change_fail(c, &why);
    } else if (c->wish->dry_run) {
        reply_plan(c);
    } else if (c->reasons.count || needs_check(c)) {
        app_check(c->app, r, on_checked, c);
    } else {
        commit(c);
    }
}

/* --- the decision --- */

static long passing(void *ctx, struct str service, struct str version)
{
    struct app *a = ctx;

    return (long)catalog_version_passing(subscriptions_catalog(a->registry), service, version);
}

static int check_precondition(struct app_change *c, struct err *e)
{
    const struct web_change *w = c->wish;
    struct buf skip;
    struct etag etag = {{0}};
    struct err none;
    int rc;

    if (!w->if_match.p || w->kind == CHANGE_CONFIG || w->kind == CHANGE_ACCEPT_LOSS)
        return 0;
    buf_init(&skip, APP_VIEW_BYTES);
    if (w->kind == CHANGE_PUT_FRONTEND || w->kind == CHANGE_DELETE_FRONTEND)
        rc = app_view_frontend(c->app, w->name, &skip, &etag, &none);
    else if (w->kind == CHANGE_PUT_SPLIT || w->kind == CHANGE_DELETE_SPLIT)
        rc = app_view_split(c->app, w->name, &skip, &etag, &none);
    else if (w->kind == CHANGE_PUT_POLICY || w->kind == CHANGE_DELETE_POLICY)
        rc = app_view_policy(c->app, w->name, &skip, &etag, &none);
    else
        rc = app_view_backend(c->app, w->name, &skip, &etag, &none);
    buf_free(&skip);
    return etag_require(w->if_match, rc ? NULL : &etag, e);
}

static void add_warnings(struct app_change *c, struct str_list more)
{
    struct str_list *all = &c->result.warnings;

    for (size_t i = 0; i < more.count; i++)
        *ARENA_PUSH(&c->arena, all->items, all->count) = more.items[i];
}

static int decide_objects(struct app_change *c, struct err *e)
{
    static const enum change_kind kinds[] = {
        [CHANGE_PUT_FRONTEND] = CONTROL_PUT_FRONTEND,
        [CHANGE_DELETE_FRONTEND] = CONTROL_DELETE_FRONTEND,
        [CHANGE_PUT_BACKEND] = CONTROL_PUT_BACKEND,
        [CHANGE_DELETE_BACKEND] = CONTROL_DELETE_BACKEND,
        [CHANGE_PUT_SPLIT] = CONTROL_PUT_SPLIT,
        [CHANGE_DELETE_SPLIT] = CONTROL_DELETE_SPLIT,
        [CHANGE_PUT_POLICY] = CONTROL_PUT_POLICY,
        [CHANGE_DELETE_POLICY] = CONTROL_DELETE_POLICY,
        [CHANGE_SWITCH] = CONTROL_SWITCH,
        [CHANGE_CONFIG] = CONTROL_PUT_ALL,
    };
    const struct web_change *w = c->wish;
    struct change change = {.kind = kinds[w->kind],
                            .name = w->name,
                            .frontends = w->frontends,
                            .frontend_count = w->frontend_count,
                            .backends = w->backends,
                            .backend_count = w->backend_count,
                            .splits = w->splits,
                            .split_count = w->split_count,
                            .policies = w->policies,
                            .policy_count = w->policy_count,
                            .service = w->service,
                            .version = w->version,
                            .prune = w->prune,
                            .prune_splits = w->has_splits,
                            .prune_policies = w->has_policies,
                            .strict = w->strict,
                            .force = w->force};
    struct change_facts facts = {c->app, passing, c->app->options->allowEmptySwitch};

    for (size_t i = 0; i < w->frontend_count; i++) {
        if (rules_check(w->frontends[i], e))
            return w->kind == CHANGE_CONFIG ? err_in(e, "frontends[%zu]", i) : -1;
    }
    if (change_apply(c->app->stored, &change, &facts, &c->arena, &c->result, e))
        return -1;
    for (size_t i = 0; i < w->frontend_count; i++)
        add_warnings(c, rules_warnings(&c->arena, w->frontends[i]));
    return 0;
}

static int decide(struct app_change *c, struct err *e)
{
    if (check_precondition(c, e))
        return -1;
    return c->wish->kind == CHANGE_OVERRIDE ? app_override_decide(c, e) : decide_objects(c, e);
}

static void reply_accepted(struct app_change *c, size_t removed)
{
    struct web_result result = {.generation = c->app->stored->generation};

    result.body = arena_printf(&c->arena, "{\"backend\":\"" STR_FMT "\",\"removed\":%zu}",
                               STR_ARG(c->wish->name), removed);
    app_change_answer(c, &result);
}

static void accept_loss(struct app_change *c)
{
    struct app *a = c->app;
    struct str name = c->wish->name;
    size_t removed;
    struct err e;

    if (!objects_backend(a->stored, name)) {
        err_set(&e, ERR_NOT_FOUND, "no backend \"" STR_FMT "\"", STR_ARG(name));
        app_change_fail(c, &e);
        return;
    }
    if (c->wish->dry_run) {
        const struct pool_view *view = catalog_view(subscriptions_catalog(a->registry), name);
        reply_accepted(c, view ? view->held_count : 0);
        return;
    }
    removed = catalog_accept(subscriptions_catalog(a->registry), name);
    if (!removed) {
        err_set(&e, ERR_CONFLICT, "backend \"" STR_FMT "\" has no held members", STR_ARG(name));
        app_change_fail(c, &e);
        return;
    }
    app_change_note(c, a->stored);
    reply_accepted(c, removed);
}

/* Nothing in the configuration depends on it that HAProxy could refuse. */
static void begin_override(struct app_change *c)
{
    c->effective = failed_effective(&c->app->failed, c->result.next, c->app->good);
    c->desired = app_build(c->app, c->effective);
    app_override_warn(c);
    commit(c);
}

static void begin(struct app_change *c)
{
    struct app *a = c->app;
    struct err e;

    if (c->wish->kind == CHANGE_ACCEPT_LOSS) {
        accept_loss(c);
        return;
    }
    if (decide(c, &e)) {
        app_switches_refused(a, c->wish, &e);
        app_change_fail(c, &e);
        return;
    }
    c->generation = a->stored->generation;
    if (!c->result.changed && !c->wish->dry_run) {
        app_change_reply(c);
        return;
    }
    if (c->wish->kind == CHANGE_OVERRIDE && !c->wish->dry_run) {
        begin_override(c);
        return;
    }
    if (!a->caps.known) {
        err_set(&e, ERR_UNAVAILABLE,
                "HAProxy's version is not known: it neither runs nor can %s be asked",
                a->options->haproxyPath);
        app_change_fail(c, &e);
        return;
    }
    c->effective = failed_effective(&a->failed, c->result.next, a->good);
    c->desired = app_build(a, c->effective);
    if (c->wish->kind == CHANGE_OVERRIDE)
        app_override_warn(c);
    if (!c->wish->dry_run && is_at_runtime(c))
        commit(c);
    else
        app_render(a, c->desired, c->effective, on_rendered, c);
}

void app_change_pump(struct app *a)
{
    if (a->change_busy || !a->changes || a->stopping || a->version_asked)
        return;
    a->change_busy = true;
    begin(a->changes);
}

void app_change_queue(struct app *a, const struct web_change *wish, web_done *done, void *done_ctx)
{
    struct app_change *c = calloc(1, sizeof *c);

    if (!c)
        abort();
    c->app = a;
    c->wish = wish;
    c->done = done;
    c->done_ctx = done_ctx;
    *a->last_change = c;
    a->last_change = &c->next;
    app_change_pump(a);
}
