/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/lock.h"
#include "haproxy/probe.h"
#include "real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A listener of "another process"; with SO_REUSEPORT if asked. */
static int occupy(int family, const char *host, int *port, bool reuse)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)*port)};
    struct sockaddr *a = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t n = family == AF_INET ? sizeof four : sizeof six;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    assert_int_equal(inet_pton(family, host,
                               family == AF_INET ? (void *)&four.sin_addr : (void *)&six.sin6_addr),
                     1);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (reuse)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
    assert_int_equal(bind(fd, a, n), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, a, &n), 0);
    *port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
    return fd;
}

static int probe(const char *format, int port, struct err *e)
{
    char text[64];
    struct str one;

    (void)snprintf(text, sizeof text, format, port);
    one = str_z(text);
    return probe_bind(&one, 1, e);
}

static void free_port_is_fine_in_every_form(void **state)
{
    static const char *const forms[] = {"127.0.0.1:%d", "*:%d",     ":%d",      ":::%d",
                                        "[::]:%d",      "[::1]:%d", "::1:%d",   "ipv4@*:%d",
                                        "ipv6@:::%d",   "tcp@*:%d", "tcp4@:%d", "ipv4@127.0.0.1:%d",
                                        "ipv6@[::1]:%d"};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (probe(forms[i], real_free_port(), &e))
            fail_msg("%s: %s", forms[i], e.text);
}

static void port_of_another_process_is_named(void **state)
{
    int port = 0, fd = occupy(AF_INET, "127.0.0.1", &port, false);
    struct err e;

    (void)state;
    assert_int_equal(probe("127.0.0.1:%d", port, &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_non_null(strstr(e.text, "127.0.0.1:"));
    assert_non_null(strstr(e.text, "Address already in use"));
    assert_int_equal(probe("*:%d", port, &e), -1);
    assert_int_equal(probe("ipv4@:%d", port, &e), -1);
    (void)close(fd);
    assert_int_equal(probe("127.0.0.1:%d", port, &e), 0);
}

static void shared_port_of_another_process_is_seen(void **state)
{
    int port = 0, fd = occupy(AF_INET, "127.0.0.1", &port, true);
    struct err e;

    (void)state;
    assert_int_equal(probe("127.0.0.1:%d", port, &e), -1);
    (void)close(fd);
}

static void six_is_seen(void **state)
{
    int port = 0, fd = occupy(AF_INET6, "::1", &port, false);
    struct err e;

    (void)state;
    assert_int_equal(probe("[::1]:%d", port, &e), -1);
    assert_int_equal(probe("::1:%d", port, &e), -1);
    assert_int_equal(probe("ipv6@:::%d", port, &e), -1);
    assert_int_equal(probe("127.0.0.1:%d", port, &e), 0);
    (void)close(fd);
}

static void port_that_runs_tells_nothing(void **state)
{
    int port = 0, fd = occupy(AF_INET, "0.0.0.0", &port, true);
    char want[64], have[64];
    struct str w, h;
    struct err e;

    (void)state;
    (void)snprintf(want, sizeof want, "127.0.0.1:%d", port);
    (void)snprintf(have, sizeof have, "*:%d-%d", port - 1, port);
    w = str_z(want);
    h = str_z(have);
    assert_int_equal(probe_bind(&w, 1, &e), -1);
    assert_int_equal(probe_bind_beside(&w, 1, &h, 1, &e), 0);
    (void)close(fd);
}

static void range_names_the_port(void **state)
{
    int port = 0, fd = occupy(AF_INET, "127.0.0.1", &port, false);
    char text[64], inner[32];
    struct str one;
    struct err e;

    (void)state;
    (void)snprintf(text, sizeof text, "127.0.0.1:%d-%d", port, port + 1);
    (void)snprintf(inner, sizeof inner, "(port %d)", port);
    one = str_z(text);
    assert_int_equal(probe_bind(&one, 1, &e), -1);
    assert_non_null(strstr(e.text, inner));
    (void)close(fd);
}

static void address_of_another_machine_is_a_conflict(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(probe("192.0.2.77:%d", real_free_port(), &e), -1);
    assert_non_null(strstr(e.text, "192.0.2.77"));
}

static void what_cannot_be_known_is_left_out(void **state)
{
    static const char *const texts[] = {"/run/x.sock", "unix@/run/x",     "abns@x",    "fd@3",
                                        "quic4@:443",  "host.example:80", "${ADDR}:80"};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct str one = str_z(texts[i]);
        assert_int_equal(probe_bind(&one, 1, &e), 0);
    }
}

/* As an ordinary user, port 1 is not ours to bind: unknown, go on. */
static void lack_of_rights_tells_nothing(void **state)
{
    pid_t pid;
    int status;

    (void)state;
    if (geteuid() != 0) {
        struct err e;
        assert_int_equal(probe("127.0.0.1:%d", 1, &e), 0);
        return;
    }
    pid = fork();
    if (pid == 0) {
        struct err e;
        struct str one = STR("127.0.0.1:1");
        if (setgid(65534) || setuid(65534))
            _exit(3);
        _exit(probe_bind(&one, 1, &e) ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void text_that_does_not_read_is_refused(void **state)
{
    static const char *const texts[] = {
        "",        "80",           "127.0.0.1", "127.0.0.1:", "1.2.3.4:0",       "1.2.3:80",
        "*:65536", "*:9-8",        "*:1-2000",  "*:+80",      "ipv6@1.2.3.4:80", "ipv4@::1:80",
        "[::1:80", "127.0.0.1:80a"};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct str one = str_z(texts[i]);
        if (probe_bind(&one, 1, &e) != -1 || e.kind != ERR_INVALID)
            fail_msg("\"%s\" was taken", texts[i]);
    }
}

static void second_agent_is_kept_out(void **state)
{
    char path[] = "/tmp/thalassa-lock.XXXXXX", lock[64];
    int fd = mkstemp(path), first, status;
    struct err e;
    pid_t pid;

    (void)state;
    (void)close(fd);
    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    first = lock_take(path, &e);
    assert_true(first >= 0);
    pid = fork();
    if (pid == 0) {
        struct err inner;
        _exit(lock_take(path, &inner) == -1 && inner.kind == ERR_CONFLICT ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    lock_release(first);
    first = lock_take(path, &e);
    assert_true(first >= 0);
    lock_release(first);
    assert_int_equal(lock_take("/no/such/folder/haproxy.cfg", &e), -1);
    assert_int_equal(e.kind, ERR_INTERNAL);
    (void)unlink(path);
    (void)unlink(lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_port_is_fine_in_every_form),
        cmocka_unit_test(port_of_another_process_is_named),
        cmocka_unit_test(shared_port_of_another_process_is_seen),
        cmocka_unit_test(six_is_seen),
        cmocka_unit_test(port_that_runs_tells_nothing),
        cmocka_unit_test(range_names_the_port),
        cmocka_unit_test(address_of_another_machine_is_a_conflict),
        cmocka_unit_test(what_cannot_be_known_is_left_out),
        cmocka_unit_test(lack_of_rights_tells_nothing),
        cmocka_unit_test(text_that_does_not_read_is_refused),
        cmocka_unit_test(second_agent_is_kept_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
