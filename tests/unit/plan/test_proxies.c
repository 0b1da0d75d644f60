/* SPDX-License-Identifier: Apache-2.0 */
/* The record of proxies, and servers that go to proxies of other names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "plan/ledger.h"
#include "plan/proxies.h"

static size_t seen, seen_gone;

static void count(void *ctx, const struct proxy_record *r)
{
    (void)ctx;
    seen++;
    seen_gone += r->gone;
}

static void flush(struct proxies *p)
{
    seen = seen_gone = 0;
    proxies_each_dirty(p, count, NULL);
}

static void test_a_record_is_told_once_for_each_change(void **state)
{
    struct proxies *p = proxies_new();

    (void)state;
    proxies_note(p, STR("live.2"), STR("live"), STR("x"));
    assert_true(proxies_are_dirty(p));
    flush(p);
    assert_int_equal(seen, 1);
    proxies_note(p, STR("live.2"), STR("live"), STR("x"));
    assert_false(proxies_are_dirty(p));
    proxies_note_stuck(p, STR("live.2"));
    proxies_note_stuck(p, STR("nobody"));
    flush(p);
    assert_int_equal(seen, 1);
    assert_true(proxies_find(p, STR("live.2"))->stuck);
    proxies_forget(p, STR("live.2"));
    assert_null(proxies_find(p, STR("live.2")));
    assert_true(str_eq(proxies_backend(p, STR("live.2")), STR("live.2")));
    proxies_note(p, STR("live.2"), STR("other"), STR("x"));
    assert_true(str_eq(proxies_backend(p, STR("live.2")), STR("other")));
    assert_false(proxies_find(p, STR("live.2"))->stuck);
    proxies_forget(p, STR("live.2"));
    flush(p);
    assert_int_equal(seen_gone, 1);
    assert_null(proxies_at(p, 0));
    proxies_free(p);
}

static void put(struct buf *text, const struct proxy_record *r)
{
    struct json_out o;

    json_out_init(&o, text, false);
    proxies_put(&o, r);
    json_out_fini(&o);
}

static int load(struct proxies *p, struct str text)
{
    struct arena a = ARENA_INIT;
    struct json *o;
    struct err e;
    int rc = json_parse(&a, text, JSON_MAX_DEPTH, &o, &e) || proxies_load(p, o, &e) ? -1 : 0;

    arena_free(&a);
    return rc;
}

static void test_a_record_is_read_as_it_was_written(void **state)
{
    struct proxies *p = proxies_new(), *q = proxies_new();
    struct buf text;

    (void)state;
    buf_init(&text, 4096);
    proxies_note(p, STR("thalassa.x.1"), STR("live"), STR("thalassa.x"));
    proxies_note_stuck(p, STR("thalassa.x.1"));
    put(&text, proxies_find(p, STR("thalassa.x.1")));
    assert_int_equal(load(q, buf_str(&text)), 0);
    assert_false(proxies_are_dirty(q));
    assert_true(str_eq(proxies_find(q, STR("thalassa.x.1"))->backend, STR("live")));
    assert_true(str_eq(proxies_find(q, STR("thalassa.x.1"))->profile, STR("thalassa.x")));
    assert_true(proxies_find(q, STR("thalassa.x.1"))->stuck);
    assert_int_equal(load(q, STR("{\"proxy\":\"a\"}")), -1);
    assert_int_equal(load(q, STR("{\"proxy\":1}")), -1);
    assert_null(proxies_find(q, STR("a")));
    buf_free(&text);
    proxies_free(p);
    proxies_free(q);
}

static void add(struct have *h, const char *name)
{
    *ARENA_PUSH(&h->arena, h->backends, h->backend_count) =
        (struct have_backend){.name = str_z(name)};
}

static void test_another_worker_has_own_names(void **state)
{
    struct proxies *p = proxies_new();
    struct have *h = have_new();
    struct proxy_section plain[] = {{STR("gone"), STR("y")}, {STR("live"), STR("y")}};
    struct proxy_facts facts = {.plain = plain, .plain_count = 2};

    (void)state;
    add(h, "live");
    add(h, "other");
    proxies_note(p, STR("gone.2"), STR("gone"), STR("x"));
    proxies_note(p, STR("live.2"), STR("live"), STR("x"));
    proxies_note(p, STR("live.3"), STR("live"), STR("y"));
    proxies_note(p, STR("other"), STR("other"), STR("x"));
    proxies_rebase(p, h, &facts);
    flush(p);
    assert_non_null(proxies_at(p, 0));
    assert_null(proxies_at(p, 1));
    assert_true(str_eq(proxies_at(p, 0)->proxy, STR("live")));
    assert_true(str_eq(proxies_at(p, 0)->profile, STR("y")));
    have_free(h);
    proxies_free(p);
}

static void test_servers_take_new_names_all_at_once(void **state)
{
    struct ledger *l = ledger_new();
    const struct map_entry names[] = {{STR("live.2"), STR("live")},
                                      {STR("live.2.2"), STR("live.2")}};
    struct ledger_entry *entry;

    (void)state;
    (void)ledger_touch(l, STR("live"), STR("old"));
    (void)ledger_touch(l, STR("quiet"), STR("s"));
    entry = ledger_touch(l, STR("live.2"), STR("s"));
    ledger_set_text(&entry->args, STR("first"));
    entry->complete = true;
    entry->admin_set = ADMIN_DRAIN;
    entry = ledger_touch(l, STR("live.2.2"), STR("s"));
    ledger_set_text(&entry->source, STR("second"));
    ledger_rename(l, names, 2);
    assert_null(ledger_find(l, STR("live"), STR("old")));
    assert_null(ledger_find(l, STR("live.2.2"), STR("s")));
    assert_non_null(ledger_find(l, STR("quiet"), STR("s")));
    assert_true(str_eq(ledger_find(l, STR("live"), STR("s"))->args, STR("first")));
    assert_true(ledger_find(l, STR("live"), STR("s"))->complete);
    assert_int_equal(ledger_find(l, STR("live"), STR("s"))->admin_set, ADMIN_DRAIN);
    assert_true(str_eq(ledger_find(l, STR("live.2"), STR("s"))->source, STR("second")));
    assert_false(ledger_find(l, STR("live.2"), STR("s"))->complete);
    ledger_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_is_told_once_for_each_change),
        cmocka_unit_test(test_a_record_is_read_as_it_was_written),
        cmocka_unit_test(test_another_worker_has_own_names),
        cmocka_unit_test(test_servers_take_new_names_all_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
