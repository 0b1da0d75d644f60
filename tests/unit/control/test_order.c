/* SPDX-License-Identifier: Apache-2.0 */
/* The order of things as tables that people can read: tests/golden/control/loop.txt says what is
 * done in which situation, reload.txt how a reload goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/loop.h"
#include "control/reload.h"
#include "given.h"

#include <string.h>

enum { NOW_MS = 100000 };

/* HAProxy runs, was seen half a second ago, and nothing is to be done. */
static struct situation calm(void)
{
    return (struct situation){.now_ms = NOW_MS,
                              .runtime_up = true,
                              .observed = true,
                              .observed_ms = NOW_MS - 500,
                              .interval_ms = 2000,
                              .reload_allowed = true,
                              .retry_ms = -1,
                              .plan_wake_ms = -1};
}

static void put_row(struct buf *out, const char *what, struct situation s)
{
    struct loop_decision d = loop_next(&s);

    buf_printf(out, "%-58s %s", what, loop_action_name(d.action));
    if (d.action == LOOP_WAIT && d.wake_ms < 0)
        buf_add_z(out, " for an event");
    else if (d.action == LOOP_WAIT)
        buf_printf(out, " %lld ms", (long long)(d.wake_ms - s.now_ms));
    buf_add_char(out, '\n');
}

/* A row of the table: calm() with some fields set. */
#define ROW(what, ...)                                                                             \
    do {                                                                                           \
        struct situation s = calm();                                                               \
        __VA_ARGS__;                                                                               \
        put_row(&out, what, s);                                                                    \
    } while (0)

static void put_down_rows(struct buf *to)
{
    struct buf out = *to;

    ROW("an action runs", s.busy = true);
    ROW("an action runs, and all else calls", s.busy = true; s.ops = 5; s.reload_wanted = true;
        s.observe_asked = true);
    ROW("HAProxy is away, others start it", s.runtime_up = false);
    ROW("HAProxy is away, others start it, much to do", s.runtime_up = false; s.ops = 5;
        s.reload_wanted = true; s.files_stale = true; s.observe_asked = true);
    ROW("HAProxy is away, we may start it", s.runtime_up = false; s.may_start = true);
    ROW("HAProxy is away, the last start failed just now", s.runtime_up = false; s.may_start = true;
        s.start_not_before_ms = NOW_MS + 700);
    ROW("HAProxy is away, others start it, what failed is due later", s.runtime_up = false;
        s.retry_ms = NOW_MS + 900);
    ROW("HAProxy is away, we may start it later, what failed is due", s.runtime_up = false;
        s.may_start = true; s.start_not_before_ms = NOW_MS + 700; s.retry_ms = NOW_MS);
    ROW("HAProxy answers, not seen yet", s.observed = false);
    ROW("HAProxy answers, not seen yet, much to do", s.observed = false; s.ops = 5;
        s.reload_wanted = true; s.files_stale = true);
    *to = out;
}

static void put_up_rows(struct buf *to)
{
    struct buf out = *to;

    ROW("nothing to do", (void)s);
    ROW("nothing to do, seen one interval ago", s.observed_ms = NOW_MS - 2000);
    ROW("something has changed since it was seen", s.observe_asked = true);
    ROW("something has changed, and commands are planned", s.observe_asked = true; s.ops = 5);
    ROW("something has changed, and a reload is wanted", s.observe_asked = true;
        s.reload_wanted = true);
    ROW("commands", s.ops = 5);
    ROW("commands, sent already without effect", s.ops = 5; s.apply_not_before_ms = NOW_MS + 400);
    ROW("commands, held back longer than the interval", s.ops = 5;
        s.apply_not_before_ms = NOW_MS + 30000);
    ROW("commands, seen one interval ago", s.ops = 5; s.observed_ms = NOW_MS - 2000);
    ROW("what failed is due later", s.retry_ms = NOW_MS + 900);
    ROW("what failed is due", s.retry_ms = NOW_MS; s.ops = 5);
    ROW("an action runs, and what failed is due", s.busy = true; s.retry_ms = NOW_MS);
    ROW("a reload", s.reload_wanted = true);
    ROW("a reload and commands", s.reload_wanted = true; s.ops = 5);
    ROW("a reload within a second of the last", s.reload_wanted = true;
        s.reload_not_before_ms = NOW_MS + 300);
    ROW("a reload within a second of the last, and commands", s.reload_wanted = true; s.ops = 5;
        s.reload_not_before_ms = NOW_MS + 300);
    ROW("a reload that may not be", s.reload_wanted = true; s.reload_allowed = false);
    ROW("a reload that may not be, and commands", s.reload_wanted = true; s.ops = 5;
        s.reload_allowed = false);
    ROW("the plan waits for a check", s.plan_wake_ms = NOW_MS + 50);
    ROW("the plan has waited for a check", s.plan_wake_ms = NOW_MS);
    ROW("files stale", s.files_stale = true);
    ROW("files stale, written just now", s.files_stale = true;
        s.write_not_before_ms = NOW_MS + 900);
    ROW("files stale, and commands", s.files_stale = true; s.ops = 5);
    ROW("files stale, and commands held back", s.files_stale = true; s.ops = 5;
        s.apply_not_before_ms = NOW_MS + 400);
    ROW("files stale, seen one interval ago", s.files_stale = true; s.observed_ms = NOW_MS - 2000);
    ROW("files being written, stale again", s.writing = true; s.files_stale = true);
    ROW("files being written, and commands", s.writing = true; s.ops = 5);
    ROW("files being written, and something has changed", s.writing = true; s.observe_asked = true);
    ROW("files being written, and a reload", s.writing = true; s.reload_wanted = true);
    ROW("files being written, and HAProxy is away", s.writing = true; s.runtime_up = false;
        s.may_start = true);
    *to = out;
}

static void test_what_is_done_in_which_situation(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 65536);
    put_down_rows(&out);
    put_up_rows(&out);
    given_golden("tests/golden/control/loop.txt", buf_str(&out));
    buf_free(&out);
}

/* One of 2^16 situations: each bit is a fact, times lie before or behind now. */
static struct situation situation_of(unsigned bits)
{
    struct situation s = calm();

    s.busy = bits & 1;
    s.runtime_up = bits & 2;
    s.may_start = bits & 4;
    s.start_not_before_ms = NOW_MS + (bits & 8 ? 10 : -10);
    s.observed = bits & 16;
    s.observe_asked = bits & 32;
    s.observed_ms = NOW_MS - (bits & 64 ? 2500 : 500);
    s.reload_wanted = bits & 128;
    s.reload_allowed = bits & 256;
    s.reload_not_before_ms = NOW_MS + (bits & 512 ? 20 : -20);
    s.ops = bits & 1024 ? 3 : 0;
    s.apply_not_before_ms = NOW_MS + (bits & 2048 ? 30 : -30);
    s.files_stale = bits & 4096;
    s.writing = bits & 8192;
    s.retry_ms = bits & 16384 ? NOW_MS + (bits & 32768 ? 40 : -40) : -1;
    return s;
}

static void test_no_situation_breaks_the_rules(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 65536; bits++) {
        struct situation s = situation_of(bits);
        struct loop_decision d = loop_next(&s);
        bool known = s.observed && !s.observe_asked;

        if (s.busy)
            assert_int_equal(d.action, LOOP_WAIT);
        if (d.action == LOOP_START)
            assert_true(!s.runtime_up && s.may_start);
        else if (d.action == LOOP_RETRY)
            assert_true(s.retry_ms >= 0 && s.retry_ms <= s.now_ms);
        else if (d.action != LOOP_WAIT)
            assert_true(s.runtime_up);
        if (d.action == LOOP_APPLY || d.action == LOOP_RELOAD || d.action == LOOP_WRITE)
            assert_true(known); /* nothing is done on old knowledge */
        if (d.action == LOOP_RELOAD)
            assert_true(s.reload_wanted && s.reload_allowed);
        if (d.action == LOOP_APPLY)
            assert_true(s.ops > 0);
        if (s.writing) /* one writer of files at a time */
            assert_true(d.action != LOOP_WRITE && d.action != LOOP_RELOAD &&
                        d.action != LOOP_START);
        if (d.action == LOOP_WAIT && d.wake_ms >= 0)
            assert_true(d.wake_ms > s.now_ms); /* or the loop would spin */
        if (d.action == LOOP_WAIT && !s.busy && s.retry_ms >= 0)
            assert_true(d.wake_ms > 0 && d.wake_ms <= s.retry_ms);
        if (d.action == LOOP_WAIT && !s.busy && s.runtime_up)
            assert_true(d.wake_ms > 0); /* a running HAProxy is always looked at again */
    }
}

static void test_a_plan_without_progress_backs_off(void **state)
{
    struct progress p = {0};
    int64_t pause[12];

    (void)state;
    assert_false(progress_planned(&p, 0, NOW_MS)); /* an empty plan */
    assert_false(progress_planned(&p, 77, NOW_MS));
    assert_int_equal(p.not_before_ms, 0);
    for (size_t i = 0; i < 12; i++) {
        progress_sent(&p, 77);
        assert_true(progress_planned(&p, 77, NOW_MS));
        pause[i] = p.not_before_ms - NOW_MS;
        assert_true(progress_planned(&p, 77, NOW_MS + 50)); /* looked at again, and not sent */
        assert_int_equal(p.not_before_ms - NOW_MS, pause[i]);
    }
    assert_int_equal(pause[0], 100);
    assert_int_equal(pause[1], 200);
    assert_int_equal(pause[8], 25600);
    assert_int_equal(pause[9], 30000);
    assert_int_equal(pause[11], 30000);
    assert_false(progress_planned(&p, 78, NOW_MS)); /* something else: at once */
    assert_int_equal(p.not_before_ms, 0);
    assert_int_equal(p.repeats, 0);
    progress_sent(&p, 78);
    assert_false(progress_planned(&p, 0, NOW_MS));  /* done */
    assert_false(progress_planned(&p, 78, NOW_MS)); /* and wanted again later */
}

static void test_what_only_waits_is_looked_at_slower_and_slower(void **state)
{
    int64_t pause = 0, before, sum = 0;
    int looks = 0;

    (void)state;
    assert_int_equal(loop_poll_ms(0, 0), 20); /* after commands; never without a pause */
    for (; sum < 30000; looks++) {
        before = pause;
        pause = loop_poll_ms(pause, 1);
        assert_true(pause >= before && pause >= 20 && pause <= 200);
        sum += pause;
    }
    assert_true(looks < 170);
    assert_int_equal(loop_poll_ms(200, 1), 200);
    assert_int_equal(loop_poll_ms(20, 90), 450); /* a look that costs much is taken less often */
    assert_int_equal(loop_poll_ms(450, 1), 200);
}

static void put_walk(struct buf *out, const char *what, struct reload_facts facts,
                     enum reload_step fails)
{
    bool back = fails == RELOAD_RESTORE || fails == RELOAD_REVIVE; /* the way there is a failure */
    enum reload_step s = RELOAD_CHECK;

    buf_printf(out, "%-44s %s", what, reload_step_name(s));
    for (int i = 0; i < RELOAD_STEP_COUNT && !reload_is_over(s); i++) {
        s = reload_next(s, s != fails && !(back && s == RELOAD_KICK), &facts);
        buf_printf(out, " > %s", reload_step_name(s));
    }
    buf_add_char(out, '\n');
    assert_true(reload_is_over(s));
    assert_int_equal(reload_next(s, true, &facts), s); /* the end is the end */
}

static void test_how_a_reload_goes_on(void **state)
{
    static const struct {
        const char *name;
        struct reload_facts facts;
    } worlds[] = {{"reload", {true, true}},
                  {"reload, socket dead", {true, false}},
                  {"start", {false, false}}};
    struct buf out;

    (void)state;
    buf_init(&out, 65536);
    for (size_t w = 0; w < 3; w++) {
        put_walk(&out, worlds[w].name, worlds[w].facts, RELOAD_STEP_COUNT);
        for (unsigned s = 0; s < RELOAD_DONE; s++) {
            char what[64];
            struct arena a = ARENA_INIT;
            str_copy(what, sizeof what,
                     arena_printf(&a, "%s: %s fails", worlds[w].name,
                                  reload_step_name((enum reload_step)s)));
            put_walk(&out, what, worlds[w].facts, (enum reload_step)s);
            arena_free(&a);
        }
    }
    given_golden("tests/golden/control/reload.txt", buf_str(&out));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_done_in_which_situation),
        cmocka_unit_test(test_no_situation_breaks_the_rules),
        cmocka_unit_test(test_a_plan_without_progress_backs_off),
        cmocka_unit_test(test_what_only_waits_is_looked_at_slower_and_slower),
        cmocka_unit_test(test_how_a_reload_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
