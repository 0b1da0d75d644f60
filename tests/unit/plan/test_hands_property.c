/* SPDX-License-Identifier: Apache-2.0 */
/* What others set by hand on HAProxy's socket is seen, and only that, however often the agent is
 * killed, a connection breaks, or HAProxy is reloaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

static void set_by_hand(struct sim_server *s, enum server_admin state)
{
    s->maint = state == ADMIN_MAINT;
    s->drain = state == ADMIN_DRAIN;
}

enum { HOSTS = 6 };

struct life {
    struct world w;
    struct {
        bool member, healthy, said;
        enum server_admin word;
    } hosts[HOSTS];
    unsigned hands; /* how often somebody's hand was in it */
};

static void name_of(char out[SIM_TEXT], unsigned host)
{
    (void)snprintf(out, SIM_TEXT, "live_10.0.0.%u:80", host + 1);
}

static void build(struct life *l, const char *source)
{
    struct desired_backend *b = world_want_backend(&l->w);

    for (unsigned i = 0; i < HOSTS; i++) {
        char host[32];
        if (!l->hosts[i].member)
            continue;
        (void)snprintf(host, sizeof host, "10.0.0.%u", i + 1);
        world_add_wanted(&l->w, b, host, 80, 1,
                         l->hosts[i].said      ? l->hosts[i].word
                         : l->hosts[i].healthy ? ADMIN_READY
                                               : ADMIN_DRAIN,
                         source);
        b->servers[b->server_count - 1].overridden = l->hosts[i].said;
    }
}

/* kill -9: only what was written is left of the record. */
static void kill_agent(struct life *l)
{
    struct ledger *again = ledger_new();
    struct arena a = ARENA_INIT;

    for (unsigned i = 0; i < HOSTS; i++) {
        char name[SIM_TEXT];
        const struct ledger_entry *entry;
        struct json_out o;
        struct json *tree;
        struct buf text;
        name_of(name, i);
        entry = ledger_find(l->w.ledger, STR("live"), str_z(name));
        if (!entry)
            continue;
        buf_init(&text, 4096);
        json_out_init(&o, &text, false);
        ledger_put(&o, entry, l->w.now_ms);
        json_out_fini(&o);
        assert_int_equal(json_parse(&a, buf_str(&text), 32, &tree, NULL), 0);
        assert_int_equal(ledger_load(again, tree, l->w.now_ms, NULL), 0);
        buf_free(&text);
    }
    ledger_free(l->w.ledger);
    l->w.ledger = again;
    world_restart_agent(&l->w);
    arena_free(&a);
}

/* Another worker: by our own reload with or without the state file, or by somebody else. */
static void replace_worker(struct life *l)
{
    struct sim_backend *b = &l->w.sim->backends[0];
    unsigned how = world_pick(3);
    struct have *have;

    for (size_t i = 0; i < b->count; i++) {
        b->servers[i].sessions = 0;
        b->servers[i].health = true;
        if (how)
            set_by_hand(&b->servers[i], ADMIN_READY);
    }
    have = sim_observe(l->w.sim, true);
    ledger_rebase(l->w.ledger, have, how < 2);
    have_free(have);
}

static void change_world(struct life *l)
{
    unsigned i = world_pick(HOSTS);

    switch (world_pick(6)) {
    case 0: l->hosts[i].member = !l->hosts[i].member; break;
    case 1: l->hosts[i].healthy = !l->hosts[i].healthy; break;
    case 2:
        l->hosts[i].said = world_pick(2);
        l->hosts[i].word = (enum server_admin)world_pick(3);
        break;
    case 3: kill_agent(l); break;
    case 4: replace_worker(l); break;
    default: l->w.now_ms += world_pick(600); break;
    }
}

static void live_a_little(struct life *l)
{
    struct sim_backend *b = &l->w.sim->backends[0];

    for (size_t i = 0; i < b->count; i++) {
        struct sim_server *s = &b->servers[i];
        if (s->health && s->check == HAVE_CHECK_UNKNOWN && world_pick(3) == 0)
            s->check = HAVE_CHECK_PASSED;
        s->sessions = s->maint || s->drain ? s->sessions / 2 : world_pick(3);
    }
    l->w.now_ms += world_pick(300);
}

/* The connection may break before a command, or between a command and its answer. */
static void send(struct life *l, const struct plan *p, size_t limit)
{
    for (size_t i = 0; i < limit; i++) {
        const char *reply = sim_command(l->w.sim, &p->ops[i]);
        if (i + 1 < limit || limit == p->count || world_pick(2))
            plan_note_reply(l->w.ledger, l->w.proxies, &p->ops[i],
                            reply_classify(p->ops[i].kind, str_z(reply)));
    }
}

/* Plan and send, perhaps not all of it; nobody's hand was in it. */
static size_t step(struct life *l, bool whole)
{
    struct have *have;
    struct plan p = world_plan(&l->w, &have);
    size_t n = p.count + (p.wake_ms >= 0);

    for (size_t i = 0; i < p.hand_count; i++) {
        if (!p.hands[i].agrees)
            fail_msg("nobody set " STR_FMT " to %s", STR_ARG(p.hands[i].server),
                     server_admin_name(p.hands[i].state));
    }
    send(l, &p, whole ? p.count : world_pick((unsigned)p.count + 1));
    plan_free(&p);
    have_free(have);
    return n;
}

static void settle(struct life *l)
{
    unsigned quiet = 0;

    for (int i = 0; i < 400 && quiet < 2; i++) {
        l->w.quiet = quiet > 0;
        quiet = step(l, true) == 0 ? quiet + 1 : 0;
        live_a_little(l);
    }
    assert_int_equal(quiet, 2);
    l->w.quiet = false;
}

static enum server_admin state_of(const struct sim_server *s)
{
    return s->maint ? ADMIN_MAINT : s->drain ? ADMIN_DRAIN : ADMIN_READY;
}

/* Somebody sets a member's state: the next plan shows just that, and it becomes a word. */
static void lend_a_hand(struct life *l)
{
    unsigned i = world_pick(HOSTS);
    enum server_admin state = (enum server_admin)world_pick(3);
    struct have *have;
    struct sim_server *s;
    char name[SIM_TEXT];
    struct plan p;

    name_of(name, i);
    s = sim_server(l->w.sim, "live", name);
    if (!s || !l->hosts[i].member || state_of(s) == state)
        return;
    set_by_hand(s, state);
    if (world_pick(3) == 0)
        kill_agent(l);
    p = world_plan(&l->w, &have);
    assert_int_equal(p.hand_count, 1);
    assert_true(str_eq_z(p.hands[0].server, name));
    assert_int_equal(p.hands[0].state, state);
    assert_int_equal(p.count, 0);
    l->hosts[i].said = !(state == ADMIN_READY && l->hosts[i].said);
    l->hosts[i].word = state;
    plan_note_adopted(l->w.ledger, &p.hands[0]);
    plan_free(&p);
    have_free(have);
    l->hands++;
}

static void assert_as_said(struct life *l)
{
    for (unsigned i = 0; i < HOSTS; i++) {
        char name[SIM_TEXT];
        struct sim_server *s;
        enum server_admin want = l->hosts[i].said      ? l->hosts[i].word
                                 : l->hosts[i].healthy ? ADMIN_READY
                                                       : ADMIN_DRAIN;
        name_of(name, i);
        s = sim_server(l->w.sim, "live", name);
        if (!l->hosts[i].member)
            continue;
        assert_non_null(s);
        if (!l->hosts[i].said && !l->hosts[i].healthy && state_of(s) == ADMIN_READY)
            continue; /* of the former version, and nobody of the new one is to serve */
        assert_int_equal(s->maint, want == ADMIN_MAINT);
        assert_int_equal(s->drain, want == ADMIN_DRAIN);
    }
}

static void test_only_hands_are_hands(void **state)
{
    unsigned hands = 0;

    (void)state;
    for (unsigned round = 0; round < 150; round++) {
        struct life l = {.hands = 0};
        world_seed(round + 1);
        world_init(&l.w);
        l.w.add_checked = round % 3 == 0;
        sim_add_backend(l.w.sim, "live");
        for (unsigned i = 0; i < HOSTS; i++)
            l.hosts[i].member = l.hosts[i].healthy = true;
        for (unsigned i = 0; i < 30; i++) {
            const char *source = world_pick(4) ? "app@1.0.0" : "app@2.0.0";
            build(&l, source);
            for (unsigned k = world_pick(4); k > 0; k--) {
                (void)step(&l, false);
                live_a_little(&l);
                change_world(&l);
                build(&l, source);
            }
            if (world_pick(2))
                continue;
            settle(&l);
            assert_as_said(&l);
            lend_a_hand(&l);
        }
        hands += l.hands;
        world_fini(&l.w);
    }
    assert_true(hands > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_hands_are_hands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
