/* SPDX-License-Identifier: Apache-2.0 */
/* Builds what HAProxy should run from what is stored and known, and plans the difference. */
#include "app_spoa.h"

#include "app_switches.h"
#include "base/log.h"
#include "control/former.h"
#include "control/structural.h"

#include <string.h>

static struct proxies_input proxies_input_of(const struct app *a)
{
    struct proxies_input in = {.have = a->have,
                               .running = &a->running.facts,
                               .records = a->proxies,
                               .can_add = a->caps.add_backend};

    in.map = plan_map_of_proxies(a->maps, str_z(a->options->haproxyDir), &in.has_map);
    return in;
}

struct str app_serving_proxy(const struct app *a, struct str backend)
{
    const struct desired_backend *b = a->want ? plan_find_backend(a->want, backend) : NULL;

    if (!b)
        return backend;
    return b->holder.n ? b->holder : b->proxy;
}

struct desired *app_build(struct app *a, struct objects *effective)
{
    struct render_caps caps = app_render_caps(a);
    struct proxies_input proxies = proxies_input_of(a);
    struct build_input in = {.objects = effective,
                             .ctx = a,
                             .members = app_members,
                             .have = a->have,
                             .ledger = a->ledger,
                             .caps = &caps,
                             .plain = a->plain.at_runtime,
                             .proxies = &proxies,
                             .former = a->want,
                             .former_objects = a->want_of,
                             .scope = &a->scope};
    struct str_list problems;
    struct desired *d = build_desired(&in, &problems);

    for (size_t i = 0; i < problems.count; i++)
        log_warn(STR_FMT, STR_ARG(problems.items[i]));
    return d;
}

struct plan_input app_plan_input(const struct app *a, const struct desired *want)
{
    return (struct plan_input){
        .want = want,
        .have = a->have,
        .fresh = a->have_fresh,
        .quiet = a->have_fresh && a->have_quiet,
        .maps = a->maps,
        .ledger = a->ledger,
        .closed = &a->running.closed,
        .proxies = a->proxies,
        .running = &a->running.facts,
        .can_add = a->caps.add_backend,
        .proxies_chosen = a->want_text_of != NULL,
        .folder = str_z(a->options->haproxyDir),
        .now_ms = app_now_ms(),
        .poll_ms = a->poll_ms,
        .drain_timeout_ms = a->options->drainTimeout,
        .warmup_ms = a->options->warmup,
        .min_healthy = (unsigned)a->options->minHealthy,
        .add_checked = a->options->addState == ADD_STATE_CHECKED,
        .bulk_reload = a->options->bulkReload,
    };
}

bool app_knows_haproxy(const struct app *a)
{
    return a->caps.known && !a->version_asked;
}

bool app_reload_wanted(const struct app *a)
{
    return a->reasons.count || a->plan.reasons.count;
}

/* Backends that were deleted since the text was rendered: nobody wants them by now. */
static void drop_deleted(const struct app *a, struct structure *want)
{
    size_t kept = 0;

    for (size_t i = 0; i < want->count; i++) {
        const struct structure_section *s = &want->sections[i];
        if (str_eq(s->kind, STR("backend")) && structure_is_plain(s) &&
            objects_backend(a->want_text_made_of, s->name) &&
            !objects_backend(a->effective, s->name))
            continue;
        want->sections[kept++] = *s;
    }
    want->count = kept;
}

/* Why the structure that runs is not the one that is wanted. Both texts are known. */
static void compare_structures(struct app *a)
{
    struct structure have, want;
    bool comparable = a->running.known && a->want_text_of == a->effective;

    if (comparable && !a->reasons_stale)
        return;
    a->reasons_stale = !comparable;
    arena_free(&a->reasons_arena);
    a->reasons = (struct reasons){0};
    if (!comparable)
        return;
    if (str_eq(buf_str(&a->running.text), buf_str(&a->want_text)))
        return;
    structure_parse(&a->reasons_arena, buf_str(&a->running.text), NULL, &have);
    structure_parse(&a->reasons_arena, buf_str(&a->want_text), NULL, &want);
    drop_deleted(a, &want);
    a->reasons =
        structure_diff(&a->reasons_arena, &have, &want, a->plain.at_runtime ? a->want : NULL);
}

static void on_want_text(void *ctx, struct app_rendered *r, const struct err *e)
{
    struct app *a = ctx;

    a->text_busy = false;
    if (r && r->objects == a->effective)
        app_set_want_text(a, r);
    if (e) {
        log_error("the configuration cannot be rendered: %s", e->text);
        (void)snprintf(a->problem, sizeof a->problem, "%s", e->text);
    }
    app_rendered_free(r);
    if (!e && !a->stopping)
        app_world_changed(a);
}

void app_set_want_text(struct app *a, const struct app_rendered *r)
{
    objects_unref(a->want_text_of);
    a->want_text_of = objects_ref(r->objects);
    objects_unref(a->want_text_made_of);
    a->want_text_made_of = objects_ref(r->objects);
    a->reasons_stale = true;
    buf_reset(&a->want_text);
    buf_add_str(&a->want_text, buf_str(&r->structure));
    a->plain = r->plain;
    a->problem[0] = 0;
}

/* Backends that come and go at runtime, and what maps decide, do not show in the structure. */
static void keep_want_text(struct app *a)
{
    if (!a->want_text_of || a->want_text_of == a->effective || a->text_busy ||
        !a->plain.at_runtime || !structural_equal(a->want_text_of, a->effective))
        return;
    objects_unref(a->want_text_of);
    a->want_text_of = objects_ref(a->effective);
}

/* The text of the structure is rendered once for each structure: members do not change it. */
static void want_text(struct app *a)
{
    keep_want_text(a);
    if (a->want_text_of == a->effective || a->text_busy || !app_knows_haproxy(a) || a->problem[0])
        return;
    a->text_busy = true;
    app_render(a, a->want, a->effective, on_want_text, a);
}

/* What cannot be sent is told once, and shown as long as it lasts. */
static void note_problems(struct app *a)
{
    struct str first = a->plan.problems.count ? a->plan.problems.items[0] : STR("");
    char text[sizeof a->plan_error];

    if (strcmp(str_copy(text, sizeof text, first), a->plan_error) == 0)
        return;
    (void)str_copy(a->plan_error, sizeof a->plan_error, first);
    for (size_t i = 0; i < a->plan.problems.count; i++)
        log_warn("left out: " STR_FMT, STR_ARG(a->plan.problems.items[i]));
}

static void plan_anew(struct app *a)
{
    struct plan_input in;

    plan_free(&a->plan);
    if (!a->have)
        return;
    in = app_plan_input(a, a->want);
    in.scope = &a->scope;
    in.seen = &a->maps_seen;
    plan_make(&in, &a->plan);
    a->maps_seen = a->plan.seen;
    scope_fini(&a->scope);
    a->scope = a->plan.restless;
    a->plan.restless = SCOPE_NONE;
    scope_add_all(&a->scope, &a->unseen);
    plan_note_made(a->ledger, a->proxies, &a->plan);
    if (proxies_are_dirty(a->proxies))
        app_store_ledger(a);
    app_switches_update(a, &in);
    note_problems(a);
    compare_structures(a);
}

void app_objects_changed(struct app *a)
{
    failed_refresh(&a->failed, a->stored);
    objects_unref(a->effective);
    a->effective = failed_effective(&a->failed, a->stored, a->good);
    app_spoa_update(a);
    a->problem[0] = 0;
    a->edit_held = false;
    app_touch_all(a);
    app_world_changed(a);
}

void app_touch_all(struct app *a)
{
    scope_fini(&a->scope);
    a->scope = SCOPE_ALL;
}

void app_world_changed(struct app *a)
{
    a->settled = false;
    a->world_stale = true; /* built once a turn, however many backends have changed */
    app_ask_drive(a);
}

static void set_want(struct app *a, struct desired *next)
{
    struct desired *old = a->want;

    a->want = desired_ref(next);
    objects_unref(a->want_of);
    a->want_of = objects_ref(a->effective);
    if (next != old)
        former_changes(old, next, &a->scope);
    if (old && next != old)
        app_note_members(a, old, next);
    desired_unref(old);
}

static void take(struct app *a, struct desired *next)
{
    set_want(a, next);
    a->world_stale = false;
    a->drift_held = false; /* something is asked for: what was only reported is put right, too */
    want_text(a);
    plan_anew(a);
    app_ask_drive(a);
}

void app_world_take(struct app *a, struct desired *next)
{
    a->settled = false;
    take(a, next);
}

void app_world_build(struct app *a)
{
    struct desired *next = app_build(a, a->effective);

    take(a, next);
    desired_unref(next);
}

static bool is_still(const struct app *a)
{
    return a->have && !a->busy && !a->observe_asked && !a->world_stale && a->plan.count == 0 &&
           a->want_text_of == a->effective && !app_reload_wanted(a);
}

bool app_is_settled(const struct app *a)
{
    return is_still(a) && !a->plan.waits;
}

bool app_is_settled_for(const struct app *a, struct str name)
{
    for (size_t i = 0; i < a->plan.waiting.count; i++) {
        if (str_eq(a->plan.waiting.items[i], name))
            return false;
    }
    return is_still(a) && !a->plan.waits_for_maps;
}
