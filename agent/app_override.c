/* SPDX-License-Identifier: Apache-2.0 */
/* What operators say of members: by the API, or by hand on HAProxy's socket. */
#include "app_override.h"

#include "app_change.h"
#include "app_view.h"
#include "base/log.h"
#include "control/override_change.h"

/* --- activity --- */

static void note(struct app *a, struct str backend, const struct endpoint *m, const char *actor,
                 const char *verb, struct str reason)
{
    struct arena arena = ARENA_INIT;
    struct member member = member_blank();

    member.host = m->host;
    member.port = m->port;
    app_note(a, verb,
             arena_printf(&arena, "backend/" STR_FMT "/" STR_FMT, STR_ARG(backend),
                          STR_ARG(member_server_name(&arena, backend, &member))),
             actor, STR_FMT, STR_ARG(reason));
    arena_free(&arena);
}

static const char *verb_of(enum server_admin state)
{
    static const char *const verbs[] = {"readied", "drained", "maintenance"};

    return verbs[state];
}

void app_override_note(struct app_change *c)
{
    const struct web_change *w = c->wish;
    const struct override_wish *o = &c->said;

    if (o->state_word == OVERRIDE_SET)
        note(c->app, w->name, &o->member, w->actor, verb_of(o->state), STR("by the API"));
    else if (o->state_word == OVERRIDE_TAKE_BACK)
        note(c->app, w->name, &o->member, w->actor, "released",
             STR("the registry decides on its state again"));
    if (o->weight_word == OVERRIDE_SET)
        note(c->app, w->name, &o->member, w->actor, "weighted",
             arena_printf(&c->arena, "%u", o->weight));
    else if (o->weight_word == OVERRIDE_TAKE_BACK)
        note(c->app, w->name, &o->member, w->actor, "weighted", STR("as the registry says again"));
}

/* --- by the API --- */

/* For the activity: null where nothing was said is no news. */
static struct override_wish news(const struct override_wish *w, const struct override *old)
{
    struct override_wish n = *w;

    if (n.state_word == OVERRIDE_TAKE_BACK && !(old && old->has_state))
        n.state_word = OVERRIDE_KEEP;
    if (n.weight_word == OVERRIDE_TAKE_BACK && !(old && old->has_weight))
        n.weight_word = OVERRIDE_KEEP;
    return n;
}

int app_override_decide(struct app_change *c, struct err *e)
{
    struct app *a = c->app;
    const struct web_change *w = c->wish;
    const struct backend *b = objects_backend(a->stored, w->name);
    struct pool_members members = {0};
    struct override_author author = {str_z(w->actor), app_wall_ms()};

    c->said = news(&w->override, override_find(objects_overrides(a->stored, w->name),
                                               w->override.member.host, w->override.member.port));
    if (b)
        members = app_members(a, &c->arena, b);
    if (override_change(a->stored, w->name, &w->override, &members, author, &c->result, e))
        return -1;
    if (!c->result.changed && a->want)
        override_warn(&c->arena, a->want, a->have, w->name, &w->override, &c->result.warnings);
    return 0;
}

void app_override_warn(struct app_change *c)
{
    override_warn(&c->arena, c->desired, c->app->have, c->wish->name, &c->wish->override,
                  &c->result.warnings);
}

void app_override_keep_text(struct app *a, const struct objects *before)
{
    if (a->want_text_of != before)
        return;
    objects_unref(a->want_text_of);
    a->want_text_of = objects_ref(a->effective);
}

/* --- by hand --- */

static void note_hand(struct app *a, const struct objects *before, const struct plan_hand *h)
{
    const struct override *old =
        override_find(objects_overrides(before, h->backend), h->host, h->port);
    struct endpoint m = {h->host, h->port};
    bool back = h->state == ADMIN_READY && old && old->has_state;

    note(a, h->backend, &m, "haproxy", back ? "released" : verb_of(h->state),
         STR("by hand on HAProxy's socket"));
    log_info("by hand on HAProxy's socket: " STR_FMT "/" STR_FMT " is set to %s",
             STR_ARG(h->backend), STR_ARG(h->server), server_admin_name(h->state));
    plan_note_adopted(a->ledger, h);
    scope_add(&a->scope, h->proxy);
}

static void adopt(struct app *a, struct objects *next, const bool *taken)
{
    struct objects *before = a->effective;
    struct err e;

    if (app_store_objects(a, next, &e)) { /* it stays as it is there; tried again */
        log_error("what was done by hand cannot be stored: %s", e.text);
        return;
    }
    for (size_t i = 0; i < a->plan.hand_count; i++) {
        if (taken[i])
            note_hand(a, a->stored, &a->plan.hands[i]);
    }
    app_store_ledger(a);
    objects_unref(a->stored);
    a->stored = objects_ref(next);
    failed_refresh(&a->failed, a->stored);
    a->effective = failed_effective(&a->failed, a->stored, a->good);
    app_override_keep_text(a, before);
    objects_unref(before);
    app_world_build(a);
}

void app_adopt_hands(struct app *a)
{
    struct arena arena = ARENA_INIT;
    struct objects *next;
    bool *taken;

    /* a change under way was made from the objects as they are: not beneath it */
    if (a->plan.hand_count == 0 || a->change_busy || a->stopping)
        return;
    taken = ARENA_ARRAY(&arena, bool, a->plan.hand_count);
    next = override_adopt(a->stored, &a->plan, app_wall_ms(), taken);
    if (next)
        adopt(a, next, taken);
    objects_unref(next);
    arena_free(&arena);
}

/* --- what is shown --- */

void app_put_overrides(struct app *a, struct json_out *o)
{
    json_open_array(o, "overrides");
    for (size_t i = 0; i < a->stored->override_count; i++)
        override_set_show(o, a->stored->overrides[i]);
    json_close_array(o);
}

size_t app_count_overrides(const struct app *a)
{
    size_t count = 0;

    for (size_t i = 0; i < a->stored->override_count; i++)
        count += a->stored->overrides[i]->count;
    return count;
}
