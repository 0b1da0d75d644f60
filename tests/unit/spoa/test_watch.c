/* SPDX-License-Identifier: Apache-2.0 */
/* When a thread of the SPOE agent is taken for stuck, and when it has returned. */
#include "spoa/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void a_thread_that_turns_is_well(void **state)
{
    struct watch w = {false};

    (void)state;
    for (int64_t now = 1000; now < 20000; now += WATCH_PERIOD_MS)
        assert_int_equal(watch_judge(&w, now, now - WATCH_PERIOD_MS, now - 300), WATCH_WELL);
}

static void a_silent_thread_is_told_once_and_once_again_when_it_turns(void **state)
{
    struct watch w = {false};
    int64_t now = 5000 + WATCH_STUCK_MS;

    (void)state;
    assert_int_equal(watch_judge(&w, now, now - WATCH_PERIOD_MS, 5000), WATCH_WELL);
    assert_int_equal(watch_judge(&w, now + 1, now, 5000), WATCH_STUCK);
    for (int i = 1; i < 100; i++)
        assert_int_equal(watch_judge(&w, now + i * 250, now + i * 250 - 250, 5000), WATCH_WELL);
    now += 30000;
    assert_int_equal(watch_judge(&w, now, now - WATCH_PERIOD_MS, now - 10), WATCH_RETURNED);
    assert_int_equal(watch_judge(&w, now + 250, now, now + 240), WATCH_WELL);
}

/* SIGSTOP, a suspended machine: the judge was as silent as they. */
static void nobody_is_to_blame_when_all_were_stopped(void **state)
{
    struct watch w = {false};
    int64_t now = 100000;

    (void)state;
    assert_int_equal(watch_judge(&w, now, now - 60000, now - 60000), WATCH_WELL);
    assert_int_equal(watch_judge(&w, now + 250, now, now + 200), WATCH_WELL);
    /* one that does not come back with the others is */
    assert_int_equal(watch_judge(&w, now + 500, now + 250, now - 60000), WATCH_STUCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_that_turns_is_well),
        cmocka_unit_test(a_silent_thread_is_told_once_and_once_again_when_it_turns),
        cmocka_unit_test(nobody_is_to_blame_when_all_were_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
