/* SPDX-License-Identifier: Apache-2.0 */
/* The server's limits and deadlines, and how it leaves. */
#include "dial.h"
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <unistd.h>

#define QUESTION "[03 00000001 02 01 'pick' 01 'path' 08'/a/x']"
#define ANSWER "[67 00000001 02 01 01 03 02 'n' 04 01]"
#define TIMED_OUT "[66 00000001 00 00 'status-code' 0302 'message' 08'a timeout occurred']"

static void the_connection_too_many_is_closed_at_once(void **state)
{
    struct spop_options o = {.max_connections = 2, .on_notify = dial_answer};
    struct spop_server *s = dial_start(&o, NULL);
    int one = dial_talk(s), two = dial_talk(s), three = dial_port(s);

    (void)state;
    dial_expect_end(three);
    assert_int_equal(dial_state(s, 0).refused, 1);
    dial_send(two, QUESTION);
    dial_expect(two, ANSWER);
    close(one);
    DIAL_UNTIL(dial_state(s, 0).connections == 1);
    close(three);
    three = dial_talk(s);
    close(two);
    close(three);
    assert_int_equal(spop_server_stop(s), 0);
}

static void late_peers_are_told_and_dropped(void **state)
{
    struct spop_options o = {
        .hello_ms = 300, .frame_ms = 300, .idle_ms = 1500, .on_notify = dial_answer};
    struct spop_server *s = dial_start(&o, NULL);
    int silent = dial_port(s), half = dial_talk(s), idle = dial_talk(s);

    (void)state;
    dial_send(half, "00000020 03 00");
    dial_expect(silent, TIMED_OUT);
    dial_expect(half, TIMED_OUT);
    dial_expect(idle, AGENT_BYE);
    assert_int_equal(dial_state(s, 0).late, 2);
    assert_int_equal(dial_state(s, 0).idle, 1);
    dial_expect_end(silent);
    close(silent);
    close(half);
    close(idle);
    DIAL_UNTIL(dial_state(s, 0).connections == 0);
    assert_int_equal(spop_server_stop(s), 0);
}

static void who_spoke_while_the_thread_was_stuck_is_not_late(void **state)
{
    struct spop_options o = {.hello_ms = 300, .frame_ms = 300, .on_notify = dial_hold};
    struct spop_server *s = dial_start(&o, NULL);
    int stuck = dial_talk(s), begun = dial_talk(s), silent = dial_port(s);
    int64_t since_ms = dial_ms();

    (void)state;
    dial_send(begun, "00000017 03 00");
    DIAL_UNTIL(dial_state(s, 0).connections == 3);
    atomic_store(&dial_held, 0);
    atomic_store(&dial_holding, true);
    dial_send(stuck, QUESTION);
    DIAL_UNTIL(atomic_load(&dial_held) == 1);
    dial_send(begun, "0000 01 02 01 'pick' 01 'path' 0803 2f6178");
    dial_send(silent, HELLO);
    DIAL_UNTIL(dial_ms() - since_ms > 8 * SPOP_HEARTBEAT_MS);
    atomic_store(&dial_holding, false);
    dial_expect(stuck, ANSWER);
    dial_expect(begun, ANSWER);
    dial_expect(silent, AGENT_HELLO);
    assert_int_equal(dial_state(s, 0).late, 0);
    close(stuck);
    close(begun);
    close(silent);
    assert_int_equal(spop_server_stop(s), 0);
}

static void held_bytes_of_all_connections_are_limited(void **state)
{
    struct spop_options o = {.max_held_bytes = 3 * 1024, .on_notify = dial_answer};
    struct spop_server *s = dial_start(&o, NULL);
    uint8_t bytes[256];
    uint64_t hello_bytes = wire(HELLO, bytes, sizeof bytes);
    int fds[6];

    (void)state;
    for (int i = 0; i < 6; i++) {
        fds[i] = dial_talk(s);
        dial_send(fds[i], "00000020 03 00"); /* 1 KiB is taken for it */
    }
    DIAL_UNTIL(dial_state(s, 0).starved == 3);
    assert_int_equal(dial_state(s, 0).connections, 3);
    for (int i = 0; i < 6; i++)
        close(fds[i]);
    DIAL_UNTIL(dial_state(s, 0).connections == 0);
    for (int i = 0; i < 3; i++) { /* what they held is given back */
        fds[i] = dial_talk(s);
        dial_send(fds[i], "00000020 03 00");
    }
    DIAL_UNTIL(dial_state(s, 0).bytes_in == 9 * (hello_bytes + 6));
    assert_int_equal(dial_state(s, 0).starved, 3);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    assert_int_equal(spop_server_stop(s), 0);
}

static void leaving_fails_checks_first_and_then_says_goodbye(void **state)
{
    struct spop_options o = {.on_notify = dial_answer};
    struct spop_server *s = dial_start(&o, NULL);
    int quiet = dial_talk(s), busy = dial_talk(s), check;

    (void)state;
    assert_false(spop_server_is_drained(s));
    spop_server_drain(s, 60000);
    check = dial_port(s);
    dial_send(check,
              "[01 00000001 00 00 " KV_VERSION KV_SIZE "'capabilities' 08'' 'healthcheck' 11]");
    dial_expect(check, AGENT_BYE);
    dial_send(busy, QUESTION);
    dial_expect(busy, ANSWER);
    spop_server_drain(s, 0);
    dial_expect(quiet, AGENT_BYE);
    dial_expect(busy, AGENT_BYE);
    assert_int_equal(dial_port(s), -1);
    assert_false(spop_server_is_drained(s)); /* they have not closed yet */
    close(quiet);
    close(busy);
    close(check);
    DIAL_UNTIL(spop_server_is_drained(s));
    assert_int_equal(spop_server_stop(s), 0);
}

static void goodbye_comes_with_the_next_answer_of_a_busy_connection(void **state)
{
    struct spop_options o = {.on_notify = dial_hold};
    struct spop_server *s = dial_start(&o, NULL);
    int fd = dial_talk(s);

    (void)state;
    atomic_store(&dial_held, 0);
    atomic_store(&dial_holding, true);
    dial_send(fd, QUESTION);
    DIAL_UNTIL(atomic_load(&dial_held) == 1);
    spop_server_drain(s, 0);
    dial_send(fd, QUESTION);
    atomic_store(&dial_holding, false);
    dial_expect(fd, ANSWER ANSWER AGENT_BYE);
    dial_expect_end(fd);
    close(fd);
    assert_int_equal(spop_server_stop(s), 0);
}

static void stopping_does_not_wait_for_a_stuck_thread_or_a_deaf_peer(void **state)
{
    struct spop_options o = {.on_notify = dial_hold};
    struct spop_server *s = dial_start(&o, NULL);
    int fd = dial_talk(s);

    (void)state;
    atomic_store(&dial_holding, true);
    atomic_store(&dial_held, 0);
    assert_int_equal(spop_server_stop(s), 0); /* `fd` never closes */
    s = dial_start(&o, NULL);
    close(fd);
    fd = dial_talk(s);
    dial_send(fd, QUESTION);
    DIAL_UNTIL(atomic_load(&dial_held) == 1);
    assert_int_equal(spop_server_stop(s), -1);
    atomic_store(&dial_holding, false);
    dial_expect(fd, ANSWER);
    close(fd);
    assert_int_equal(spop_server_stop(s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_connection_too_many_is_closed_at_once),
        cmocka_unit_test(late_peers_are_told_and_dropped),
        cmocka_unit_test(who_spoke_while_the_thread_was_stuck_is_not_late),
        cmocka_unit_test(held_bytes_of_all_connections_are_limited),
        cmocka_unit_test(leaving_fails_checks_first_and_then_says_goodbye),
        cmocka_unit_test(goodbye_comes_with_the_next_answer_of_a_busy_connection),
        cmocka_unit_test(stopping_does_not_wait_for_a_stuck_thread_or_a_deaf_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
