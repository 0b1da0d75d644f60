/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent remembers: objects and last known members durably, the record of its own work so
 * that it survives a kill. */
#include "app_store_overrides.h"

#include "app_store_import.h"
#include "app_store_routes.h"
#include "base/log.h"
#include "store/persistence.h"

#include <inttypes.h>
#include <stdio.h>

enum { TEXT_MAX = 32 * 1024 * 1024 };

static const double MEMBERS_DELAY_S = 0.05;

/* --- objects --- */

static void put_object(struct store_txn *t, enum store_table table, struct str name,
                       const struct frontend *f, const struct backend *b)
{
    struct buf text;

    if (f)
        frontend_text(f, &text);
    else
        backend_text(b, &text);
    store_put(t, table, name, buf_str(&text));
    buf_free(&text);
}

static void put_frontends(struct store_txn *t, const struct objects *old, const struct objects *new)
{
    for (size_t i = 0; i < new->frontend_count; i++) {
        struct frontend *f = new->frontends[i];
        if (objects_frontend(old, f->name) != f)
            put_object(t, STORE_FRONTENDS, f->name, f, NULL);
    }
    for (size_t i = 0; i < old->frontend_count; i++) {
        if (!objects_frontend(new, old->frontends[i]->name))
            store_del(t, STORE_FRONTENDS, old->frontends[i]->name);
    }
}

static void put_backends(struct store_txn *t, const struct objects *old, const struct objects *new)
{
    struct objects_walk w = {0};

    while (objects_next_difference(&w, old, new)) {
        if (w.is) {
            put_object(t, STORE_BACKENDS, w.is->name, NULL, w.is);
        } else {
            store_del(t, STORE_BACKENDS, w.was->name);
            store_del(t, STORE_MEMBERS, w.was->name);
        }
    }
}

static void export_objects(struct app *a, const struct objects *o)
{
    const struct persistence all = {.frontends = o->frontends,
                                    .frontend_count = o->frontend_count,
                                    .backends = o->backends,
                                    .backend_count = o->backend_count,
                                    .splits = o->splits,
                                    .split_count = o->split_count,
                                    .policies = o->policies,
                                    .policy_count = o->policy_count,
                                    .overrides = o->overrides,
                                    .override_count = o->override_count};
    struct err e;

    if (!a->options->persistence || !*a->options->persistence)
        return;
    if (persistence_write(a->options->persistence, &all, &e))
        log_error("--persistence: %s", e.text);
}

int app_store_objects(struct app *a, const struct objects *next, struct err *e)
{
    struct store_txn *t = store_write(a->store, STORE_STATE, e);
    char generation[32];

    if (!t)
        return -1;
    (void)snprintf(generation, sizeof generation, "%" PRIu64, next->generation);
    put_frontends(t, a->stored, next);
    put_backends(t, a->stored, next);
    app_store_put_routes(t, a->stored, next);
    app_put_override_sets(t, a->stored, next);
    store_put(t, STORE_META, STR("generation"), str_z(generation));
    if (store_commit(t, e))
        return -1;
    export_objects(a, next);
    return 0;
}

struct loading {
    struct objects *objects;
    bool frontends;
};

static int load_object(void *ctx, struct str key, struct str value, struct err *e)
{
    struct loading *l = ctx;
    struct arena arena = ARENA_INIT;
    struct frontend *f = NULL;
    struct backend *b = NULL;
    struct json *o;
    int rc = json_parse(&arena, value, JSON_MAX_DEPTH, &o, e);

    if (rc == 0 && l->frontends && (f = frontend_parse(key, o, e)))
        objects_put_frontend(l->objects, f);
    else if (rc == 0 && !l->frontends && (b = backend_parse(key, o, e)))
        objects_put_backend(l->objects, b);
    rc = f || b ? 0
                : err_wrap(e, "store: %s " STR_FMT, l->frontends ? "frontend" : "backend",
                           STR_ARG(key));
    frontend_unref(f);
    backend_unref(b);
    arena_free(&arena);
    return rc;
}

static int load_objects(struct app *a, struct err *e)
{
    struct store_txn *t = store_read(a->store, STORE_STATE, e);
    struct loading l = {objects_new(), true};
    struct str generation;
    int rc;

    if (!t)
        return -1;
    rc = store_each(t, STORE_FRONTENDS, STORE_FORWARD, STR_NONE, load_object, &l, e);
    l.frontends = false;
    if (rc == 0)
        rc = store_each(t, STORE_BACKENDS, STORE_FORWARD, STR_NONE, load_object, &l, e);
    if (rc == 0)
        rc = app_store_load_routes(t, l.objects, e) || app_load_override_sets(t, l.objects, e);
    if (rc == 0)
        rc = store_get(t, STORE_META, STR("generation"), &generation, e);
    if (rc == 0 && generation.p && str_u64(generation, &l.objects->generation))
        rc = err_set(e, ERR_INTERNAL, "store: the generation is no number");
    store_abort(t);
    a->stored = l.objects;
    return rc ? -1 : 0;
}

/* --- members --- */

static void put_members(struct app *a, struct store_txn *t, struct str backend)
{
    struct json_out o;
    struct buf text;

    if (!objects_backend(a->stored, backend))
        return;
    buf_init(&text, TEXT_MAX);
    json_out_init(&o, &text, false);
    catalog_export(subscriptions_catalog(a->registry), backend, &o, NULL);
    json_out_fini(&o);
    store_put(t, STORE_MEMBERS, backend, buf_str(&text));
    buf_free(&text);
}

/* Later than the commands to HAProxy, which must not wait for a disk: what is lost with a kill in
 * between is known to HAProxy and to the registry. */
void app_store_members_now(struct app *a)
{
    struct store_txn *t;
    struct err e;

    ev_timer_stop(a->loop, &a->members_timer);
    if (a->members_dirty_count == 0)
        return;
    t = store_write(a->store, STORE_STATE, &e);
    for (size_t i = 0; t && i < a->members_dirty_count; i++)
        put_members(a, t, a->members_dirty[i]);
    if (!t || store_commit(t, &e))
        log_error("members are not remembered: %s", e.text);
    arena_free(&a->members_arena);
    a->members_dirty = NULL;
    a->members_dirty_count = 0;
}

static void on_members_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)loop;
    (void)events;
    app_store_members_now(w->data);
}

void app_store_members(struct app *a, struct str backend)
{
    for (size_t i = 0; i < a->members_dirty_count; i++) {
        if (str_eq(a->members_dirty[i], backend))
            return;
    }
    *ARENA_PUSH(&a->members_arena, a->members_dirty, a->members_dirty_count) =
        arena_str(&a->members_arena, backend);
    if (ev_is_active(&a->members_timer))
        return;
    ev_timer_init(&a->members_timer, on_members_timer, MEMBERS_DELAY_S, 0.0);
    a->members_timer.data = a;
    ev_timer_start(a->loop, &a->members_timer);
}

static int load_pool(void *ctx, struct str key, struct str value, struct err *e)
{
    struct app *a = ctx;
    struct arena arena = ARENA_INIT;
    struct json *o;

    (void)e;
    struct err why;
    if (json_parse(&arena, value, JSON_MAX_DEPTH, &o, &why) ||
        catalog_import(subscriptions_catalog(a->registry), key, o, &why))
        log_warn("members of " STR_FMT ": %s", STR_ARG(key), why.text);
    arena_free(&arena);
    return 0;
}

void app_load_pools(struct app *a)
{
    struct err e;
    struct store_txn *t = store_read(a->store, STORE_STATE, &e);

    if (!t || store_each(t, STORE_MEMBERS, STORE_FORWARD, STR_NONE, load_pool, a, &e))
        log_error("members: %s", e.text);
    store_abort(t);
}

/* --- the structure that runs --- */

int app_store_running(struct app *a)
{
    char worker[64];
    struct err e;
    struct store_txn *t = store_write(a->store, STORE_STATE, &e);

    (void)snprintf(worker, sizeof worker, "%" PRId64 " %" PRId64, a->running.pid,
                   a->running.start_time_s);
    if (t) {
        store_put(t, STORE_RUNTIME, STR("worker"), str_z(worker));
        store_put(t, STORE_RUNTIME, STR("structure"), buf_str(&a->running.text));
        if (store_commit(t, &e) == 0)
            return 0;
    }
    log_error("the running structure is not remembered: %s", e.text);
    return -1;
}

static int load_running(struct app *a, struct err *e)
{
    struct store_txn *t = store_read(a->store, STORE_STATE, e);
    struct str worker, text;
    int rc;

    if (!t)
        return -1;
    rc = store_get(t, STORE_RUNTIME, STR("worker"), &worker, e) ||
         store_get(t, STORE_RUNTIME, STR("structure"), &text, e);
    if (rc == 0 && worker.p && text.p) {
        struct str start = worker, pid = str_word(&start);
        a->running.known = str_i64(pid, &a->running.pid) == 0 &&
                           str_i64(str_trim(start), &a->running.start_time_s) == 0;
        buf_add_str(&a->running.text, text);
        app_running_facts(a);
    }
    store_abort(t);
    return rc ? -1 : 0;
}

int app_store_open(struct app *a, struct err *e)
{
    a->store = store_open(a->options->dbPath, NULL, e);
    if (!a->store)
        return err_wrap(e, "--dbPath");
    a->activity = activity_open(a->store, (size_t)a->options->activityEntries, e);
    if (!a->activity || load_objects(a, e) || app_load_ledger(a, e) || load_running(a, e))
        return -1;
    if (a->stored->generation == 0 && a->options->persistence && *a->options->persistence)
        return app_store_import(a, e);
    return 0;
}
