/* SPDX-License-Identifier: Apache-2.0 */
/* Version switches: remembered, told in the activity, shown. What becomes of them is the planner's.
 */
#include "app_switches.h"

#include "app_view.h"
#include "base/log.h"

#include <stdlib.h>

enum { RECORD_BYTES = 64 * 1024 };

static struct switch_times times_of(const struct app *a)
{
    return (struct switch_times){app_wall_ms(), app_now_ms(), a->options->switchTimeout};
}

static struct str source_of(struct arena *a, const struct backend *b)
{
    return arena_printf(a, STR_FMT "@" STR_FMT, STR_ARG(b->service), STR_ARG(b->version));
}

/* --- the store --- */

struct saving {
    struct store_txn *txn; /* begun with the first record */
    struct app *app;
};

static void save(void *ctx, const struct switch_record *r)
{
    struct saving *s = ctx;
    struct json_out o;
    struct buf text;
    struct err e;

    if (!s->txn && !(s->txn = store_write(s->app->store, STORE_HISTORY, &e))) {
        log_warn("switch of " STR_FMT " is not remembered: %s", STR_ARG(r->backend), e.text);
        return;
    }
    if (r->gone) {
        store_del(s->txn, STORE_SWITCHES, r->backend);
        return;
    }
    buf_init(&text, RECORD_BYTES);
    json_out_init(&o, &text, false);
    switches_put(&o, r, app_now_ms());
    json_out_fini(&o);
    store_put(s->txn, STORE_SWITCHES, r->backend, buf_str(&text));
    buf_free(&text);
}

static void store_switches(struct app *a)
{
    struct saving s = {.app = a};
    struct err e;

    switches_each_dirty(a->switches, save, &s);
    if (s.txn && store_commit(s.txn, &e))
        log_warn("switches are not remembered: %s", e.text);
}

static int load_switch(void *ctx, struct str key, struct str value, struct err *e)
{
    struct app *a = ctx;
    struct arena arena = ARENA_INIT;
    struct json *o;
    struct err why;

    (void)e;
    if (json_parse(&arena, value, JSON_MAX_DEPTH, &o, &why) ||
        switches_load(a->switches, o, app_now_ms(), &why))
        log_warn("switch of " STR_FMT ": %s", STR_ARG(key), why.text);
    arena_free(&arena);
    return 0;
}

int app_switches_load(struct app *a, struct err *e)
{
    struct store_txn *t = store_read(a->store, STORE_HISTORY, e);
    int rc;

    if (!t)
        return -1;
    rc = store_each(t, STORE_SWITCHES, STORE_FORWARD, STR_NONE, load_switch, a, e);
    store_abort(t);
    return rc;
}

/* --- what happens to them --- */

static void note(struct app *a, const struct switch_record *r, const char *actor)
{
    static const char *const verbs[] = {[SWITCH_WAITING] = "switchWaiting",
                                        [SWITCH_WARMING] = "switchWarming",
                                        [SWITCH_DRAINING] = "switchDraining",
                                        [SWITCH_DONE] = "switchDone",
                                        [SWITCH_REFUSED] = "switchRefused"};
    struct arena arena = ARENA_INIT;

    app_note(a, verbs[r->state], arena_printf(&arena, "backend/" STR_FMT, STR_ARG(r->backend)),
             actor, STR_FMT " -> " STR_FMT ": %s", STR_ARG(switch_version(r->from)),
             STR_ARG(switch_version(r->to)), r->reason);
    arena_free(&arena);
}

static void on_changed(void *ctx, const struct switch_record *r)
{
    note(ctx, r, "agent");
}

void app_switches_update(struct app *a, const struct plan_input *in)
{
    struct switch_times t = times_of(a);

    switches_update(a->switches, in, &a->plan, &t, on_changed, a);
    store_switches(a);
}

static bool is_switch(const struct backend *old, const struct backend *new)
{
    return old != new && old->type == BACKEND_DYNAMIC &&new->type == BACKEND_DYNAMIC &&
           !(str_eq(old->service, new->service) && str_eq(old->version, new->version));
}

void app_switches_begin(struct app *a, const struct objects *old, const struct objects *new)
{
    struct objects_walk w = {0};
    struct switch_times t = times_of(a);
    struct arena arena = ARENA_INIT;

    while (objects_next_difference(&w, old, new)) {
        if (w.was && w.is && is_switch(w.was, w.is))
            switches_begin(a->switches, w.is->name, source_of(&arena, w.was),
                           source_of(&arena, w.is), &t);
    }
    store_switches(a);
    arena_free(&arena);
}

/* The version and service that a wish asks for; false when it is no switch of a known backend. */
static bool is_refused_switch(const struct app *a, const struct web_change *w,
                              const struct backend *old, struct str *service, struct str *version)
{
    if (!old || old->type != BACKEND_DYNAMIC || w->dry_run || w->force)
        return false;
    if (w->kind == CHANGE_SWITCH) {
        *service = w->service.n ? w->service : old->service;
        *version = w->version;
    } else if (w->kind == CHANGE_PUT_BACKEND && is_switch(old, w->backends[0])) {
        *service = w->backends[0]->service;
        *version = w->backends[0]->version;
    } else {
        return false;
    }
    return catalog_version_passing(subscriptions_catalog(a->registry), *service, *version) <= 0;
}

void app_switches_refused(struct app *a, const struct web_change *w, const struct err *e)
{
    const struct backend *old = objects_backend(a->stored, w->name);
    struct switch_times t = times_of(a);
    struct arena arena = ARENA_INIT;
    const struct switch_record *r;
    struct str service, version;

    if (e->kind != ERR_CONFLICT || !is_refused_switch(a, w, old, &service, &version))
        return;
    r = switches_refuse(
        a->switches, w->name, source_of(&arena, old),
        arena_printf(&arena, STR_FMT "@" STR_FMT, STR_ARG(service), STR_ARG(version)),
        str_z(e->text), &t);
    if (r)
        note(a, r, w->actor);
    store_switches(a);
    arena_free(&arena);
}

void app_put_switches(struct app *a, struct json_out *o)
{
    const struct switch_record *r;

    json_open_array(o, "switches");
    for (size_t i = 0; (r = switches_each(a->switches, i)); i++) {
        json_open_object(o, NULL);
        json_put_str(o, "backend", r->backend);
        json_put_str(o, "from", switch_version(r->from));
        json_put_str(o, "to", switch_version(r->to));
        json_put_z(o, "state", switch_state_name(r->state));
        json_put_z(o, "reason", r->reason);
        json_put_int(o, "since", r->since_ms);
        json_put_int(o, "changed", r->changed_ms);
        json_close_object(o);
    }
    json_close_array(o);
}
