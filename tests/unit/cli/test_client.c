/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* --- a peer on loopback that gives one answer --- */

struct peer {
    int fd;
    unsigned port;
    char path[64];      /* of a unix socket; empty: TCP */
    const char *answer; /* NULL: listens and says nothing */
    char request[4096];
    pthread_t thread;
};

static void *serve(void *ctx)
{
    struct peer *p = ctx;
    int fd = accept(p->fd, NULL, NULL);
    ssize_t n = fd < 0 ? -1 : recv(fd, p->request, sizeof p->request - 1, 0);

    p->request[n > 0 ? n : 0] = 0;
    if (n > 0)
        (void)send(fd, p->answer, strlen(p->answer), MSG_NOSIGNAL);
    if (fd >= 0)
        (void)close(fd);
    return NULL;
}

static void listen_tcp_peer(struct peer *p)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;

    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(p->fd, (struct sockaddr *)&a, &n), 0);
    p->port = ntohs(a.sin_port);
}

static void listen_unix_peer(struct peer *p)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    (void)snprintf(p->path, sizeof p->path, "/tmp/thalassa-client-%ld.sock", (long)getpid());
    (void)unlink(p->path);
    memcpy(a.sun_path, p->path, strlen(p->path) + 1);
    p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->fd, (struct sockaddr *)&a, sizeof a), 0);
}

static void begin(struct peer *p, bool tcp, const char *answer)
{
    *p = (struct peer){.answer = answer};
    if (tcp)
        listen_tcp_peer(p);
    else
        listen_unix_peer(p);
    assert_int_equal(listen(p->fd, 4), 0);
    if (answer)
        assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void end(struct peer *p)
{
    (void)shutdown(p->fd, SHUT_RDWR); /* ends an accept that nobody came for */
    if (p->answer)
        (void)pthread_join(p->thread, NULL);
    (void)close(p->fd);
    if (p->path[0])
        (void)unlink(p->path);
}

static unsigned closed_port(void)
{
    struct peer p = {0};

    listen_tcp_peer(&p);
    (void)close(p.fd);
    return p.port;
}

static struct options options_of(const char *socket, unsigned port)
{
    return (struct options){.host = "127.0.0.1", .port = port, .apiSocket = socket};
}

static int get(const struct options *o, int64_t deadline_ms, struct client_reply *reply,
               struct err *e)
{
    struct client *c = client_open(o);
    struct client_request request = {
        .method = "GET", .path = STR("/status"), .deadline_ms = deadline_ms};
    int rc = client_call(c, &request, reply, e);

    client_close(c);
    return rc;
}

#define GOOD                                                                                       \
    "HTTP/1.1 200 OK\r\nX-Thalassa-Generation: 42\r\nContent-Length: 2\r\nConnection: "            \
    "close\r\n\r\n{}"

/* --- the tests --- */

static void test_the_socket_goes_first(void **state)
{
    struct peer p;
    struct options o;
    struct client_reply reply;
    struct err e;

    (void)state;
    begin(&p, false, GOOD);
    o = options_of(p.path, closed_port());
    assert_int_equal(get(&o, 5000, &reply, &e), 0);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.generation, 42);
    assert_true(str_eq_z(buf_str(&reply.body), "{}"));
    assert_non_null(strstr(p.request, "GET /status HTTP/1.1\r\n"));
    assert_non_null(strstr(p.request, "Host: localhost\r\n"));
    buf_free(&reply.body);
    end(&p);
}

static void test_without_the_socket_host_and_port_are_asked(void **state)
{
    struct peer p;
    struct options o;
    struct client_reply reply;
    struct err e;

    (void)state;
    begin(&p, true, GOOD);
    o = options_of("/nonexistent/api.sock", p.port);
    assert_int_equal(get(&o, 5000, &reply, &e), 0);
    buf_free(&reply.body);
    end(&p);
}

static void test_what_the_command_line_names_is_asked_alone(void **state)
{
    struct peer p;
    struct options o;
    struct client_reply reply;
    struct err e;

    (void)state;
    begin(&p, true, GOOD);
    o = options_of("/nonexistent/api.sock", p.port);
    o.origin[OPTION_apiSocket] = ORIGIN_COMMAND_LINE;
    assert_true(client_is_named(&o));
    assert_int_equal(get(&o, 5000, &reply, &e), -1);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "/nonexistent/api.sock (No such file or directory)"));
    assert_null(strstr(e.text, "127.0.0.1"));
    assert_string_equal(p.request, "");
    buf_free(&reply.body);
    end(&p);

    begin(&p, false, GOOD);
    o = options_of(p.path, closed_port());
    o.origin[OPTION_port] = ORIGIN_COMMAND_LINE;
    assert_int_equal(get(&o, 5000, &reply, &e), -1);
    assert_null(strstr(e.text, p.path));
    assert_non_null(strstr(e.text, "Connection refused"));
    buf_free(&reply.body);
    end(&p);
}

static void test_nobody_there_names_both_places(void **state)
{
    struct options o = options_of("/nonexistent/api.sock", closed_port());
    struct client_reply reply;
    struct err e;
    char place[64];

    (void)state;
    assert_false(client_is_named(&o));
    assert_int_equal(get(&o, 5000, &reply, &e), -1);
    (void)snprintf(place, sizeof place, "or 127.0.0.1:%u (Connection refused)", o.port);
    assert_non_null(strstr(e.text, "/nonexistent/api.sock (No such file or directory)"));
    assert_non_null(strstr(e.text, place));
    buf_free(&reply.body);
}

static void test_one_that_never_answers_ends_at_the_deadline(void **state)
{
    struct peer p;
    struct options o;
    struct client_reply reply;
    struct err e;

    (void)state;
    begin(&p, true, NULL);
    o = options_of("", p.port);
    assert_int_equal(get(&o, 200, &reply, &e), -1);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "imeout"));
    buf_free(&reply.body);
    end(&p);
}

static void test_an_answer_cut_short_is_an_error(void **state)
{
    struct peer p;
    struct options o;
    struct client_reply reply;
    struct err e;

    (void)state;
    begin(&p, true, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":");
    o = options_of("", p.port);
    assert_int_equal(get(&o, 5000, &reply, &e), -1);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    buf_free(&reply.body);
    end(&p);
}

static void test_one_that_speaks_no_http_is_named(void **state)
{
    struct peer p;
    struct options o;
    struct client_reply reply;
    struct err e;

    (void)state;
    begin(&p, false, "Unknown command: 'GET'\n");
    o = options_of(p.path, closed_port());
    assert_int_equal(get(&o, 5000, &reply, &e), -1);
    assert_non_null(strstr(e.text, p.path));
    assert_non_null(strstr(e.text, "does not speak HTTP"));
    buf_free(&reply.body);
    end(&p);
}

static void test_a_path_too_long_for_a_socket_says_so(void **state)
{
    struct client_reply reply;
    struct options o;
    struct err e;
    char path[200];

    (void)state;
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = 0;
    o = options_of(path, closed_port());
    assert_int_equal(get(&o, 5000, &reply, &e), -1);
    assert_non_null(strstr(e.text, "too long for a socket"));
    buf_free(&reply.body);
}

static void test_errors_of_the_api_are_taken_over(void **state)
{
    struct err e;

    (void)state;
    (void)client_read_error(409, STR("{\"error\":\"in use\",\"field\":\"a.b\",\"detail\":\"web\"}"),
                            &e);
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_string_equal(e.text, "in use");
    assert_string_equal(e.field, "a.b");
    assert_string_equal(e.detail, "web");
    (void)client_read_error(503, STR("{\"error\":\"down\",\"field\":7}"), &e);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    assert_string_equal(e.field, "");
}

static void test_what_is_no_error_of_thalassas_says_so(void **state)
{
    static const char *const bodies[] = {"", "<html>", "[]", "{}", "{\"error\":{}}", "{\"error\":"};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        (void)client_read_error(404, str_z(bodies[i]), &e);
        assert_int_equal(e.kind, ERR_NOT_FOUND);
        assert_non_null(strstr(e.text, "404"));
        assert_non_null(strstr(e.text, "another program"));
    }
}

static void test_names_are_encoded(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 256);
    client_encode(&out, (struct str){"a/b?c#%\0 \xc3\xa9-._~Z9&=", 19});
    assert_true(str_eq_z(buf_str(&out), "a%2Fb%3Fc%23%25%00%20%C3%A9-._~Z9%26%3D"));
    buf_free(&out);
}

static void test_addresses_to_listen_on_become_such_to_ask(void **state)
{
    static const struct {
        const char *host, *url;
    } cases[] = {{"127.0.0.1", "http://127.0.0.1:1"},
                 {"0.0.0.0", "http://127.0.0.1:1"},
                 {"::", "http://[::1]:1"},
                 {"::1", "http://[::1]:1"},
                 {"*", "http://127.0.0.1:1"},
                 {"lb.example", "http://lb.example:1"}};
    struct buf out;

    (void)state;
    buf_init(&out, 256);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&out);
        client_put_origin(&out, cases[i].host, 1);
        assert_true(str_eq_z(buf_str(&out), cases[i].url));
    }
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_socket_goes_first),
        cmocka_unit_test(test_without_the_socket_host_and_port_are_asked),
        cmocka_unit_test(test_what_the_command_line_names_is_asked_alone),
        cmocka_unit_test(test_nobody_there_names_both_places),
        cmocka_unit_test(test_one_that_never_answers_ends_at_the_deadline),
        cmocka_unit_test(test_an_answer_cut_short_is_an_error),
        cmocka_unit_test(test_one_that_speaks_no_http_is_named),
        cmocka_unit_test(test_a_path_too_long_for_a_socket_says_so),
        cmocka_unit_test(test_errors_of_the_api_are_taken_over),
        cmocka_unit_test(test_what_is_no_error_of_thalassas_says_so),
        cmocka_unit_test(test_names_are_encoded),
        cmocka_unit_test(test_addresses_to_listen_on_become_such_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
