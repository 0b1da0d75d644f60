/* SPDX-License-Identifier: Apache-2.0 */
/* The record of our own work: found by name, told to the store once for each change, and good
 * again after a restart of the agent or of HAProxy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"
#include "world.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

struct visits {
    size_t count, gone;
    char last[128];
};

static void on_dirty(void *ctx, const struct ledger_entry *entry)
{
    struct visits *v = ctx;

    v->count++;
    v->gone += entry->gone;
    (void)snprintf(v->last, sizeof v->last, STR_FMT "/" STR_FMT, STR_ARG(entry->backend),
                   STR_ARG(entry->server));
}

static struct visits visit(struct ledger *l)
{
    struct visits v = {0};

    ledger_each_dirty(l, on_dirty, &v);
    return v;
}

static void test_changes_are_told_once(void **state)
{
    struct ledger *l = ledger_new();
    struct visits v;

    (void)state;
    assert_null(ledger_find(l, STR("live"), STR("s")));
    ledger_touch(l, STR("live"), STR("s"))->warming = true;
    v = visit(l);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.gone, 0);
    assert_string_equal(v.last, "live/s");
    assert_int_equal(visit(l).count, 0);
    assert_true(ledger_find(l, STR("live"), STR("s"))->warming);
    assert_null(ledger_find(l, STR("live"), STR("t")));
    assert_null(ledger_find(l, STR("liv"), STR("es"))); /* names do not run together */
    ledger_forget(l, STR("live"), STR("s"));
    assert_null(ledger_find(l, STR("live"), STR("s")));
    v = visit(l);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.gone, 1);
    assert_int_equal(visit(l).count, 0);
    ledger_forget(l, STR("live"), STR("s")); /* is not there */
    assert_int_equal(visit(l).count, 0);
    ledger_free(l);
    ledger_free(NULL);
}

static void test_who_comes_back_before_it_was_told_is_new(void **state)
{
    struct ledger *l = ledger_new();
    struct ledger_entry *entry = ledger_touch(l, STR("live"), STR("s"));
    struct visits v;

    (void)state;
    ledger_set_text(&entry->args, STR("check"));
    entry->leaving = true;
    ledger_forget(l, STR("live"), STR("s"));
    entry = ledger_touch(l, STR("live"), STR("s"));
    assert_false(entry->leaving);
    assert_false(entry->gone);
    assert_int_equal(entry->args.n, 0);
    assert_true(str_eq(entry->server, STR("s")));
    v = visit(l);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.gone, 0);
    ledger_free(l);
}

static void test_thousands_come_and_go(void **state)
{
    struct ledger *l = ledger_new();
    char name[32];

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "s%u", i);
        ledger_touch(l, STR("live"), str_z(name))->deadline_ms = i;
    }
    for (unsigned i = 0; i < 5000; i += 2) {
        (void)snprintf(name, sizeof name, "s%u", i);
        ledger_forget(l, STR("live"), str_z(name));
    }
    assert_int_equal(visit(l).count, 5000);
    for (unsigned i = 0; i < 5000; i++) {
        const struct ledger_entry *entry;
        (void)snprintf(name, sizeof name, "s%u", i);
        entry = ledger_find(l, STR("live"), str_z(name));
        assert_int_equal(entry != NULL, i % 2);
        if (entry)
            assert_int_equal(entry->deadline_ms, i);
    }
    ledger_free(l);
}

/* --- as JSON --- */

static struct str text_of(struct arena *a, const struct ledger_entry *entry, int64_t now_ms)
{
    struct json_out o;
    struct buf to;
    struct str text;

    buf_init(&to, 65536);
    json_out_init(&o, &to, false);
    ledger_put(&o, entry, now_ms);
    json_out_fini(&o);
    text = arena_str(a, buf_str(&to));
    buf_free(&to);
    return text;
}

static void test_an_entry_is_stored_whole(void **state)
{
    struct arena a = ARENA_INIT;
    struct ledger *l = ledger_new(), *again = ledger_new();
    struct ledger_entry *entry = ledger_touch(l, STR("live"), STR("s"));
    struct str text;
    struct err e;

    (void)state;
    ledger_set_text(&entry->args, STR("check \"x\""));
    ledger_set_text(&entry->source, STR("app@1"));
    entry->complete = entry->warming = entry->leaving = entry->killing = true;
    entry->replacing = entry->refused = entry->raised = true;
    entry->base_weight = 7;
    entry->ramp_end_ms = 5300;
    entry->deadline_ms = 5400;
    entry->admin_set = ADMIN_DRAIN;
    entry->admin_next = ADMIN_MAINT;
    text = text_of(&a, entry, 5000);
    assert_string_equal(text.p,
                        "{\"backend\":\"live\",\"server\":\"s\",\"args\":\"check \\\"x\\\"\""
                        ",\"source\":\"app@1\",\"complete\":true,\"warming\":true,"
                        "\"leaving\":true,\"killing\":true,\"replacing\":true,"
                        "\"refused\":true,\"baseWeight\":7,\"rampMs\":300,"
                        "\"remainingMs\":400,\"set\":1,\"next\":2}");
    assert_int_equal(ledger_load(again, given_json(&a, text.p), 100, &e), 0);
    assert_string_equal(text_of(&a, ledger_find(again, STR("live"), STR("s")), 100).p, text.p);
    assert_int_equal(visit(again).count, 0); /* what was read is not to be written */
    ledger_free(l);
    ledger_free(again);
    arena_free(&a);
}

static void test_a_deadline_that_passed_is_now(void **state)
{
    struct arena a = ARENA_INIT;
    struct ledger *l = ledger_new();
    struct ledger_entry *entry = ledger_touch(l, STR("live"), STR("s"));

    (void)state;
    entry->leaving = true;
    entry->deadline_ms = 5;
    assert_non_null(strstr(text_of(&a, entry, 6000).p, "\"remainingMs\":0,"));
    ledger_free(l);
    arena_free(&a);
}

static void test_long_options_come_back(void **state)
{
    static char args[8000];
    struct arena a = ARENA_INIT;
    struct ledger *l = ledger_new(), *again = ledger_new();
    struct ledger_entry *entry = ledger_touch(l, STR("live"), STR("s"));
    struct err e;

    (void)state;
    memset(args, 'x', sizeof args);
    ledger_set_text(&entry->args, (struct str){args, sizeof args});
    assert_int_equal(ledger_load(again, given_json(&a, text_of(&a, entry, 0).p), 0, &e), 0);
    assert_int_equal(ledger_find(again, STR("live"), STR("s"))->args.n, sizeof args);
    ledger_free(l);
    ledger_free(again);
    arena_free(&a);
}

static void test_damaged_records_are_refused(void **state)
{
    static const char *const bad[] = {"[]",
                                      "{}",
                                      "{'backend':'live'}",
                                      "{'server':'s'}",
                                      "{'backend':1,'server':'s'}",
                                      "{'backend':'live','server':'s','args':7}",
                                      "{'backend':'live','server':'s','set':3}",
                                      "{'backend':'live','server':'s','next':-1}",
                                      "{'backend':'live','server':'s','leaving':'yes'}",
                                      "{'backend':'live','server':'s','remainingMs':99999999999}"};
    struct ledger *l = ledger_new();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = ARENA_INIT;
        struct err e = {0};
        if (ledger_load(l, given_json(&a, bad[i]), 0, &e) == 0)
            fail_msg("%s: is taken", bad[i]);
        assert_int_equal(e.kind, ERR_INVALID);
        arena_free(&a);
    }
    assert_null(ledger_find(l, STR("live"), STR("s")));
    assert_int_equal(visit(l).count, 0);
    ledger_free(l);
}

/* --- another worker --- */

static struct have *worker_with(const char *const *servers, const unsigned *admin)
{
    struct have *have = have_new();
    struct have_backend *b = ARENA_NEW(&have->arena, struct have_backend);

    have->backends = b;
    have->backend_count = 1;
    b->name = STR("live");
    while (servers[b->count]) {
        size_t i = b->count;
        *ARENA_PUSH(&have->arena, b->servers, b->count) =
            (struct have_server){.name = str_z(servers[i]), .admin = admin[i]};
    }
    return have;
}

static void test_another_worker_is_the_new_base(void **state)
{
    static const char *const servers[] = {"drained", "kept", NULL};
    static const unsigned admin[] = {HAVE_DRAIN, 0};
    struct have *have = worker_with(servers, admin);
    struct ledger *l = ledger_new();
    struct ledger_entry *entry = ledger_touch(l, STR("live"), STR("drained"));

    (void)state;
    entry->warming = true;
    ledger_touch(l, STR("live"), STR("kept"))->admin_set = ADMIN_DRAIN;
    (void)ledger_touch(l, STR("live"), STR("lost"));
    (void)ledger_touch(l, STR("other"), STR("kept"));
    (void)visit(l);
    ledger_rebase(l, have, false);
    assert_int_equal(visit(l).count, 4);
    assert_null(ledger_find(l, STR("live"), STR("lost")));
    assert_null(ledger_find(l, STR("other"), STR("kept")));
    entry = ledger_touch(l, STR("live"), STR("drained"));
    assert_int_equal(entry->admin_set, ADMIN_DRAIN); /* taken as it is */
    assert_false(entry->warming);
    assert_true(entry->complete);
    assert_int_equal(ledger_find(l, STR("live"), STR("kept"))->admin_set, ADMIN_READY);
    ledger_free(l);
    have_free(have);
}

static void test_our_own_reload_keeps_what_we_were_about(void **state)
{
    static const char *const servers[] = {"by-hand", "warming", NULL};
    static const unsigned admin[] = {HAVE_MAINT, HAVE_DRAIN};
    struct have *have = worker_with(servers, admin);
    struct ledger *l = ledger_new();
    struct ledger_entry *entry = ledger_touch(l, STR("live"), STR("warming"));

    (void)state;
    entry->warming = true;
    entry->admin_set = ADMIN_MAINT;
    entry->admin_next = ADMIN_DRAIN; /* asked for, the answer was lost */
    (void)ledger_touch(l, STR("live"), STR("by-hand"));
    ledger_rebase(l, have, true);
    assert_true(ledger_find(l, STR("live"), STR("warming"))->warming);
    assert_int_equal(ledger_find(l, STR("live"), STR("by-hand"))->admin_set, ADMIN_MAINT);
    ledger_free(l);
    have_free(have);
}

static void test_admin_states(void **state)
{
    static const struct {
        unsigned bits;
        enum server_admin want;
    } cases[] = {{0, ADMIN_READY},
                 {HAVE_DRAIN, ADMIN_DRAIN},
                 {HAVE_DRAIN_TRACKED, ADMIN_DRAIN},
                 {HAVE_MAINT, ADMIN_MAINT},
                 {HAVE_MAINT_NAME, ADMIN_MAINT},
                 {HAVE_MAINT_CONFIG | HAVE_DRAIN, ADMIN_MAINT}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct have_server s = {.admin = cases[i].bits};
        assert_int_equal(have_admin_state(&s), cases[i].want);
    }
}

static void test_record_survives_a_restart_of_the_agent(void **state)
{
    struct arena a = ARENA_INIT;
    struct ledger *again = ledger_new();
    const struct ledger_entry *old, *new;
    struct world w;
    struct have *have;
    struct plan p;
    struct err e;

    (void)state;
    world_init(&w);
    sim_add_backend(w.sim, "live");
    world_add_wanted(&w, world_want_backend(&w), "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    world_settle(&w);
    sim_server(w.sim, "live", "live_10.0.0.1:80")->sessions = 3;
    (void)world_want_backend(&w);
    p = world_plan(&w, &have);
    old = ledger_find(w.ledger, STR("live"), STR("live_10.0.0.1:80"));
    assert_true(old->leaving);
    assert_int_equal(ledger_load(again, given_json(&a, text_of(&a, old, w.now_ms + 400).p), 50, &e),
                     0);
    new = ledger_find(again, STR("live"), STR("live_10.0.0.1:80"));
    assert_true(new->leaving);
    assert_int_equal(new->deadline_ms, 50 + 600); /* what was left, not the time of day */
    assert_true(str_eq(new->args, old->args));
    plan_free(&p);
    have_free(have);
    ledger_free(again);
    world_fini(&w);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes_are_told_once),
        cmocka_unit_test(test_who_comes_back_before_it_was_told_is_new),
        cmocka_unit_test(test_thousands_come_and_go),
        cmocka_unit_test(test_an_entry_is_stored_whole),
        cmocka_unit_test(test_a_deadline_that_passed_is_now),
        cmocka_unit_test(test_long_options_come_back),
        cmocka_unit_test(test_damaged_records_are_refused),
        cmocka_unit_test(test_another_worker_is_the_new_base),
        cmocka_unit_test(test_our_own_reload_keeps_what_we_were_about),
        cmocka_unit_test(test_admin_states),
        cmocka_unit_test(test_record_survives_a_restart_of_the_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
