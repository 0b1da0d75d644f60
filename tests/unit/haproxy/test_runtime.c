/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a server that hangs up, hangs, or is none: every command ends once. */
#include "base/arena.h"
#include "client.h"
#include "haproxy/batch.h"
#include "real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

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
    struct client s = {.fake = {.answer = client_echo, .slow = slow}};
    static struct str commands[3000];
    static char text[3000][32];
    bool done = false;
    struct err e;

    client_begin(&s);
    for (size_t i = 0; i < 3000; i++) {
        (void)snprintf(text[i], sizeof text[i], "%s %zu", i % 7 ? "set" : "show", i);
        commands[i] = str_z(text[i]);
    }
    assert_int_equal(batch_send(s.runtime, commands, 3000, 2., numbered, &done, &e), 0);
    loop_until(&done, 20);
    client_end(&s);
}

enum { LONG = RUNTIME_MAX_QUEUE + 20000 };

static void all_answered(void *ctx, const struct batch *b)
{
    bool *done = ctx;

    assert_null(b->failure);
    assert_int_equal(b->answered, LONG);
    for (size_t i = 0; i < b->answered; i++) {
        char want[32];
        (void)snprintf(want, sizeof want, "set %zu\n", i);
        assert_true(str_eq_z(b->replies[i], want));
    }
    *done = true;
}

static struct str *long_list(struct arena *a)
{
    struct str *commands = ARENA_ARRAY(a, struct str, LONG);

    for (size_t i = 0; i < LONG; i++)
        commands[i] = arena_printf(a, "set %zu", i);
    return commands;
}

/* The entries of many rules, or the members of many backends. */
static void a_plan_that_is_longer_than_the_queue_is_sent_in_parts(void **state)
{
    struct client s = {.fake = {.answer = client_echo}};
    struct arena a = ARENA_INIT;
    bool done = false;
    struct err e;

    (void)state;
    client_begin(&s);
    assert_int_equal(batch_send(s.runtime, long_list(&a), LONG, 20., all_answered, &done, &e), 0);
    loop_until(&done, 60);
    client_end(&s);
    arena_free(&a);
}

static const char *close_at_third(struct fake *f, struct str line)
{
    (void)line;
    return f->lines >= 7 ? NULL : ""; /* prompt, severity, level, then three commands */
}

static void in_part(void *ctx, const struct batch *b)
{
    bool *done = ctx;

    assert_non_null(b->failure);
    assert_int_equal(b->count, LONG);
    assert_true(b->answered < LONG);
    *done = true;
}

/* With the connection that is lost in the first part the others are not sent any more. */
static void a_long_plan_ends_once_with_the_connection(void **state)
{
    struct client s = {.fake = {.answer = close_at_third}};
    struct arena a = ARENA_INIT;
    bool done = false;
    struct err e;

    (void)state;
    client_begin(&s);
    assert_int_equal(batch_send(s.runtime, long_list(&a), LONG, 20., in_part, &done, &e), 0);
    loop_until(&done, 60);
    client_end(&s);
    arena_free(&a);
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

static void end_of_connection_fails_the_rest_once(void **state)
{
    struct client s = {.fake = {.answer = close_at_third}};

    (void)state;
    client_begin(&s);
    client_send(&s, "get weight b/s", 10); /* readers: one window each */
    loop_until(&s.all, 5);
    assert_int_equal(s.ok + s.failed, 10);
    assert_true(s.ok >= 1 && s.failed >= 7);
    assert_non_null(strstr(s.last, "closed by HAProxy"));
    assert_true(s.down);
    client_end(&s);
}

static void failed_connection_opens_again(void **state)
{
    struct client s = {.fake = {.answer = client_echo}};

    (void)state;
    client_begin(&s);
    loop_until(&s.up, 5);
    s.up = false;
    fake_hang_up(&s.fake);
    loop_until(&s.down, 5);
    assert_int_equal(runtime_state(s.runtime), RUNTIME_DOWN);
    assert_int_equal(runtime_send(s.runtime, STR("x"), 1, client_on_reply, &s, NULL), -1);
    loop_until(&s.up, 5);
    client_send(&s, "hello", 1);
    loop_until(&s.all, 5);
    assert_string_equal(s.last, "hello\n");
    assert_int_equal(s.fake.accepted, 2);
    client_end(&s);
}

static void nobody_listens_is_told_and_tried_again(void **state)
{
    struct client s = {.fake = {.answer = client_echo}};

    (void)state;
    fake_open(&s.fake);
    fake_close(&s.fake);
    client_open_runtime(&s, 0);
    client_send(&s, "early", 2);
    loop_until(&s.down, 5);
    assert_int_equal(s.failed, 2);
    fake_open(&s.fake);
    loop_until(&s.up, 5);
    client_end(&s);
}

static const char *silent_on_second(struct fake *f, struct str line)
{
    f->mute = str_eq(line, STR("b"));
    return f->mute ? "partial" : "";
}

static void silence_ends_at_the_deadline(void **state)
{
    struct client s = {.fake = {.answer = silent_on_second}};
    double before;

    (void)state;
    client_begin(&s);
    loop_until(&s.up, 5);
    client_send(&s, "a", 1);
    client_send(&s, "b", 1);
    client_send(&s, "c", 300);
    before = ev_time();
    loop_until(&s.all, 5);
    assert_true(ev_time() - before < 2);
    assert_int_equal(s.ok + s.failed, 302);
    assert_true(s.failed >= 301);
    assert_non_null(strstr(s.last, "no answer in time"));
    client_end(&s);
}

static void server_that_never_prompts_is_given_up(void **state)
{
    struct client s = {.fake = {.mute = true}};

    (void)state;
    client_begin(&s);
    loop_until(&s.down, 5);
    assert_non_null(strstr(s.why, "no answer in time"));
    client_end(&s);
}

static void foreign_greeting_is_refused(void **state)
{
    struct client s = {.fake = {.prompt = "220 mail.example ESMTP\r\n"}};

    (void)state;
    client_begin(&s);
    loop_until(&s.down, 5);
    assert_non_null(strstr(s.why, "not HAProxy's command line"));
    client_end(&s);
}

static void socket_without_admin_level_is_refused(void **state)
{
    struct client s = {.fake = {.level = "[6]: operator\n"}};

    (void)state;
    client_begin(&s);
    loop_until(&s.down, 5);
    assert_non_null(strstr(s.why, "no admin level"));
    client_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reply_goes_to_its_command),
        cmocka_unit_test(a_plan_that_is_longer_than_the_queue_is_sent_in_parts),
        cmocka_unit_test(a_long_plan_ends_once_with_the_connection),
        cmocka_unit_test(also_when_every_byte_comes_alone),
        cmocka_unit_test(end_of_connection_fails_the_rest_once),
        cmocka_unit_test(failed_connection_opens_again),
        cmocka_unit_test(nobody_listens_is_told_and_tried_again),
        cmocka_unit_test(silence_ends_at_the_deadline),
        cmocka_unit_test(server_that_never_prompts_is_given_up),
        cmocka_unit_test(foreign_greeting_is_refused),
        cmocka_unit_test(socket_without_admin_level_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
