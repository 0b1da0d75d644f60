/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a server that misbehaves: every command ends once, and never with the reply of
 * another one. */
#include "fake.h"
#include "haproxy/batch.h"
#include "haproxy/command.h"
#include "haproxy/observe.h"
#include "haproxy/runtime.h"
#include "real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scene {
    struct fake fake;
    struct runtime *runtime;
    bool up, down;
    char why[256];
    size_t ok, failed;
    bool all;
    size_t expected;
    char last[256];
    bool close_in_reply, reopen_in_reply;
};

static void on_state(void *ctx, enum runtime_state state, const struct err *why)
{
    struct scene *s = ctx;

    if (state == RUNTIME_UP)
        s->up = true;
    if (state == RUNTIME_DOWN) {
        s->down = true;
        (void)snprintf(s->why, sizeof s->why, "%.200s", why->text);
    }
}

static void on_reply(void *ctx, const struct err *failure, struct str reply)
{
    struct scene *s = ctx;

    if (failure)
        s->failed++;
    else
        s->ok++;
    (void)snprintf(s->last, sizeof s->last, "%.200s", failure ? failure->text : "");
    if (!failure)
        str_copy(s->last, sizeof s->last, reply);
    s->all = s->ok + s->failed >= s->expected;
    if (s->close_in_reply && s->runtime) {
        struct runtime *r = s->runtime;
        s->runtime = NULL;
        runtime_close(r);
    }
    if (s->reopen_in_reply) {
        s->reopen_in_reply = false;
        runtime_reopen(s->runtime);
    }
}

static void open_runtime(struct scene *s, size_t max_reply)
{
    struct err e;

    s->runtime = runtime_open(EV_DEFAULT,
                              &(struct runtime_options){.path = s->fake.path,
                                                        .open_deadline_s = 0.3,
                                                        .max_reply_bytes = max_reply,
                                                        .on_state = on_state,
                                                        .ctx = s},
                              &e);
    assert_non_null(s->runtime);
}

static void setup(struct scene *s)
{
    fake_open(&s->fake);
    open_runtime(s, 0);
}

static void teardown(struct scene *s)
{
    runtime_close(s->runtime);
    fake_close(&s->fake);
}

static void send_many(struct scene *s, const char *command, size_t n)
{
    struct err e;

    s->expected += n;
    s->all = false;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(runtime_send(s->runtime, str_z(command), 0.3, on_reply, s, &e), 0);
}

static const char *echo(struct fake *f, struct str line)
{
    static char text[256];

    (void)f;
    (void)snprintf(text, sizeof text, STR_FMT "\n", STR_ARG(line));
    return text;
}

static void numbered(void *ctx, const struct batch *b)
{
    bool *done = ctx;

    assert_null(b->failure);
    assert_int_equal(b->answered, 3000);
    for (size_t i = 0; i < b->answered; i++) {
        char want[32];
        (void)snprintf(want, sizeof want, "%s %zu\n", i % 7 ? "set" : "show", i);
        assert_true(str_eq_z(b->replies[i], want));
    }
    *done = true;
}

static void run_numbered(bool slow)
{
    struct scene s = {.fake = {.answer = echo, .slow = slow}};
    static struct str commands[3000];
    static char text[3000][32];
    bool done = false;
    struct err e;

    setup(&s);
    for (size_t i = 0; i < 3000; i++) {
        (void)snprintf(text[i], sizeof text[i], "%s %zu", i % 7 ? "set" : "show", i);
        commands[i] = str_z(text[i]);
    }
    assert_int_equal(batch_send(s.runtime, commands, 3000, 2., numbered, &done, &e), 0);
    loop_until(&done, 20);
    teardown(&s);
}

static void each_reply_goes_to_its_command(void **state)
{
    (void)state;
    run_numbered(false);
}

static void also_when_every_byte_comes_alone(void **state)
{
    (void)state;
    run_numbered(true);
}

static const char *close_at_third(struct fake *f, struct str line)
{
    (void)line;
    return f->lines >= 7 ? NULL : ""; /* prompt, severity, level, then three commands */
}

static void end_of_connection_fails_the_rest_once(void **state)
{
    struct scene s = {.fake = {.answer = close_at_third}};

    (void)state;
    setup(&s);
    send_many(&s, "get weight b/s", 10); /* readers: one window each */
    loop_until(&s.all, 5);
    assert_int_equal(s.ok + s.failed, 10);
    assert_true(s.ok >= 1 && s.failed >= 7);
    assert_non_null(strstr(s.last, "closed by HAProxy"));
    assert_true(s.down);
    teardown(&s);
}

static void failed_connection_opens_again(void **state)
{
    struct scene s = {.fake = {.answer = echo}};

    (void)state;
    setup(&s);
    loop_until(&s.up, 5);
    s.up = false;
    fake_hang_up(&s.fake);
    loop_until(&s.down, 5);
    assert_int_equal(runtime_state(s.runtime), RUNTIME_DOWN);
    assert_int_equal(runtime_send(s.runtime, STR("x"), 1, on_reply, &s, NULL), -1);
    loop_until(&s.up, 5);
    send_many(&s, "hello", 1);
    loop_until(&s.all, 5);
    assert_string_equal(s.last, "hello\n");
    assert_int_equal(s.fake.accepted, 2);
    teardown(&s);
}

static void nobody_listens_is_told_and_tried_again(void **state)
{
    struct scene s = {.fake = {.answer = echo}};

    (void)state;
    fake_open(&s.fake);
    fake_close(&s.fake);
    open_runtime(&s, 0);
    send_many(&s, "early", 2);
    loop_until(&s.down, 5);
    assert_int_equal(s.failed, 2);
    fake_open(&s.fake);
    loop_until(&s.up, 5);
    teardown(&s);
}

static const char *silent_on_second(struct fake *f, struct str line)
{
    f->mute = str_eq(line, STR("b"));
    return f->mute ? "partial" : "";
}

static void silence_ends_at_the_deadline(void **state)
{
    struct scene s = {.fake = {.answer = silent_on_second}};
    double before;

    (void)state;
    setup(&s);
    loop_until(&s.up, 5);
    send_many(&s, "a", 1);
    send_many(&s, "b", 1);
    send_many(&s, "c", 300);
    before = ev_time();
    loop_until(&s.all, 5);
    assert_true(ev_time() - before < 2);
    assert_int_equal(s.ok + s.failed, 302);
    assert_true(s.failed >= 301);
    assert_non_null(strstr(s.last, "no answer in time"));
    teardown(&s);
}

static void server_that_never_prompts_is_given_up(void **state)
{
    struct scene s = {.fake = {.mute = true}};

    (void)state;
    setup(&s);
    loop_until(&s.down, 5);
    assert_non_null(strstr(s.why, "no answer in time"));
    teardown(&s);
}

static void foreign_greeting_is_refused(void **state)
{
    struct scene s = {.fake = {.prompt = "220 mail.example ESMTP\r\n"}};

    (void)state;
    setup(&s);
    loop_until(&s.down, 5);
    assert_non_null(strstr(s.why, "not HAProxy's command line"));
    teardown(&s);
}

static void socket_without_admin_level_is_refused(void **state)
{
    struct scene s = {.fake = {.level = "[6]: operator\n"}};

    (void)state;
    setup(&s);
    loop_until(&s.down, 5);
    assert_non_null(strstr(s.why, "no admin level"));
    teardown(&s);
}

static const char *prompt_inside(struct fake *f, struct str line)
{
    (void)f;
    return str_starts(line, STR("show")) ? "one\n> two\n\n> three\n" : "one\n\n> two\n";
}

static void reader_may_answer_with_prompts_inside(void **state)
{
    struct scene s = {.fake = {.answer = prompt_inside}};

    (void)state;
    setup(&s);
    send_many(&s, "show info", 1);
    loop_until(&s.all, 5);
    assert_string_equal(s.last, "one\n> two\n\n> three\n");
    send_many(&s, "show info", 5);
    loop_until(&s.all, 5);
    assert_int_equal(s.ok, 6);
    teardown(&s);
}

/* Two replies to one command: no later command may get the wrong one. */
static void reply_out_of_step_ends_the_connection(void **state)
{
    struct scene s = {.fake = {.answer = prompt_inside}};

    (void)state;
    setup(&s);
    loop_until(&s.up, 5);
    s.expected = 101;
    send_many(&s, "add x", 1); /* alone in its window: one reply, whatever is in it */
    send_many(&s, "add y", 100);
    loop_until(&s.down, 5);
    assert_int_equal(s.ok, 1);
    assert_int_equal(s.failed, 100);
    assert_non_null(strstr(s.why, "out of step"));
    teardown(&s);
}

static void bytes_behind_the_window_end_the_connection(void **state)
{
    struct scene s = {.fake = {.answer = echo}};

    (void)state;
    setup(&s);
    loop_until(&s.up, 5);
    fake_say(&s.fake, "news");
    loop_until(&s.down, 5);
    assert_non_null(strstr(s.why, "unasked"));
    teardown(&s);
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
    struct scene s = {.fake = {.answer = endless}};

    (void)state;
    fake_open(&s.fake);
    open_runtime(&s, 100000);
    send_many(&s, "show stat", 1);
    loop_until(&s.all, 5);
    assert_int_equal(s.failed, 1);
    assert_non_null(strstr(s.last, "too large"));
    teardown(&s);
}

static void owner_may_close_in_a_callback(void **state)
{
    struct scene s = {.fake = {.answer = echo}, .close_in_reply = true};

    (void)state;
    setup(&s);
    send_many(&s, "a", 50);
    loop_until(&s.all, 5);
    assert_int_equal(s.ok, 1);
    assert_int_equal(s.failed, 49);
    assert_null(s.runtime);
    loop_for(0.05);
    fake_close(&s.fake);
}

static void owner_may_reopen_in_a_callback(void **state)
{
    struct scene s = {.fake = {.answer = echo}, .reopen_in_reply = true};

    (void)state;
    setup(&s);
    send_many(&s, "a", 50);
    loop_until(&s.all, 5);
    assert_int_equal(s.ok, 1);
    assert_int_equal(s.failed, 49);
    send_many(&s, "b", 3);
    loop_until(&s.all, 5);
    assert_int_equal(s.ok, 4);
    assert_int_equal(s.fake.accepted, 2);
    teardown(&s);
}

static void closing_fails_what_waits(void **state)
{
    struct scene s = {.fake = {.answer = echo}};

    (void)state;
    setup(&s);
    send_many(&s, "a", 5);
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
    struct scene s = {.fake = {.mute = true}};
    struct err e;
    int rc = 0;

    (void)state;
    setup(&s);
    s.expected = SIZE_MAX;
    for (size_t i = 0; i <= RUNTIME_MAX_QUEUE && rc == 0; i++)
        rc = runtime_send(s.runtime, STR("x"), 1, on_reply, &s, &e);
    assert_int_equal(rc, -1);
    assert_non_null(strstr(e.text, "too many"));
    assert_int_equal(runtime_queued(s.runtime), RUNTIME_MAX_QUEUE);
    teardown(&s);
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
    struct scene s = {.fake = {.answer = garbled}};
    struct seen seen = {0};
    struct err e;

    (void)state;
    setup(&s);
    loop_until(&s.up, 5);
    assert_int_equal(
        observe_start(s.runtime, &(struct observe_request){.maps = true}, 1., on_have, &seen, &e),
        0);
    loop_until(&seen.done, 5);
    assert_non_null(strstr(seen.text, "show servers state: line 2"));
    assert_non_null(strstr(seen.text, "# not the columns"));
    teardown(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reply_goes_to_its_command),
        cmocka_unit_test(also_when_every_byte_comes_alone),
        cmocka_unit_test(end_of_connection_fails_the_rest_once),
        cmocka_unit_test(failed_connection_opens_again),
        cmocka_unit_test(nobody_listens_is_told_and_tried_again),
        cmocka_unit_test(silence_ends_at_the_deadline),
        cmocka_unit_test(server_that_never_prompts_is_given_up),
        cmocka_unit_test(foreign_greeting_is_refused),
        cmocka_unit_test(socket_without_admin_level_is_refused),
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
