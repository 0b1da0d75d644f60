/* SPDX-License-Identifier: Apache-2.0 */
/* Reload by the master, with its proof, on real HAProxy. */
#include "outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void good_on(const char *version)
{
    struct real r;
    struct outcome o;
    pid_t before;
    double began;

    real_init(&r, version, "");
    real_start(&r);
    for (int i = 0; i < 3; i++) {
        before = real_worker(&r);
        began = ev_time();
        o = outcome_reload(&r, 10);
        outcome_expect_ok(&o, version);
        print_message("%s: reload proved after %.0f ms\n", version, (ev_time() - began) * 1e3);
        assert_int_not_equal(o.pid, before);
        assert_int_equal(o.pid, real_worker(&r));
    }
    real_stop(&r);
}

static void good_reload_gives_the_new_pid(void **state)
{
    (void)state;
    each_version(good_on);
}

/* Bad, then good again, then bad twice: the count of failures starts from a former failure, too. */
static void bad_on(const char *version)
{
    struct real r;
    struct outcome o;
    pid_t before;

    real_init(&r, version, "");
    real_start(&r);
    before = real_worker(&r);
    for (int i = 0; i < 2; i++) {
        real_write_config(&r, "    bogus keyword\n");
        o = outcome_reload(&r, 10);
        assert_false(o.ok);
        assert_true(o.message[0]);
        if (strcmp(version, "3") > 0)
            assert_non_null(strstr(o.message, "bogus"));
        assert_int_equal(real_worker(&r), before);
    }
    real_write_config(&r, "");
    o = outcome_reload(&r, 10);
    outcome_expect_ok(&o, version);
    assert_int_not_equal(o.pid, before);
    real_write_config(&r, "    bogus keyword\n");
    o = outcome_reload(&r, 10);
    assert_false(o.ok);
    real_stop(&r);
}

static void bad_configuration_is_refused_and_the_old_worker_stays(void **state)
{
    (void)state;
    each_version(bad_on);
}

static void bind_on(const char *version)
{
    struct real r;
    struct outcome o;
    char more[128];
    int port, fd = real_listen(&port);

    real_init(&r, version, "");
    real_start(&r);
    (void)snprintf(more, sizeof more, "frontend taken from base\n    bind 127.0.0.1:%d\n", port);
    real_write_config(&r, more);
    o = outcome_reload(&r, 15);
    assert_false(o.ok);
    assert_true(o.message[0]);
    real_write_config(&r, "");
    o = outcome_reload(&r, 15);
    outcome_expect_ok(&o, version);
    assert_int_equal(o.pid, real_worker(&r)); /* the admin socket lives again */
    (void)close(fd);
    real_stop(&r);
}

static void bind_failure_is_refused_and_cured_by_the_next_reload(void **state)
{
    (void)state;
    each_version(bind_on);
}

static void twice_on(const char *version)
{
    struct real r;
    struct outcome a = {0}, b = {0};
    struct err e;

    real_init(&r, version, "");
    real_start(&r);
    assert_int_equal(master_reload(EV_DEFAULT, r.master, 10, outcome_take, &a, &e), 0);
    assert_int_equal(master_reload(EV_DEFAULT, r.master, 10, outcome_take, &b, &e), 0);
    loop_until(&a.done, 15);
    loop_until(&b.done, 15);
    outcome_expect_ok(&a, version);
    outcome_expect_ok(&b, version);
    assert_true(real_worker(&r) > 0);
    real_stop(&r);
}

static void reload_beside_another_is_done_all_the_same(void **state)
{
    (void)state;
    each_version(twice_on);
}

static void no_master_is_told_at_once(void **state)
{
    struct outcome o = {0};
    struct err e;

    (void)state;
    assert_int_equal(master_reload(EV_DEFAULT, "/tmp/no/such.sock", 1, outcome_take, &o, &e), -1);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "/tmp/no/such.sock"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_reload_gives_the_new_pid),
        cmocka_unit_test(bad_configuration_is_refused_and_the_old_worker_stays),
        cmocka_unit_test(bind_failure_is_refused_and_cured_by_the_next_reload),
        cmocka_unit_test(reload_beside_another_is_done_all_the_same),
        cmocka_unit_test(no_master_is_told_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
