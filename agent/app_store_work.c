/* SPDX-License-Identifier: Apache-2.0 */
/* The record of our own work on HAProxy, servers and proxies, so that it survives a kill. */
#include "app.h"

#include "base/log.h"

enum { TEXT_MAX = 32 * 1024 * 1024 };

struct saving {
    struct app *app;
    struct store_txn *txn;
    struct buf text;
    struct arena arena;
};

static void save_entry(void *ctx, const struct ledger_entry *entry)
{
    struct saving *s = ctx;
    struct str key = arena_printf(&s->arena, STR_FMT "/" STR_FMT, STR_ARG(entry->backend),
                                  STR_ARG(entry->server));
    struct json_out o;

    if (entry->gone) {
        store_del(s->txn, STORE_WORK, key);
        return;
    }
    buf_reset(&s->text);
    json_out_init(&o, &s->text, false);
    ledger_put(&o, entry, app_now_ms());
    json_out_fini(&o);
    store_put(s->txn, STORE_WORK, key, buf_str(&s->text));
}

static void save_proxy(void *ctx, const struct proxy_record *r)
{
    struct saving *s = ctx;
    struct json_out o;

    if (r->gone) {
        store_del(s->txn, STORE_PROXIES, r->proxy);
        return;
    }
    buf_reset(&s->text);
    json_out_init(&o, &s->text, false);
    proxies_put(&o, r);
    json_out_fini(&o);
    store_put(s->txn, STORE_PROXIES, r->proxy, buf_str(&s->text));
}

void app_store_ledger(struct app *a)
{
    struct saving s = {.app = a};
    struct err e;

    s.txn = store_write(a->store, STORE_HISTORY, &e);
    if (!s.txn) {
        log_warn("record of work: %s", e.text);
        return;
    }
    buf_init(&s.text, TEXT_MAX);
    ledger_each_dirty(a->ledger, save_entry, &s);
    proxies_each_dirty(a->proxies, save_proxy, &s);
    if (store_commit(s.txn, &e))
        log_warn("record of work: %s", e.text);
    buf_free(&s.text);
    arena_free(&s.arena);
}

static int load_entry(void *ctx, struct str key, struct str value, struct err *e)
{
    struct app *a = ctx;
    struct arena arena = ARENA_INIT;
    struct json *o;
    struct err why;

    (void)e;
    if (json_parse(&arena, value, JSON_MAX_DEPTH, &o, &why) ||
        ledger_load(a->ledger, o, app_now_ms(), &why))
        log_warn("record of work " STR_FMT ": %s", STR_ARG(key), why.text);
    arena_free(&arena);
    return 0;
}

static int load_proxy(void *ctx, struct str key, struct str value, struct err *e)
{
    struct app *a = ctx;
    struct arena arena = ARENA_INIT;
    struct json *o;
    struct err why;

    (void)e;
    if (json_parse(&arena, value, JSON_MAX_DEPTH, &o, &why) || proxies_load(a->proxies, o, &why))
        log_warn("record of proxy " STR_FMT ": %s", STR_ARG(key), why.text);
    arena_free(&arena);
    return 0;
}

int app_load_ledger(struct app *a, struct err *e)
{
    struct store_txn *t = store_read(a->store, STORE_HISTORY, e);
    int rc;

    if (!t)
        return -1;
    rc = store_each(t, STORE_WORK, STORE_FORWARD, STR_NONE, load_entry, a, e);
    if (rc == 0)
        rc = store_each(t, STORE_PROXIES, STORE_FORWARD, STR_NONE, load_proxy, a, e);
    store_abort(t);
    return rc;
}
