/* SPDX-License-Identifier: Apache-2.0 */
/* The planner against a simulated HAProxy: given any two states the plans converge, the pool that
 * served never stands empty on the way, and what is not ours is not touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_ROUNDS = 80 };

static uint64_t seed;

static unsigned pick(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

struct world {
    struct sim *sim;
    struct desired want;
    struct ledger *ledger;
    struct map_cache *maps;
    int64_t now_ms;
    bool add_checked;
};

static void world_init(struct world *w)
{
    *w = (struct world){.sim = calloc(1, sizeof *w->sim),
                        .ledger = ledger_new(),
                        .maps = map_cache_new(),
                        .now_ms = 1000};
    assert_non_null(w->sim);
}

static void world_fini(struct world *w)
{
    free(w->sim);
    ledger_free(w->ledger);
    map_cache_free(w->maps);
    arena_free(&w->want.arena);
}

static struct plan_input input_of(struct world *w, const struct have *have)
{
    return (struct plan_input){.want = &w->want,
                               .have = have,
                               .maps = w->maps,
                               .ledger = w->ledger,
                               .folder = STR("/d"),
                               .now_ms = w->now_ms,
                               .poll_ms = 50,
                               .drain_timeout_ms = 1000,
                               .min_healthy = 1,
                               .add_checked = w->add_checked};
}

static struct plan make(struct world *w, struct have **have)
{
    struct plan p;
    struct plan_input in;

    *have = sim_observe(w->sim, true);
    map_cache_update(w->maps, *have);
    in = input_of(w, *have);
    plan_make(&in, &p);
    plan_note_sending(w->ledger, &in, &p);
    return p;
}

/* Send at most `limit` commands: a connection may break anywhere. */
static void send(struct world *w, const struct plan *p, size_t limit, void (*each)(struct world *))
{
    for (size_t i = 0; i < p->count && i < limit; i++) {
        const char *reply = sim_command(w->sim, &p->ops[i]);
        plan_note_reply(w->ledger, &p->ops[i], reply_classify(p->ops[i].kind, str_z(reply)));
        if (each)
            each(w);
    }
}

static void add_wanted(struct world *w, struct desired_backend *b, const char *host, unsigned port,
                       unsigned weight, enum server_admin admin, const char *source)
{
    struct desired_server *s = ARENA_PUSH(&w->want.arena, b->servers, b->server_count);

    *s = (struct desired_server){
        .name = arena_printf(&w->want.arena, "live_%s:%u", host, port),
        .address = arena_str(&w->want.arena, str_z(host)),
        .port = (uint16_t)port,
        .weight = weight,
        .admin = admin,
        .source = str_z(source),
        .args = STR("check inter 2000ms"),
    };
}

static struct desired_backend *want_backend(struct world *w)
{
    static struct backend object;

    object.name = STR("live");
    arena_free(&w->want.arena);
    w->want = (struct desired){.refs = 1};
    w->want.backends = ARENA_NEW(&w->want.arena, struct desired_backend);
    w->want.backend_count = 1;
    w->want.backends[0] = (struct desired_backend){.object = &object, .proxy = STR("live")};
    return &w->want.backends[0];
}

static int server_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct desired_server *)a)->name,
                   ((const struct desired_server *)b)->name);
}

static void sort(struct desired_backend *b)
{
    if (b->server_count)
        qsort(b->servers, b->server_count, sizeof *b->servers, server_cmp);
}

/* All commands of the plan as one text, a line each. */
static char *text_of(const struct plan *p)
{
    static char text[8192];
    size_t n = 0;

    text[0] = 0;
    for (size_t i = 0; i < p->count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, STR_FMT "\n", STR_ARG(p->ops[i].command));
    return text;
}

static void run(struct world *w)
{
    for (int i = 0; i < SETTLE_ROUNDS; i++) {
        struct have *have;
        struct plan p = make(w, &have);
        bool done = p.count == 0 && p.wake_ms < 0;
        send(w, &p, p.count, NULL);
        if (p.wake_ms > w->now_ms)
            w->now_ms = p.wake_ms;
        plan_free(&p);
        have_free(have);
        if (done)
            return;
    }
    fail_msg("the plans do not become empty");
}

static void test_new_member_serves_at_once(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    world_init(&w);
    sim_add_backend(w.sim, "live");
    add_wanted(&w, want_backend(&w), "10.0.0.1", 80, 7, ADMIN_READY, "app@1.0.0");
    p = make(&w, &have);
    assert_string_equal(text_of(&p),
                        "add server live/live_10.0.0.1:80 10.0.0.1:80 weight 7 check inter 2000ms\n"
                        "enable health live/live_10.0.0.1:80\n"
                        "set server live/live_10.0.0.1:80 state ready\n");
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_ipv6_is_put_into_brackets(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    world_init(&w);
    sim_add_backend(w.sim, "live");
    add_wanted(&w, want_backend(&w), "::1", 80, 1, ADMIN_READY, "app@1.0.0");
    p = make(&w, &have);
    assert_true(str_eq_z(p.ops[0].command,
                         "add server live/live_::1:80 [::1]:80 weight 1 check inter 2000ms"));
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void start_with_two(struct world *w)
{
    struct desired_backend *b;

    world_init(w);
    sim_add_backend(w->sim, "live");
    b = want_backend(w);
    add_wanted(w, b, "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    add_wanted(w, b, "10.0.0.2", 80, 1, ADMIN_READY, "app@1.0.0");
    run(w);
    assert_int_equal(sim_serving(w->sim, "live"), 2);
}

static void test_lost_member_drains_before_it_goes(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    sim_server(w.sim, "live", "live_10.0.0.2:80")->sessions = 3;
    add_wanted(&w, want_backend(&w), "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    p = make(&w, &have);
    assert_string_equal(text_of(&p), "set server live/live_10.0.0.2:80 state drain\n");
    send(&w, &p, p.count, NULL);
    plan_free(&p);
    have_free(have);
    p = make(&w, &have); /* a session lives: wait */
    assert_int_equal(p.count, 0);
    assert_true(p.wake_ms > w.now_ms);
    plan_free(&p);
    have_free(have);
    w.now_ms += 1001; /* drainTimeout */
    p = make(&w, &have);
    assert_string_equal(text_of(&p), "set server live/live_10.0.0.2:80 state maint\n"
                                     "shutdown sessions server live/live_10.0.0.2:80\n"
                                     "del server live/live_10.0.0.2:80\n");
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_member_that_returns_is_made_ready_again(void **state)
{
    struct world w;
    struct desired_backend *b;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    sim_server(w.sim, "live", "live_10.0.0.2:80")->sessions = 3;
    add_wanted(&w, want_backend(&w), "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    p = make(&w, &have);
    send(&w, &p, p.count, NULL);
    plan_free(&p);
    have_free(have);
    b = want_backend(&w);
    add_wanted(&w, b, "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    add_wanted(&w, b, "10.0.0.2", 80, 1, ADMIN_READY, "app@1.0.0");
    p = make(&w, &have);
    assert_string_equal(text_of(&p), "set server live/live_10.0.0.2:80 state ready\n");
    plan_free(&p);
    have_free(have);
    run(&w);
    assert_int_equal(sim_serving(w.sim, "live"), 2);
    world_fini(&w);
}

static void test_version_switch_makes_before_it_breaks(void **state)
{
    struct world w;
    struct desired_backend *b;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    b = want_backend(&w);
    add_wanted(&w, b, "10.0.0.3", 80, 1, ADMIN_READY, "app@2.0.0");
    p = make(&w, &have);
    assert_string_equal(text_of(&p),
                        "add server live/live_10.0.0.3:80 10.0.0.3:80 weight 1 check inter 2000ms\n"
                        "enable health live/live_10.0.0.3:80\n"
                        "set server live/live_10.0.0.3:80 state drain\n");
    send(&w, &p, p.count, NULL);
    plan_free(&p);
    have_free(have);
    p = make(&w, &have); /* no check has passed yet */
    assert_int_equal(p.count, 0);
    plan_free(&p);
    have_free(have);
    sim_server(w.sim, "live", "live_10.0.0.3:80")->check = HAVE_CHECK_PASSED;
    p = make(&w, &have);
    assert_string_equal(text_of(&p), "set server live/live_10.0.0.3:80 state ready\n");
    send(&w, &p, p.count, NULL);
    plan_free(&p);
    have_free(have);
    p = make(&w, &have);
    assert_string_equal(text_of(&p), "set server live/live_10.0.0.1:80 state drain\n"
                                     "set server live/live_10.0.0.2:80 state drain\n");
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_switch_to_a_version_that_fails_keeps_the_old_one(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    add_wanted(&w, want_backend(&w), "10.0.0.3", 80, 1, ADMIN_READY, "app@2.0.0");
    p = make(&w, &have);
    send(&w, &p, p.count, NULL);
    plan_free(&p);
    have_free(have);
    sim_server(w.sim, "live", "live_10.0.0.3:80")->check = HAVE_CHECK_FAILED;
    w.now_ms += 3600 * 1000;
    p = make(&w, &have);
    assert_int_equal(p.count, 0);
    assert_int_equal(sim_serving(w.sim, "live"), 2);
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_drain_by_hand_is_left_alone(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    sim_server(w.sim, "live", "live_10.0.0.1:80")->drain = true;
    p = make(&w, &have);
    assert_int_equal(p.count, 0);
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_weight_by_hand_is_repaired(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    sim_server(w.sim, "live", "live_10.0.0.1:80")->weight = 55;
    p = make(&w, &have);
    assert_string_equal(text_of(&p), "set server live/live_10.0.0.1:80 weight 1\n");
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_foreign_server_is_not_touched(void **state)
{
    struct world w;
    struct sim_server *s;
    struct have *have;
    struct plan p;

    (void)state;
    start_with_two(&w);
    s = &w.sim->backends[0].servers[w.sim->backends[0].count++];
    *s = (struct sim_server){.name = "by-hand", .address = "10.9.9.9", .port = 1, .health = true};
    p = make(&w, &have);
    assert_int_equal(p.count, 0);
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_half_done_addition_is_undone_and_done_again(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    world_init(&w);
    sim_add_backend(w.sim, "live");
    add_wanted(&w, want_backend(&w), "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    p = make(&w, &have);
    send(&w, &p, 1, NULL); /* the connection breaks behind "add server" */
    plan_free(&p);
    have_free(have);
    p = make(&w, &have);
    assert_string_equal(text_of(&p), "del server live/live_10.0.0.1:80\n");
    send(&w, &p, 1, NULL);
    plan_free(&p);
    have_free(have);
    run(&w);
    assert_int_equal(sim_serving(w.sim, "live"), 1);
    world_fini(&w);
}

/* --- properties --- */

static size_t floor_of_serving;

static void note_floor(struct world *w)
{
    size_t n = sim_serving(w->sim, "live");

    if (n < floor_of_serving)
        floor_of_serving = n;
}

static void random_want(struct world *w, const char *source)
{
    struct desired_backend *b = want_backend(w);

    for (unsigned i = 1; i <= 8; i++) {
        char host[32];
        if (pick(2))
            continue;
        (void)snprintf(host, sizeof host, "10.0.0.%u", i);
        add_wanted(w, b, host, 80, pick(257), pick(6) ? ADMIN_READY : ADMIN_DRAIN, source);
    }
    sort(b);
}

static void live_a_little(struct world *w)
{
    struct sim_backend *b = &w->sim->backends[0];

    for (size_t i = 0; i < b->count; i++) {
        if (b->servers[i].health && b->servers[i].check == HAVE_CHECK_UNKNOWN && pick(3) == 0)
            b->servers[i].check = HAVE_CHECK_PASSED;
        if (b->servers[i].maint || b->servers[i].drain)
            b->servers[i].sessions -= b->servers[i].sessions > 0 && pick(2);
        else
            b->servers[i].sessions = pick(3);
    }
    w->now_ms += pick(400);
}

static void assert_equals_want(struct world *w)
{
    const struct desired_backend *b = &w->want.backends[0];

    for (size_t i = 0; i < b->server_count; i++) {
        const struct desired_server *want = &b->servers[i];
        char name[SIM_TEXT];
        const struct sim_server *s =
            sim_server(w->sim, "live", str_copy(name, sizeof name, want->name));
        assert_non_null(s);
        assert_int_equal(s->weight, want->weight);
        assert_int_equal(s->port, want->port);
        assert_true(s->health);
        assert_false(s->maint);
        assert_int_equal(s->drain, want->admin == ADMIN_DRAIN);
    }
}

static size_t count_ready(const struct world *w)
{
    const struct desired_backend *b = &w->want.backends[0];
    size_t n = 0;

    for (size_t i = 0; i < b->server_count; i++)
        n += b->servers[i].admin == ADMIN_READY;
    return n;
}

/* Random wants in a row, connections that break anywhere, checks that pass late, sessions that
 * last: each want is reached, and a pool that served serves on as long as somebody is wanted. */
static void converge_once(struct world *w, unsigned step)
{
    bool may_empty;
    size_t quiet = 0;

    random_want(w, step % 3 == 0 ? "app@1.0.0" : "app@2.0.0");
    may_empty = count_ready(w) == 0 || sim_serving(w->sim, "live") == 0;
    floor_of_serving = SIZE_MAX;
    for (int i = 0; i < 400 && quiet < 2; i++) {
        struct have *have;
        struct plan p = make(w, &have);
        send(w, &p, pick(4) ? p.count : pick((unsigned)p.count + 1), note_floor);
        quiet = p.count == 0 && p.wake_ms < 0 ? quiet + 1 : 0;
        plan_free(&p);
        have_free(have);
        live_a_little(w);
    }
    assert_int_equal(quiet, 2);
    assert_equals_want(w);
    if (!may_empty)
        assert_true(floor_of_serving > 0);
}

static void test_any_two_states_converge_without_an_empty_pool(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        struct world w;
        seed = round + 1;
        world_init(&w);
        w.add_checked = round % 4 == 0;
        sim_add_backend(w.sim, "live");
        for (unsigned step = 0; step < 12; step++)
            converge_once(&w, step);
        assert_int_equal(w.sim->refused, 0);
        world_fini(&w);
    }
}

static void test_record_survives_a_restart_of_the_agent(void **state)
{
    struct world w;
    struct ledger *again = ledger_new();
    const struct ledger_entry *old, *new;
    struct buf text;
    struct json_out o;
    struct json *tree;
    struct arena a = ARENA_INIT;
    struct have *have;
    struct plan p;
    struct err e;

    (void)state;
    start_with_two(&w);
    sim_server(w.sim, "live", "live_10.0.0.2:80")->sessions = 3;
    add_wanted(&w, want_backend(&w), "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    p = make(&w, &have);
    old = ledger_find(w.ledger, STR("live"), STR("live_10.0.0.2:80"));
    assert_true(old->leaving);
    buf_init(&text, 4096);
    json_out_init(&o, &text, false);
    ledger_put(&o, old, w.now_ms + 400);
    json_out_fini(&o);
    assert_int_equal(json_parse(&a, buf_str(&text), 4, &tree, &e), 0);
    assert_int_equal(ledger_load(again, tree, 50, &e), 0);
    new = ledger_find(again, STR("live"), STR("live_10.0.0.2:80"));
    assert_non_null(new);
    assert_true(new->leaving);
    assert_int_equal(new->deadline_ms, 50 + 600); /* what was left, not the time of day */
    assert_true(str_eq(new->args, old->args));
    buf_free(&text);
    arena_free(&a);
    plan_free(&p);
    have_free(have);
    ledger_free(again);
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_member_serves_at_once),
        cmocka_unit_test(test_ipv6_is_put_into_brackets),
        cmocka_unit_test(test_lost_member_drains_before_it_goes),
        cmocka_unit_test(test_member_that_returns_is_made_ready_again),
        cmocka_unit_test(test_version_switch_makes_before_it_breaks),
        cmocka_unit_test(test_switch_to_a_version_that_fails_keeps_the_old_one),
        cmocka_unit_test(test_drain_by_hand_is_left_alone),
        cmocka_unit_test(test_weight_by_hand_is_repaired),
        cmocka_unit_test(test_foreign_server_is_not_touched),
        cmocka_unit_test(test_half_done_addition_is_undone_and_done_again),
        cmocka_unit_test(test_any_two_states_converge_without_an_empty_pool),
        cmocka_unit_test(test_record_survives_a_restart_of_the_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
