/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines, counts, the unix socket and the end: against probes of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client.h"
#include "fake_api.h"
#include "probe.h"
#include "web/listen.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST "Host: localhost\r\n"
#define GET_STATUS "GET /status HTTP/1.1\r\n" HOST "\r\n"
#define FRONTEND "{\"bind\":\":80\",\"backend\":\"live\"}"
#define PUT(name, headers) "PUT /frontends/" name " HTTP/1.1\r\n" HOST headers "\r\n"
#define PUT_NEVER PUT("never", "Content-Length: 31\r\n") FRONTEND

static struct probe probe;
static struct client client;
static struct client_reply reply;
static char folder[] = "/tmp/thalassa-web-XXXXXX";
static char socket_path[64];

static int start(void **state)
{
    struct server_limits l = probe_limits();

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(socket_path, sizeof socket_path, "%s/api.sock", folder);
    probe_start(&probe, &l, socket_path);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Send a byte each 50 ms until the other end has closed; the milliseconds that took. */
static int drip(const char *text)
{
    int64_t start_ms = client_now_ms(), end_ms = start_ms + 5000;

    while (client_now_ms() < end_ms) {
        struct pollfd gone = {.fd = client.fd, .events = POLLIN};
        const char *c = *text ? text++ : "x";
        if (!client_send(&client, c, 1) || poll(&gone, 1, 50) > 0)
            return (int)(client_now_ms() - start_ms);
    }
    return -1;
}

/* A deadline is kept: not much earlier, not seconds later. */
static void assert_cut_after(int ms, int deadline_ms)
{
    assert_in_range(ms, deadline_ms - 150, deadline_ms + 2500);
}

static void test_silent_client_is_cut(void **state)
{
    (void)state;
    client_open(&client, probe.port);
    assert_cut_after(client_wait_close(&client), 600);
    client_close(&client);
}

static void test_dripping_head_is_cut(void **state)
{
    (void)state;
    client_open(&client, probe.port);
    assert_cut_after(drip("GET /status HTTP/1.1\r\n" HOST "X: "), 600);
    client_close(&client);
}

static void test_dripping_body_is_cut(void **state)
{
    (void)state;
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, PUT("a", "Content-Length: 500\r\n")));
    assert_cut_after(drip(""), 700);
    client_close(&client);
}

static void test_idle_connection_is_cut_later(void **state)
{
    (void)state;
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, GET_STATUS));
    assert_true(client_reply(&client, false, &reply));
    assert_cut_after(client_wait_close(&client), 1000);
    client_close(&client);
}

static void test_dripping_second_head_is_cut(void **state)
{
    (void)state;
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, GET_STATUS));
    assert_true(client_reply(&client, false, &reply));
    assert_true(client_send_z(&client, "GET /status HTTP/1.1\r\n"));
    assert_cut_after(drip("X: "), 600);
    client_close(&client);
}

static void test_silent_handler_is_503(void **state)
{
    int64_t start_ms = client_now_ms();

    (void)state;
    assert_int_equal(client_ask(probe.port, PUT_NEVER, &reply), 503);
    assert_cut_after((int)(client_now_ms() - start_ms), 800);
    assert_non_null(strstr(reply.body, "deadline"));
}

static void test_client_that_does_not_read_is_cut(void **state)
{
    size_t total = 0;
    ssize_t n;

    (void)state;
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, "GET /haproxy/config HTTP/1.1\r\n" HOST "\r\n"));
    (void)poll(NULL, 0, 1500); /* the test is that nothing is read for longer than the deadline */
    while ((n = recv(client.fd, client.bytes, sizeof client.bytes, 0)) > 0)
        total += (size_t)n;
    assert_in_range(total, 1, FAKE_CONFIG_BYTES - 1);
    client_close(&client);
    /* one that reads gets everything */
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, "GET /haproxy/config HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.body_bytes, FAKE_CONFIG_BYTES);
    assert_non_null(strstr(reply.head, "Content-Type: text/plain; charset=utf-8\r\n"));
    client_close(&client);
}

static void test_two_hundred_at_once(void **state)
{
    enum { MANY = 200 };
    static struct client all[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++)
        client_open(&all[i], probe.port);
    for (int i = 0; i < MANY; i++)
        assert_true(client_send_z(&all[i], GET_STATUS));
    for (int i = 0; i < MANY; i++) {
        assert_true(client_reply(&all[i], false, &reply));
        assert_int_equal(reply.status, 200);
    }
    for (int i = 0; i < MANY; i++)
        client_close(&all[i]);
}

static void test_unix_socket(void **state)
{
    struct stat st;
    char actor[64];

    (void)state;
    assert_int_equal(stat(socket_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    client_open_unix(&client, socket_path);
    assert_true(client_send_z(&client, "PUT /frontends/a HTTP/1.1\r\n" HOST
                                       "Content-Length: 31\r\n\r\n" FRONTEND));
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 200);
    (void)snprintf(actor, sizeof actor, "\"actor\":\"uid %u\"", (unsigned)getuid());
    assert_non_null(strstr(reply.body, actor));
    assert_true(client_send_z(&client, "GET /status HTTP/1.1\r\n" HOST
                                       "Origin: http://evil.example\r\n\r\n"));
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 403);
    client_close(&client);
}

static void test_stop_answers_what_waits(void **state)
{
    static struct client idle;
    int64_t end_ms = client_now_ms() + 5000;
    char before[64 * 1024];
    struct stat st;

    (void)state;
    assert_int_equal(client_ask(probe.port, GET_STATUS, &reply), 200);
    memcpy(before, reply.body, sizeof before);
    client_open(&idle, probe.port);
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, PUT_NEVER));
    do {
        assert_int_equal(client_ask(probe.port, GET_STATUS, &reply), 200);
        assert_true(client_now_ms() < end_ms);
    } while (strcmp(reply.body, before) == 0); /* until the agent has it */
    assert_int_equal(probe_stop(&probe), 0);   /* nothing leaked, no sanitizer complained */
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(reply.body, "stopping"));
    assert_true(client_wait_close(&client) >= 0);
    assert_true(client_wait_close(&idle) >= 0);
    client_close(&client);
    client_close(&idle);
    assert_int_equal(stat(socket_path, &st), -1); /* removed */
}

static void test_connections_of_one_address_are_counted(void **state)
{
    struct server_limits l = probe_limits();
    static struct client all[5];
    struct probe few;

    (void)state;
    l.connections_per_ip = 4;
    probe_start(&few, &l, NULL);
    for (int i = 0; i < 5; i++)
        client_open(&all[i], few.port);
    for (int i = 0; i < 4; i++) {
        assert_true(client_send_z(&all[i], GET_STATUS));
        assert_true(client_reply(&all[i], false, &reply));
    }
    assert_in_range(client_wait_close(&all[4]), 0, 400);
    client_close(&all[0]);
    client_close(&all[4]);
    int64_t end_ms = client_now_ms() + 5000;
    while (client_ask(few.port, GET_STATUS, &reply) != 200)
        assert_true(client_now_ms() < end_ms);
    for (int i = 1; i < 4; i++)
        client_close(&all[i]);
    assert_int_equal(probe_stop(&few), 0);
}

static void test_bodies_together_are_limited(void **state)
{
    struct server_limits l = probe_limits();
    static struct client other;
    static char bytes[4096], request[1024];
    struct probe small;

    (void)state;
    l.bodies_bytes = 8192;
    l.body_ms = 4000;
    probe_start(&small, &l, NULL);
    memset(bytes, ' ', sizeof bytes);
    client_open(&other, small.port);
    assert_true(client_send_z(&other, PUT("a", "Content-Length: 8191\r\n")));
    assert_true(client_send(&other, bytes, sizeof bytes));
    assert_true(client_send(&other, bytes, sizeof bytes - 192));
    (void)snprintf(request, sizeof request, PUT("b", "Content-Length: 300\r\n") "%.300s", bytes);
    int64_t end_ms = client_now_ms() + 3000;
    while (client_ask(small.port, request, &reply) != 503)
        assert_true(client_now_ms() < end_ms); /* until the first one's bytes have been read */
    client_close(&other);
    assert_int_equal(probe_stop(&small), 0);
}

static void test_stale_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    char path[64], other[64];
    ino_t inode, taken;
    struct err e;
    int fd, file;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/stale.sock", folder);
    (void)snprintf(other, sizeof other, "%s/file", folder);
    fd = listen_unix(path, &inode, &e);
    assert_true(fd >= 0);
    assert_int_equal(listen_unix(path, &taken, &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_non_null(strstr(e.text, "another process listens"));
    (void)close(fd); /* now it is stale: a file that nobody listens on */
    fd = listen_unix(path, &taken, &e);
    assert_true(fd >= 0);
    listen_unlink(path, taken + 1); /* another socket lies there since: left alone */
    assert_int_equal(access(path, F_OK), 0);
    listen_unlink(path, taken);
    assert_int_equal(access(path, F_OK), -1);
    (void)close(fd);
    file = open(other, O_CREAT | O_WRONLY, 0600);
    assert_true(file >= 0);
    (void)close(file);
    assert_int_equal(listen_unix(other, &inode, &e), -1);
    assert_non_null(strstr(e.text, "no socket"));
    assert_int_equal(unlink(other), 0);
}

static void test_listen_says_why_not(void **state)
{
    char long_path[200];
    uint16_t port;
    ino_t inode;
    struct err e;
    int fd = listen_tcp("127.0.0.1", 0, &port, &e);

    (void)state;
    assert_true(fd >= 0 && port > 0);
    assert_int_equal(listen_tcp("127.0.0.1", port, NULL, &e), -1);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "Address already in use"));
    (void)close(fd);
    assert_int_equal(listen_tcp("192.0.2.1", 0, NULL, &e), -1); /* not ours */
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    assert_int_equal(listen_tcp("no such name", 0, NULL, &e), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    memset(long_path, 'a', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = 0;
    assert_int_equal(listen_unix(long_path, &inode, &e), -1);
    assert_string_equal(e.field, "apiSocket");
    assert_int_equal(listen_unix("/nowhere/at/all", &inode, &e), -1);
    assert_non_null(strstr(e.text, "/nowhere/at/all"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_client_is_cut),
        cmocka_unit_test(test_dripping_head_is_cut),
        cmocka_unit_test(test_dripping_body_is_cut),
        cmocka_unit_test(test_idle_connection_is_cut_later),
        cmocka_unit_test(test_dripping_second_head_is_cut),
        cmocka_unit_test(test_silent_handler_is_503),
        cmocka_unit_test(test_client_that_does_not_read_is_cut),
        cmocka_unit_test(test_two_hundred_at_once),
        cmocka_unit_test(test_unix_socket),
        cmocka_unit_test(test_stop_answers_what_waits),
        cmocka_unit_test(test_connections_of_one_address_are_counted),
        cmocka_unit_test(test_bodies_together_are_limited),
        cmocka_unit_test(test_stale_socket_is_replaced_and_a_live_one_is_not),
        cmocka_unit_test(test_listen_says_why_not),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
