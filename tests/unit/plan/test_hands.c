/* SPDX-License-Identifier: Apache-2.0 */
/* Drain, maint and ready set by hand on HAProxy's socket: seen as such, and nothing else is,
 * however often the agent is killed, a connection breaks, or HAProxy is reloaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include <stdio.h>
#include <string.h>

#define FIRST "live_10.0.0.1:80"

static void start_with_two(struct world *w)
{
    struct desired_backend *b;

    world_init(w);
    sim_add_backend(w->sim, "live");
    b = world_want_backend(w);
    world_add_wanted(w, b, "10.0.0.1", 80, 1, ADMIN_READY, "app@1.0.0");
    world_add_wanted(w, b, "10.0.0.2", 80, 1, ADMIN_READY, "app@1.0.0");
    world_settle(w);
}

static void set_by_hand(struct sim_server *s, enum server_admin state)
{
    s->maint = state == ADMIN_MAINT;
    s->drain = state == ADMIN_DRAIN;
}

/* The hands of a plan as "SERVER STATE[ agrees]\n"; no command may leave. */
static const char *hands_of(struct world *w)
{
    static char text[512];
    struct have *have;
    struct plan p = world_plan(w, &have);
    size_t n = 0;

    text[0] = 0;
    for (size_t i = 0; i < p.hand_count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, STR_FMT " %s%s\n",
                              STR_ARG(p.hands[i].server), server_admin_name(p.hands[i].state),
                              p.hands[i].agrees ? " agrees" : "");
    assert_int_equal(p.count, 0);
    plan_free(&p);
    have_free(have);
    return text;
}

static void test_drain_and_maint_by_hand_are_seen_until_they_are_taken_over(void **state)
{
    struct world w;
    struct plan_hand h = {.proxy = STR("live"), .server = STR(FIRST), .state = ADMIN_MAINT};

    (void)state;
    start_with_two(&w);
    assert_string_equal(hands_of(&w), "");
    set_by_hand(sim_server(w.sim, "live", FIRST), ADMIN_DRAIN);
    assert_string_equal(hands_of(&w), FIRST " drain\n");
    set_by_hand(sim_server(w.sim, "live", FIRST), ADMIN_MAINT);
    assert_string_equal(hands_of(&w), FIRST " maint\n");
    w.want.backends[0].servers[0].admin = ADMIN_MAINT; /* it is stored, but the record is not */
    assert_string_equal(hands_of(&w), FIRST " maint agrees\n");
    plan_note_adopted(w.ledger, &h);
    assert_string_equal(hands_of(&w), "");
    w.want.backends[0].servers[0].admin = ADMIN_READY; /* taken back by the API */
    (void)world_expect(&w, "set server live/" FIRST " state ready\n", true);
    assert_string_equal(hands_of(&w), "");
    world_fini(&w);
}

static void test_ready_by_hand_is_seen(void **state)
{
    struct world w;

    (void)state;
    start_with_two(&w);
    w.want.backends[0].servers[0].admin = ADMIN_DRAIN;
    w.want.backends[0].servers[0].overridden = true;
    world_settle(&w);
    set_by_hand(sim_server(w.sim, "live", FIRST), ADMIN_READY);
    assert_string_equal(hands_of(&w), FIRST " ready\n");
    w.want.backends[0].servers[0].admin = ADMIN_READY;
    assert_string_equal(hands_of(&w), FIRST " ready agrees\n");
    assert_string_equal(hands_of(&w), ""); /* noted with the plan */
    world_fini(&w);
}

static void test_what_was_given_up_is_no_excuse_later(void **state)
{
    struct world w;

    (void)state;
    start_with_two(&w);
    ledger_touch(w.ledger, STR("live"), STR(FIRST))->admin_next = ADMIN_DRAIN; /* never came */
    assert_string_equal(hands_of(&w), "");
    w.quiet = true;
    assert_string_equal(hands_of(&w), FIRST " ready agrees\n");
    w.quiet = false;
    set_by_hand(sim_server(w.sim, "live", FIRST), ADMIN_DRAIN);
    assert_string_equal(hands_of(&w), FIRST " drain\n");
    world_fini(&w);
}

static void test_an_old_observation_shows_no_hands(void **state)
{
    struct world w;
    struct have *have;
    struct plan_input in;
    struct plan p;

    (void)state;
    start_with_two(&w);
    set_by_hand(sim_server(w.sim, "live", FIRST), ADMIN_DRAIN);
    have = sim_observe(w.sim, true);
    in = world_input(&w, have);
    in.fresh = false; /* commands have left since: what it shows may be what we changed */
    plan_make(&in, &p);
    assert_int_equal(p.hand_count, 0);
    assert_int_equal(p.count, 0);
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

/* Exactly these commands, and no hand is seen. */
static void expect_no_hands(struct world *w, const char *commands)
{
    struct have *have = sim_observe(w->sim, true);
    struct plan_input in = world_input(w, have);
    struct plan p;

    plan_make(&in, &p);
    assert_int_equal(p.hand_count, 0);
    assert_string_equal(world_text(&p), commands);
    plan_free(&p);
    have_free(have);
}

static void test_who_is_checked_or_leaves_is_nobodys_hand(void **state)
{
    struct world w;
    struct ledger_entry *entry;

    (void)state;
    start_with_two(&w);
    set_by_hand(sim_server(w.sim, "live", FIRST), ADMIN_DRAIN);
    entry = ledger_touch(w.ledger, STR("live"), STR(FIRST));
    entry->warming = true;
    expect_no_hands(&w, "");
    entry->warming = false;
    entry->complete = false;
    expect_no_hands(&w, "");
    entry->complete = true;
    entry->admin_next = ADMIN_DRAIN; /* sent, and its answer lost */
    expect_no_hands(&w, "set server live/" FIRST " state ready\n");
    entry->admin_next = ADMIN_READY;
    entry->leaving = true;
    expect_no_hands(&w, "set server live/" FIRST " state ready\n");
    entry->leaving = false;
    assert_string_equal(hands_of(&w), FIRST " drain\n");
    world_fini(&w);
}

static void test_states_that_are_not_set_on_the_server_are_nobodys_hand(void **state)
{
    static const unsigned bits[] = {HAVE_MAINT_TRACKED, HAVE_MAINT_CONFIG, HAVE_MAINT_NAME,
                                    HAVE_MAINT | HAVE_MAINT_CONFIG, HAVE_DRAIN_TRACKED};
    struct world w;

    (void)state;
    start_with_two(&w);
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        struct have *have = sim_observe(w.sim, true);
        struct plan_input in = world_input(&w, have);
        struct plan p;
        have->backends[0].servers[0].admin = bits[i];
        plan_make(&in, &p);
        assert_int_equal(p.hand_count, 0);
        plan_free(&p);
        have_free(have);
    }
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drain_and_maint_by_hand_are_seen_until_they_are_taken_over),
        cmocka_unit_test(test_ready_by_hand_is_seen),
        cmocka_unit_test(test_what_was_given_up_is_no_excuse_later),
        cmocka_unit_test(test_an_old_observation_shows_no_hands),
        cmocka_unit_test(test_who_is_checked_or_leaves_is_nobodys_hand),
        cmocka_unit_test(test_states_that_are_not_set_on_the_server_are_nobodys_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
