/* SPDX-License-Identifier: Apache-2.0 */
/* The server: addresses, and threads that are closed and opened from outside. */
#include "dial.h"
#include "folder.h"
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTION "[03 00000001 02 01 'pick' 01 'path' 08'/a/x']"
#define ANSWER "[67 00000001 02 01 01 03 02 'n' 04 01]"

static void a_question_is_answered_on_each_address(void **state)
{
    const char *addresses[] = {"127.0.0.1:0", "[::1]:0", "*:0"};
    struct spop_options o = {
        .listen = addresses, .listen_count = 3, .threads = 3, .on_notify = dial_answer};
    char why[128] = "";
    struct spop_server *s = spop_server_start(&o, why, sizeof why);
    int fd;

    (void)state;
    assert_string_equal(why, "");
    assert_true(spop_server_port(s, 1) > 0 && spop_server_port(s, 2) > 0);
    for (int i = 0; i < 12; i++) { /* whichever thread takes it */
        fd = dial_talk(s);
        dial_send(fd, QUESTION QUESTION QUESTION);
        dial_expect(fd, ANSWER ANSWER ANSWER);
        close(fd);
    }
    assert_int_equal(spop_server_stop(s), 0);
}

static void an_address_in_use_or_without_meaning_is_named(void **state)
{
    struct spop_options o = {.threads = 2, .on_notify = dial_answer};
    struct spop_server *s = dial_start(&o, NULL);
    char why[128], address[64], wanted[160];
    const char *list[] = {address, "nonsense"};

    (void)state;
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", spop_server_port(s, 0));
    o.listen = list;
    assert_null(spop_server_start(&o, why, sizeof why));
    (void)snprintf(wanted, sizeof wanted, "%s: Address already in use", address);
    assert_string_equal(why, wanted);
    o.listen = list + 1;
    assert_null(spop_server_start(&o, why, sizeof why));
    assert_string_equal(why, "nonsense: Invalid argument");
    o.on_notify = NULL;
    assert_null(spop_server_start(&o, why, sizeof why));
    assert_string_equal(why, "no handler");
    assert_int_equal(spop_server_stop(s), 0);
}

static void count(void *ctx, const struct spop_notify *notify, struct spop_ack *ack)
{
    atomic_fetch_add((atomic_uint *)ctx, 1);
    dial_answer(NULL, notify, ack);
}

static void each_thread_has_its_own_context(void **state)
{
    static atomic_uint counts[2];
    void *const contexts[] = {&counts[0], &counts[1]};
    struct spop_options o = {.threads = 2, .contexts = contexts, .on_notify = count};
    struct spop_server *s = dial_start(&o, NULL);
    unsigned asked = 0;

    (void)state;
    while (atomic_load(&counts[0]) == 0 || atomic_load(&counts[1]) == 0) {
        int fd = dial_talk(s);
        dial_send(fd, QUESTION);
        dial_expect(fd, ANSWER);
        close(fd);
        assert_true(++asked < 1000);
    }
    assert_int_equal(atomic_load(&counts[0]), dial_state(s, 0).notifies);
    assert_int_equal(atomic_load(&counts[1]), dial_state(s, 1).notifies);
    assert_int_equal(spop_server_stop(s), 0);
}

static void a_stuck_thread_is_seen_closed_from_outside_and_opened_again(void **state)
{
    struct spop_options o = {.on_notify = dial_hold};
    struct spop_server *s = dial_start(&o, NULL);
    int stuck = dial_talk(s), waiting = dial_talk(s), fd;
    int64_t beat;

    (void)state;
    atomic_store(&dial_held, 0);
    atomic_store(&dial_holding, true);
    dial_send(stuck, QUESTION);
    DIAL_UNTIL(atomic_load(&dial_held) == 1);
    beat = dial_state(s, 0).beat_ms;
    DIAL_UNTIL(dial_ms() - beat > 3 * SPOP_HEARTBEAT_MS);
    assert_int_equal(dial_state(s, 0).beat_ms, beat);
    assert_true((fd = dial_port(s)) >= 0); /* the kernel takes it: this is what costs HAProxy */
    close(fd);
    spop_server_close_thread(s, 0);
    assert_int_equal(dial_port(s), -1);
    assert_int_equal(errno, ECONNREFUSED);
    dial_expect_end(waiting);
    assert_false(dial_state(s, 0).listening);
    atomic_store(&dial_holding, false);
    DIAL_UNTIL(dial_state(s, 0).beat_ms != beat && dial_state(s, 0).connections == 0);
    assert_int_equal(dial_port(s), -1); /* until it is opened */
    spop_server_open_thread(s, 0);
    DIAL_UNTIL(dial_state(s, 0).listening);
    fd = dial_talk(s);
    dial_send(fd, QUESTION);
    dial_expect(fd, ANSWER);
    close(fd);
    close(stuck);
    close(waiting);
    assert_int_equal(spop_server_stop(s), 0);
}

static void others_go_on_while_one_thread_is_closed(void **state)
{
    struct spop_options o = {.threads = 2, .on_notify = dial_answer};
    struct spop_server *s = dial_start(&o, NULL);

    (void)state;
    for (unsigned closed = 0; closed < 2; closed++) {
        spop_server_close_thread(s, closed);
        for (int i = 0; i < 20; i++) {
            int fd = dial_talk(s);
            dial_send(fd, QUESTION);
            dial_expect(fd, ANSWER);
            close(fd);
        }
        spop_server_open_thread(s, closed);
        DIAL_UNTIL(dial_state(s, closed).listening);
    }
    assert_true(dial_state(s, 0).notifies >= 20 && dial_state(s, 1).notifies >= 20);
    assert_int_equal(spop_server_stop(s), 0);
}

static void a_unix_socket_refuses_when_its_last_thread_is_closed(void **state)
{
    struct spop_options o = {.threads = 2, .on_notify = dial_answer};
    char folder[FOLDER_PATH], path[96];
    struct spop_server *s;
    int fd;

    (void)state;
    folder_make(folder, "spoe");
    (void)snprintf(path, sizeof path, "%s/agent.sock", folder);
    s = dial_start(&o, path);
    spop_server_close_thread(s, 0);
    assert_true((fd = dial_path(path)) >= 0);
    dial_send(fd, HELLO QUESTION);
    dial_expect(fd, AGENT_HELLO ANSWER);
    close(fd);
    spop_server_close_thread(s, 1);
    assert_int_equal(dial_path(path), -1);
    spop_server_open_thread(s, 1);
    DIAL_UNTIL(dial_state(s, 1).listening);
    assert_true((fd = dial_path(path)) >= 0);
    dial_send(fd, HELLO QUESTION);
    dial_expect(fd, AGENT_HELLO ANSWER);
    close(fd);
    assert_int_equal(spop_server_stop(s), 0);
    assert_int_equal(access(path, F_OK), -1);
    folder_remove(folder);
}

static void a_dead_unix_socket_is_replaced_a_living_one_and_a_file_are_not(void **state)
{
    struct spop_options o = {.on_notify = dial_answer};
    char folder[FOLDER_PATH], path[96], aside[128], why[128];
    const char *list[] = {path};
    struct spop_server *s;
    FILE *f;

    (void)state;
    folder_make(folder, "spoe");
    (void)snprintf(path, sizeof path, "%s/agent.sock", folder);
    s = dial_start(&o, path);
    o.listen = list;
    assert_null(spop_server_start(&o, why, sizeof why));
    assert_non_null(strstr(why, "already in use"));
    (void)snprintf(aside, sizeof aside, "%s.x", path);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(spop_server_stop(s), 0); /* dead now, and not removed: not at its place */
    assert_int_equal(rename(aside, path), 0);
    s = dial_start(&o, path);
    assert_int_equal(spop_server_stop(s), 0);
    assert_non_null(f = fopen(path, "w"));
    (void)fclose(f);
    o.listen = list;
    o.listen_count = 1;
    assert_null(spop_server_start(&o, why, sizeof why));
    assert_non_null(strstr(why, "File exists"));
    assert_int_equal(unlink(path), 0);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_answered_on_each_address),
        cmocka_unit_test(an_address_in_use_or_without_meaning_is_named),
        cmocka_unit_test(each_thread_has_its_own_context),
        cmocka_unit_test(a_stuck_thread_is_seen_closed_from_outside_and_opened_again),
        cmocka_unit_test(others_go_on_while_one_thread_is_closed),
        cmocka_unit_test(a_unix_socket_refuses_when_its_last_thread_is_closed),
        cmocka_unit_test(a_dead_unix_socket_is_replaced_a_living_one_and_a_file_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
