/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy has counted, over all its workers: taken from the observations, remembered in
 * history/, shown as metrics. */
#include "app_workers.h"

#include "base/log.h"
#include "render/config.h"
#include "render/server.h"

#include <stdlib.h>

enum { TEXT_BYTES = 64 * 1024 * 1024, STATS_BYTES = 256 * 1024 * 1024, SAVE_MS = 10000 };

/* --- names --- */

struct served {
    struct str proxy, owner;
};

struct naming {
    struct arena arena;
    struct served *items; /* sorted by proxy */
    size_t count;
};

static int compare_served(const void *a, const void *b)
{
    return str_cmp(((const struct served *)a)->proxy, ((const struct served *)b)->proxy);
}

static void naming_init(struct naming *n, const struct app *a)
{
    *n = (struct naming){0};
    for (size_t i = 0; a->want && i < a->want->backend_count; i++) {
        const struct desired_backend *b = &a->want->backends[i];
        *ARENA_PUSH(&n->arena, n->items, n->count) = (struct served){b->proxy, b->object->name};
    }
    for (size_t i = 0; a->want && i < a->want->holder_count; i++) {
        const struct desired_backend *b = &a->want->holders[i];
        *ARENA_PUSH(&n->arena, n->items, n->count) = (struct served){b->proxy, b->object->name};
    }
    if (n->count)
        qsort(n->items, n->count, sizeof *n->items, compare_served);
}

/* A proxy that serves nobody any more goes on counting for the one it served last. */
static struct str owner_of(void *ctx, bool frontend, struct str proxy, struct str last)
{
    const struct naming *n = ctx;
    struct served key = {.proxy = proxy}, *found = NULL;

    if (!frontend && n->count)
        found = bsearch(&key, n->items, n->count, sizeof key, compare_served);
    if (found)
        return found->owner;
    if (str_starts(proxy, STR("thalassa."))) /* the template's own: spares, the statistics page */
        return STR("");
    return last.n ? last : proxy;
}

static struct str guid_of(void *ctx, bool frontend, struct str proxy)
{
    struct naming *n = ctx;

    return server_guid(&n->arena, frontend ? "fe" : "be", proxy);
}

/* --- samples --- */

void app_totals_save(struct app *a)
{
    struct store_txn *t;
    struct buf text;
    struct err e;

    buf_init(&text, TEXT_BYTES);
    totals_put(a->totals, &text);
    a->totals_saved_ms = app_now_ms();
    a->totals_pid = a->have ? a->have->pid : 0;
    t = buf_failed(&text) ? NULL : store_write(a->store, STORE_HISTORY, &e);
    if (t) {
        store_put(t, STORE_TOTALS, STR("totals"), buf_str(&text));
        if (store_commit(t, &e))
            log_warn("totals are not remembered: %s", e.text);
    }
    buf_free(&text);
}

static bool names_stats_file(struct str config)
{
    while (config.p) {
        struct str line = str_cut(&config, '\n');
        if (str_eq(str_word(&line), STR("stats-file")))
            return true;
    }
    return false;
}

/* A worker reads the stats-file as it starts, and nobody writes it before the next reload. */
void app_totals_begin(struct app *a)
{
    struct totals_worker worker = {a->have->pid, a->have->start_time_s};
    struct arena arena = ARENA_INIT;
    struct str path = arena_printf(&arena, "%s/stats.file", a->options->haproxyDir);
    struct buf text;
    struct err e;

    buf_init(&text, STATS_BYTES);
    if (a->caps.stats_file && file_read(a->options->haproxyCfgPath, &text, &e) == 0 &&
        names_stats_file(buf_str(&text))) {
        buf_reset(&text);
        if (file_read(path.p, &text, &e) == 0)
            totals_inherit(a->totals, worker, buf_str(&text));
    }
    buf_free(&text);
    arena_free(&arena);
}

/* The first numbers of a worker at once. */
static bool is_time_to_save(const struct app *a, const struct have *have)
{
    return app_now_ms() - a->totals_saved_ms >= SAVE_MS || have->pid != a->totals_pid;
}

void app_totals_take(struct app *a, const struct have *have)
{
    struct naming naming;
    struct totals_names names = {&naming, owner_of, guid_of};
    bool serves = !have->stopping, saves = serves && is_time_to_save(a, have);

    if (!have->proxies)
        return;
    lua_totals_take(&a->lua_totals, have);
    naming_init(&naming, a);
    totals_take(a->totals, have, &names);
    arena_free(&naming.arena);
    if (serves)
        app_leaving_settle(a);
    if (saves)
        app_totals_save(a);
}

void app_totals_open(struct app *a)
{
    struct store_txn *t;
    struct str text;
    struct err e;

    a->totals = totals_new();
    t = store_read(a->store, STORE_HISTORY, &e);
    if (!t || store_get(t, STORE_TOTALS, STR("totals"), &text, &e) ||
        (text.p && totals_load(a->totals, text, &e)))
        log_warn("totals begin anew: %s", e.text);
    store_abort(t);
}

void app_totals_close(struct app *a)
{
    if (a->totals && a->store && totals_are_known(a->totals))
        app_totals_save(a);
    totals_free(a->totals);
    a->totals = NULL;
}

/* --- metrics --- */

struct shown {
    bool frontend;
    struct str name;
    uint64_t counters[COUNTER_COUNT];
};

struct showing {
    struct arena arena;
    struct shown *items;
    size_t count;
};

static void collect(void *ctx, bool frontend, struct str name, const uint64_t *counters)
{
    struct showing *s = ctx;
    struct shown *one = ARENA_PUSH(&s->arena, s->items, s->count);

    one->frontend = frontend;
    one->name = name;
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        one->counters[i] = counters[i];
}

struct family {
    const char *frontend, *backend, *code, *help;
    unsigned of;
};

enum { OF_FRONTEND = 1, OF_BACKEND = 2, OF_BOTH = 3 };

static const struct family families[] = {
#define COUNTER(id, column, of, metric, label, help)                                               \
    [COUNTER_##id] = {"thalassa_haproxy_frontend_" metric, "thalassa_haproxy_backend_" metric,     \
                      label, help, OF_##of},
#include "plan/counters.def"
#undef COUNTER
};

static void put_counter(struct metrics *m, const struct showing *s, size_t counter, bool frontend)
{
    const struct family *f = &families[counter];

    if (!(f->of & (frontend ? OF_FRONTEND : OF_BACKEND)))
        return;
    if (*f->help)
        metrics_family(m, frontend ? f->frontend : f->backend, METRIC_COUNTER, f->help);
    for (size_t i = 0; i < s->count; i++) {
        const struct shown *one = &s->items[i];
        struct metric_label labels[] = {{frontend ? "frontend" : "backend", one->name},
                                        {"code", str_z(f->code)}};
        if (one->frontend == frontend)
            metrics_put_int(m, labels, *f->code ? 2 : 1, (int64_t)one->counters[counter]);
    }
}

void app_totals_metrics(struct app *a, struct metrics *m)
{
    struct showing s = {0};

    if (!totals_are_known(a->totals))
        return;
    totals_each(a->totals, collect, &s);
    for (size_t i = 0; i < 2 * (size_t)COUNTER_COUNT; i++)
        put_counter(m, &s, i % COUNTER_COUNT, i < COUNTER_COUNT);
    arena_free(&s.arena);
}
