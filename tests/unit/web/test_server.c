/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP as bytes, against the probe: what is refused, what is kept, what is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client.h"
#include "probe.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HOST "Host: localhost\r\n"
#define GET_STATUS "GET /status HTTP/1.1\r\n" HOST "\r\n"
#define FRONTEND "{\"bind\":\":80\",\"backend\":\"live\"}"
#define FRONTEND_LENGTH "Content-Length: 31\r\n"
#define PUT(name, headers) "PUT /frontends/" name " HTTP/1.1\r\n" HOST headers "\r\n"

static struct probe probe;
static struct client client;
static struct client_reply reply;

static int start(void **state)
{
    struct server_limits l = probe_limits();

    (void)state;
    probe_start(&probe, &l, NULL);
    return 0;
}

/* As of `printf ... | nc`: the client sends no more, and still reads. */
static void test_half_closed_client_gets_its_answer(void **state)
{
    static const char *const list[] = {GET_STATUS, PUT("x", FRONTEND_LENGTH) FRONTEND,
                                       PUT("slow", FRONTEND_LENGTH) FRONTEND};

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        client_open(&client, probe.port);
        assert_true(client_send_z(&client, list[i]));
        assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
        assert_true(client_reply(&client, false, &reply));
        assert_in_range(reply.status, 200, 202);
        assert_true(client_wait_close(&client) >= 0);
        client_close(&client);
    }
}

/* Last: the sanitizers' verdict over everything above. */
static void test_nothing_leaked(void **state)
{
    (void)state;
    assert_int_equal(probe_stop(&probe), 0);
}

static void assert_alive(void)
{
    assert_int_equal(client_ask(probe.port, GET_STATUS, &reply), 200);
}

static int status_number(const char *key)
{
    char *at;

    assert_alive();
    at = strstr(reply.body, key);
    assert_non_null(at);
    return (int)strtol(at + strlen(key) + 2, NULL, 10);
}

static void test_ambiguous_requests_are_refused_and_cut(void **state)
{
    static const struct {
        const char *request;
        int status;
    } list[] = {
        {PUT("a", FRONTEND_LENGTH "Transfer-Encoding: chunked\r\n"), 400},
        {PUT("a", FRONTEND_LENGTH "Content-Length: 32\r\n"), 400},
        {PUT("a", FRONTEND_LENGTH FRONTEND_LENGTH), 400},
        {PUT("a", "Content-Length: +31\r\n"), 400},
        {PUT("a", "Content-Length: -1\r\n"), 400},
        {PUT("a", "Content-Length: 5x\r\n"), 400},
        {PUT("a", "Transfer-Encoding: gzip, chunked\r\n"), 400},
        {PUT("a", "Transfer-Encoding: identity\r\n"), 400},
        {"GET /status HTTP/1.1\r\n" HOST HOST "\r\n", 400},
        {"GET /status HTTP/1.1\r\n\r\n", 400},
        {"GET /status HTTP/1.1\r\n" HOST "X : y\r\n\r\n", 400},
        {"GET /status HTTP/1.1\r\n" HOST "X(y: z\r\n\r\n", 400},
        {"GET /status HTTP/1.1\r\n" HOST "X: a\001b\r\n\r\n", 400},
        {"GET status HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET http://localhost/status HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /sta\xc3\xa4tus HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /status?a%0g=1 HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /status?=1 HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /status HTTP/1.9\r\n" HOST "\r\n", 505},
        {"CONNECT localhost:80 HTTP/1.1\r\n" HOST "\r\n", 400},
        {PUT("a", "Content-Length: 1048577\r\n"), 413},
        {PUT("a", "Content-Length: 99999999999999999999999\r\n"), 413},
    };

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        client_open(&client, probe.port);
        assert_true(client_send_z(&client, list[i].request));
        assert_true(client_reply(&client, false, &reply));
        if (reply.status != list[i].status)
            fail_msg("%s: %d, wanted %d", list[i].request, reply.status, list[i].status);
        assert_in_range(client_wait_close(&client), 0, 400);
        client_close(&client);
    }
    assert_alive();
}

static void test_garbage_is_cut(void **state)
{
    static const char *const list[] = {"\001\002\003\r\n\r\n", "\r\n\r\n\r\nhello\r\n\r\n",
                                       "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        client_open(&client, probe.port);
        assert_true(client_send_z(&client, list[i]));
        assert_true(client_wait_close(&client) >= 0);
        client_close(&client);
    }
    assert_alive();
}

static void test_head_and_old_clients(void **state)
{
    size_t length;

    (void)state;
    assert_int_equal(client_ask(probe.port, GET_STATUS, &reply), 200);
    assert_non_null(strstr(reply.head, "Content-Type: application/json; charset=utf-8\r\n"));
    assert_non_null(strstr(reply.head, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(reply.head, "X-Content-Type-Options: nosniff\r\n"));
    assert_null(strstr(reply.head, "Access-Control"));
    length = reply.body_bytes;
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, "HEAD /status HTTP/1.1\r\n" HOST "\r\n" GET_STATUS));
    assert_true(client_reply(&client, true, &reply));
    assert_int_equal(strtoul(strstr(reply.head, "Content-Length: ") + 16, NULL, 10), length);
    assert_true(client_reply(&client, false, &reply)); /* no body lay between */
    assert_int_equal(reply.status, 200);
    client_close(&client);
    /* HTTP/1.0 without a Host, as a health check sends it */
    assert_int_equal(client_ask(probe.port, "GET /healthz HTTP/1.0\r\n\r\n", &reply), 200);
    assert_int_equal(client_ask(probe.port, "OPTIONS /status HTTP/1.1\r\n" HOST "\r\n", &reply),
                     204);
    assert_non_null(strstr(reply.head, "Allow: GET, HEAD, OPTIONS\r\n"));
}

static void test_pages_of_other_sites_are_refused(void **state)
{
    (void)state;
    assert_int_equal(
        client_ask(probe.port, "GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n", &reply), 403);
    assert_int_equal(
        client_ask(probe.port,
                   "GET /status HTTP/1.1\r\n" HOST "Origin: http://evil.example\r\n\r\n", &reply),
        403);
    assert_int_equal(client_ask(probe.port,
                                "GET /status HTTP/1.1\r\n" HOST "Origin: http://localhost\r\n\r\n",
                                &reply),
                     200);
}

static void test_requests_in_one_piece_are_answered_in_order(void **state)
{
    (void)state;
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, GET_STATUS PUT("slow", FRONTEND_LENGTH) FRONTEND
                              "GET /nowhere HTTP/1.1\r\n" HOST "\r\n" GET_STATUS
                              "gar bage\r\n\r\n"));
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 200);
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 202);
    assert_non_null(strstr(reply.body, "\"name\":\"slow\""));
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 404);
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 200);
    assert_true(client_wait_close(&client) >= 0);
    client_close(&client);
}

/* The same bytes, cut in two at every place. */
static void check_cut_everywhere(const char *request)
{
    size_t n = strlen(request);

    for (size_t at = 1; at < n; at++) {
        client_open(&client, probe.port);
        assert_true(client_send(&client, request, at));
        (void)poll(NULL, 0, at % 8 == 0); /* now and then the first piece is read alone */
        assert_true(client_send(&client, request + at, n - at));
        assert_true(client_reply(&client, false, &reply));
        if (reply.status != 200 || !strstr(reply.body, "\"backend\":\"live\""))
            fail_msg("cut at %zu: %d %s", at, reply.status, reply.body);
        client_close(&client);
    }
}

static void test_bodies_in_any_piece(void **state)
{
    (void)state;
    check_cut_everywhere(PUT("cut", FRONTEND_LENGTH) FRONTEND);
    check_cut_everywhere(
        PUT("cut", "Transfer-Encoding: chunked\r\n") "5\r\n{\"bin\r\n1a\r\nd\":\":80\",\"backend\":"
                                                     "\"live\"}\r\n0\r\n\r\n");
}

static void test_expect_continue(void **state)
{
    (void)state;
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, PUT("x", FRONTEND_LENGTH "Expect: 100-continue\r\n")));
    assert_true(client_reply(&client, true, &reply));
    assert_int_equal(reply.status, 100);
    assert_true(client_send_z(&client, FRONTEND));
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 200);
    client_close(&client);
}

static char *blanks(size_t n)
{
    char *p = malloc(n + 1);

    assert_non_null(p);
    memset(p, ' ', n);
    p[n] = 0;
    return p;
}

static void test_largest_body_is_taken(void **state)
{
    size_t spare = 0x100000 - strlen(FRONTEND);
    char *rest = blanks(spare);

    (void)state;
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, PUT("large", "Content-Length: 1048576\r\n") FRONTEND));
    assert_true(client_send(&client, rest, spare));
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 200);
    client_close(&client);
    free(rest);
}

static void test_chunks_past_the_limit_are_413(void **state)
{
    char *piece = blanks(0x10000);

    (void)state;
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, PUT("large", "Transfer-Encoding: chunked\r\n")));
    for (int i = 0; i < 40; i++) {
        assert_true(client_send_z(&client, "10000\r\n"));
        assert_true(client_send(&client, piece, 0x10000));
        assert_true(client_send_z(&client, "\r\n"));
    }
    assert_true(client_send_z(&client, "0\r\n\r\n"));
    assert_true(client_reply(&client, false, &reply));
    assert_int_equal(reply.status, 413);
    assert_true(client_wait_close(&client) >= 0);
    client_close(&client);
    free(piece);
}

static void test_long_heads_are_refused(void **state)
{
    enum { LONG = 100000 };
    char *long_text = blanks(LONG);
    static char request[LONG + 8192];

    (void)state;
    memset(long_text, 'a', LONG);
    (void)snprintf(request, sizeof request, "GET /status HTTP/1.1\r\n" HOST "X: %.17000s\r\n\r\n",
                   long_text);
    assert_int_equal(client_ask(probe.port, request, &reply), 431);
    assert_non_null(strstr(reply.body, "16384"));
    (void)snprintf(request, sizeof request, "GET /%.9000s HTTP/1.1\r\n" HOST "\r\n", long_text);
    assert_int_equal(client_ask(probe.port, request, &reply), 414);
    (void)snprintf(request, sizeof request, "GET /status HTTP/1.1\r\n" HOST "X: %s\r\n\r\n",
                   long_text);
    client_open(&client, probe.port); /* past the connection's pool: the library's own answer */
    if (client_send_z(&client, request) && client_reply(&client, true, &reply))
        assert_int_equal(reply.status, 431);
    assert_true(client_wait_close(&client) >= 0);
    client_close(&client);
    free(long_text);
    assert_alive();
}

static void test_client_that_goes_away_is_no_harm(void **state)
{
    int before = status_number("answers"), asked = status_number("changes");
    int64_t end_ms = client_now_ms() + 5000;

    (void)state;
    for (int i = 0; i < 20; i++) {
        client_open(&client, probe.port);
        assert_true(client_send_z(&client, PUT("slow", FRONTEND_LENGTH) FRONTEND));
        if (i % 3 == 0) /* with the next request in the pipe */
            assert_true(client_send_z(&client, GET_STATUS));
        while (status_number("changes") < asked + i + 1)
            assert_true(client_now_ms() < end_ms);
        if (i % 2)
            client_reset(&client);
        else
            client_close(&client);
    }
    while (status_number("answers") < before + 20)
        assert_true(client_now_ms() < end_ms);
    /* half a head, half a body */
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, "GET /status HT"));
    client_reset(&client);
    client_open(&client, probe.port);
    assert_true(client_send_z(&client, PUT("x", FRONTEND_LENGTH) "{\"bind\""));
    client_reset(&client);
    assert_alive();
}

static void test_late_answer_arrives(void **state)
{
    int64_t start_ms = client_now_ms();

    (void)state;
    assert_int_equal(client_ask(probe.port, PUT("slow", FRONTEND_LENGTH) FRONTEND, &reply), 202);
    assert_in_range(client_now_ms() - start_ms, 140, 600);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ambiguous_requests_are_refused_and_cut),
        cmocka_unit_test(test_garbage_is_cut),
        cmocka_unit_test(test_head_and_old_clients),
        cmocka_unit_test(test_pages_of_other_sites_are_refused),
        cmocka_unit_test(test_requests_in_one_piece_are_answered_in_order),
        cmocka_unit_test(test_bodies_in_any_piece),
        cmocka_unit_test(test_expect_continue),
        cmocka_unit_test(test_largest_body_is_taken),
        cmocka_unit_test(test_chunks_past_the_limit_are_413),
        cmocka_unit_test(test_long_heads_are_refused),
        cmocka_unit_test(test_client_that_goes_away_is_no_harm),
        cmocka_unit_test(test_late_answer_arrives),
        cmocka_unit_test(test_half_closed_client_gets_its_answer),
        cmocka_unit_test(test_nothing_leaked),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
