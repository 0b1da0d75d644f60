/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a server that says what it should not, and at the hands of its owner: no reply
 * ever goes to another command. */
#include "client.h"
#include "haproxy/command.h"
#include "haproxy/observe.h"
#include "real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static const char *prompt_inside(struct fake *f, struct str line)
{
    (void)f;
    return str_starts(line, STR("show")) ? "one\n> two\n\n> three\n" : "one\n\n> two\n";
}

static void reader_may_answer_with_prompts_inside(void **state)
{
    struct client s = {.fake = {.answer = prompt_inside}};

    (void)state;
    client_begin(&s);
    client_send(&s, "show info", 1);
    loop_until(&s.all, 5);
    assert_string_equal(s.last, "one\n> two\n\n> three\n");
    client_send(&s, "show info", 5);
    loop_until(&s.all, 5);
    assert_int_equal(s.ok, 6);
    client_end(&s);
}

/* Two replies to one command: no later command may get the wrong one. */
static void reply_out_of_step_ends_the_connection(void **state)
{
    struct client s = {.fake = {.answer = prompt_inside}};

    (void)state;
    client_begin(&s);
    loop_until(&s.up, 5);
    s.expected = 101;
    client_send(&s, "add x", 1); /* alone in its window: one reply, whatever is in it */
    client_send(&s, "add y", 100);
    loop_until(&s.down, 5);
    assert_int_equal(s.ok, 1);
    assert_int_equal(s.failed, 100);
    assert_non_null(strstr(s.why, "out of step"));
    client_end(&s);
}

static void bytes_behind_the_window_end_the_connection(void **state)
{
    struct client s = {.fake = {.answer = client_echo}};

    (void)state;
    client_begin(&s);
    loop_until(&s.up, 5);
    fake_say(&s.fake, "news");
    loop_until(&s.down, 5);
    assert_non_null(strstr(s.why, "unasked"));
    client_end(&s);
}

static const char *endless(struct fake *f, struct str line)
{
    static char text[4096];

    (void)line;
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 30; i++)
        fake_say(f, text);
    return "";
}

static void reply_past_the_limit_ends_the_connection(void **state)
{
    struct client s = {.fake = {.answer = endless}};

    (void)state;
    fake_open(&s.fake);
    client_open_runtime(&s, 100000);
    client_send(&s, "show stat", 1);
    loop_until(&s.all, 5);
    assert_int_equal(s.failed, 1);
    assert_non_null(strstr(s.last, "too large"));
    client_end(&s);
}

static void owner_may_close_in_a_callback(void **state)
{
    struct client s = {.fake = {.answer = client_echo}, .close_in_reply = true};

    (void)state;
    client_begin(&s);
    client_send(&s, "a", 50);
    loop_until(&s.all, 5);
    assert_int_equal(s.ok, 1);
    assert_int_equal(s.failed, 49);
    assert_null(s.runtime);
    loop_for(0.05);
    fake_close(&s.fake);
}

static void owner_may_reopen_in_a_callback(void **state)
{
    struct client s = {.fake = {.answer = client_echo}, .reopen_in_reply = true};

    (void)state;
    client_begin(&s);
    client_send(&s, "a", 50);
    loop_until(&s.all, 5);
    assert_int_equal(s.ok, 1);
    assert_int_equal(s.failed, 49);
    client_send(&s, "b", 3);
    loop_until(&s.all, 5);
    assert_int_equal(s.ok, 4);
    assert_int_equal(s.fake.accepted, 2);
    client_end(&s);
}

static void closing_fails_what_waits(void **state)
{
    struct client s = {.fake = {.answer = client_echo}};

    (void)state;
    client_begin(&s);
    client_send(&s, "a", 5);
    runtime_close(s.runtime);
    assert_int_equal(s.failed, 5);
    fake_close(&s.fake);
}

static void text_that_is_not_one_command_is_refused(void **state)
{
    static const char *const bad[] = {"",     "  ",   "a;b",          "a\\\\;b",
                                      "a\nb", "a\rb", "add map x <<", "add map x <<EOF",
                                      "a\\",  "\x7f"};
    static const char *const good[] = {"a\\;b", "add map /f k <<x y", "a\\ b", "set x \\\\"};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(command_check(str_z(bad[i]), 100, &e), -1);
        assert_int_equal(e.kind, ERR_INVALID);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(command_check(str_z(good[i]), 100, &e), 0);
    assert_int_equal(command_check(STR("12345"), 4, &e), -1);
    assert_true(command_reads(STR("show info")) && command_reads(STR("@1 get weight x")));
    assert_false(command_reads(STR("shows")));
}

static void queue_is_bounded(void **state)
{
    struct client s = {.fake = {.mute = true}};
    struct err e;
    int rc = 0;

    (void)state;
    client_begin(&s);
    s.expected = SIZE_MAX;
    for (size_t i = 0; i <= RUNTIME_MAX_QUEUE && rc == 0; i++)
        rc = runtime_send(s.runtime, STR("x"), 1, client_on_reply, &s, &e);
    assert_int_equal(rc, -1);
    assert_non_null(strstr(e.text, "too many"));
    assert_int_equal(runtime_queued(s.runtime), RUNTIME_MAX_QUEUE);
    client_end(&s);
    assert_int_equal(s.failed, RUNTIME_MAX_QUEUE);
}

struct seen {
    bool done;
    char text[256];
};

static void on_have(void *ctx, struct have *have, const struct err *failure)
{
    struct seen *s = ctx;

    s->done = true;
    assert_null(have);
    (void)snprintf(s->text, sizeof s->text, "%.250s", failure->text);
}

static const char *garbled(struct fake *f, struct str line)
{
    (void)f;
    if (str_eq(line, STR("show info")))
        return "Version: 3.4.7\nPid: 12\nUptime_sec: 1\nStart_time_sec: 2\nStopping: 0\n";
    return str_eq(line, STR("show backend")) ? "# name\nb\n" : "1\n# not the columns\n";
}

static void garbled_reply_names_its_line(void **state)
{
    struct client s = {.fake = {.answer = garbled}};
    struct seen seen = {0};
    struct err e;

    (void)state;
    client_begin(&s);
    loop_until(&s.up, 5);
    assert_int_equal(
        observe_start(s.runtime, &(struct observe_request){.maps = true}, 1., on_have, &seen, &e),
        0);
    loop_until(&seen.done, 5);
    assert_non_null(strstr(seen.text, "show servers state: line 2"));
    assert_non_null(strstr(seen.text, "# not the columns"));
    client_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_may_answer_with_prompts_inside),
        cmocka_unit_test(reply_out_of_step_ends_the_connection),
        cmocka_unit_test(bytes_behind_the_window_end_the_connection),
        cmocka_unit_test(reply_past_the_limit_ends_the_connection),
        cmocka_unit_test(owner_may_close_in_a_callback),
        cmocka_unit_test(owner_may_reopen_in_a_callback),
        cmocka_unit_test(closing_fails_what_waits),
        cmocka_unit_test(text_that_is_not_one_command_is_refused),
        cmocka_unit_test(queue_is_bounded),
        cmocka_unit_test(garbled_reply_names_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
