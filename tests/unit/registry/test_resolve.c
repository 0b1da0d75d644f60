/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/resolve.h"

#include <ev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static atomic_uint answer; /* what the lookups say: 10.0.0.N, or a failure if 0 */
static atomic_uint lookups;
static struct resolver *resolver;
static const char *wanted_address; /* the loop runs until the first name has it */
static unsigned changes;

static void look_up(const char *host, struct resolve_answer *out)
{
    unsigned n = atomic_load(&answer);

    atomic_fetch_add(&lookups, 1);
    if (!strcmp(host, "mute"))
        return;
    if (!strcmp(host, "zero"))
        snprintf(out->address, sizeof out->address, "0.0.0.0");
    else if (n)
        snprintf(out->address, sizeof out->address, "10.0.0.%u", n);
    else
        snprintf(out->problem, sizeof out->problem, "it fails");
}

static void on_change(void *ctx)
{
    (void)ctx;
    changes++;
}

static void on_poll(struct ev_loop *loop, ev_timer *timer, int events)
{
    const struct name_table *t = resolver_table(resolver);
    unsigned *left = timer->data;

    (void)events;
    if (--*left == 0 ||
        (wanted_address && t->count && str_eq_z(t->items[0].address, wanted_address)))
        ev_break(loop, EVBREAK_ALL);
}

/* Runs the loop until the first name of the table has the address, or for that many polls. */
static bool run_until(struct ev_loop *loop, const char *address, unsigned polls)
{
    ev_timer timer;

    wanted_address = address;
    ev_timer_init(&timer, on_poll, 0.005, 0.005);
    timer.data = &polls;
    ev_timer_start(loop, &timer);
    ev_run(loop, 0);
    ev_timer_stop(loop, &timer);
    return polls > 0;
}

static void want(const char *name, const char *other)
{
    struct str items[2] = {str_z(name), str_z(other)};

    resolver_want(resolver, &(struct str_list){items, other ? 2 : 1});
}

static void test_names_are_resolved_again_and_keep_the_last_good_address(void **state)
{
    struct ev_loop *loop = ev_loop_new(0);
    struct resolved r;

    (void)state;
    atomic_store(&answer, 0);
    resolver = resolver_start(loop, look_up, 0.02, on_change, NULL);
    want("name", NULL);
    assert_int_equal(resolver_table(resolver)->count, 0);
    assert_true(run_until(loop, "", 1000)); /* answered, with a problem */
    r = resolver_table(resolver)->items[0];
    assert_true(str_eq_z(r.host, "name") && str_eq_z(r.problem, "it fails"));
    atomic_store(&answer, 7);
    assert_true(run_until(loop, "10.0.0.7", 1000));
    atomic_store(&answer, 8);
    assert_true(run_until(loop, "10.0.0.8", 1000));
    unsigned before = changes;
    atomic_store(&answer, 0);
    unsigned asked = atomic_load(&lookups);
    run_until(loop, NULL, 40);
    assert_true(atomic_load(&lookups) > asked);
    assert_int_equal(changes, before); /* a failure takes nothing away, the same tells nothing */
    assert_true(str_eq_z(resolver_table(resolver)->items[0].address, "10.0.0.8"));
    resolver_stop(resolver);
    ev_loop_destroy(loop);
}

static void test_useless_answers_are_problems(void **state)
{
    struct ev_loop *loop = ev_loop_new(0);
    const struct name_table *t;

    (void)state;
    resolver = resolver_start(loop, look_up, 60, on_change, NULL);
    want("mute", "zero");
    for (unsigned i = 0; i < 1000 && resolver_table(resolver)->count < 2; i++)
        run_until(loop, NULL, 1);
    t = resolver_table(resolver);
    assert_int_equal(t->count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(!t->items[i].address.n && t->items[i].problem.n);
    resolver_stop(resolver);
    ev_loop_destroy(loop);
}

static void test_names_that_are_not_wanted_any_more(void **state)
{
    struct ev_loop *loop = ev_loop_new(0);

    (void)state;
    atomic_store(&answer, 1);
    resolver = resolver_start(loop, look_up, 60, on_change, NULL);
    want("gone", NULL);
    want("name", NULL); /* before the answer for the other came */
    assert_true(run_until(loop, "10.0.0.1", 1000));
    run_until(loop, NULL, 5);
    assert_int_equal(resolver_table(resolver)->count, 1);
    assert_true(str_eq_z(resolver_table(resolver)->items[0].host, "name"));
    want("name", "more");
    resolver_stop(resolver); /* with a lookup under way */
    ev_loop_destroy(loop);
}

static void test_the_system_resolves_its_own_name(void **state)
{
    struct resolve_answer out = {"", ""};

    (void)state;
    resolve_by_system("localhost", &out);
    assert_string_equal(out.address, "127.0.0.1"); /* IPv4 first, whatever the order */
    assert_string_equal(out.problem, "");
    memset(&out, 0, sizeof out);
    resolve_by_system("under_score..bad", &out);
    assert_string_equal(out.address, "");
    assert_true(*out.problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_resolved_again_and_keep_the_last_good_address),
        cmocka_unit_test(test_useless_answers_are_problems),
        cmocka_unit_test(test_names_that_are_not_wanted_any_more),
        cmocka_unit_test(test_the_system_resolves_its_own_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
