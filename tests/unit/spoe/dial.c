/* SPDX-License-Identifier: Apache-2.0 */
#include "dial.h"
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct spop_server *dial_start(struct spop_options *o, const char *path)
{
    const char *address = path ? path : "127.0.0.1:0";
    struct spop_server *s;
    char why[256] = "";

    o->listen = &address;
    o->listen_count = 1;
    s = spop_server_start(o, why, sizeof why);
    assert_string_equal(why, "");
    assert_non_null(s);
    return s;
}

void dial_answer(void *ctx, const struct spop_notify *notify, struct spop_ack *ack)
{
    struct spop_messages m = spop_messages(notify);
    struct spop_value n = {SPOP_INT64, {.number = 0}};
    struct spop_arg arg;

    (void)ctx;
    while (spop_message_next(&m))
        while (spop_arg_next(&m, &arg))
            n.number++;
    spop_ack_set(ack, SPOP_SCOPE_TXN, SPOP_BYTES("n"), n);
}

atomic_bool dial_holding;
atomic_uint dial_held;

void dial_hold(void *ctx, const struct spop_notify *notify, struct spop_ack *ack)
{
    atomic_fetch_add(&dial_held, 1);
    while (atomic_load(&dial_holding))
        dial_pause();
    dial_answer(ctx, notify, ack);
}

static int dial(const struct sockaddr *at, socklen_t n, int window)
{
    struct timeval wait = {.tv_sec = DIAL_WAIT_S};
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (window)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    if (connect(fd, at, n) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static int dial_window(const struct spop_server *s, int window)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)spop_server_port(s, 0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return dial((const struct sockaddr *)&in, sizeof in, window);
}

int dial_port(const struct spop_server *s)
{
    return dial_window(s, 0);
}

int dial_narrow(const struct spop_server *s)
{
    return dial_window(s, 4096);
}

int dial_path(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    (void)snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
    return dial((const struct sockaddr *)&un, sizeof un, 0);
}

int dial_talk(const struct spop_server *s)
{
    int fd = dial_port(s);

    assert_true(fd >= 0);
    dial_send(fd, HELLO);
    dial_expect(fd, AGENT_HELLO);
    return fd;
}

void dial_send(int fd, const char *text)
{
    uint8_t bytes[4096];
    size_t n = wire(text, bytes, sizeof bytes);

    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

void dial_expect(int fd, const char *want)
{
    uint8_t wanted[4096], got[4096];
    size_t n = wire(want, wanted, sizeof wanted);

    assert_int_equal(recv(fd, got, n, MSG_WAITALL), n);
    assert_memory_equal(got, wanted, n);
}

void dial_expect_end(int fd)
{
    uint8_t byte;

    assert_true(recv(fd, &byte, 1, 0) <= 0);
}

struct spop_thread_state dial_state(const struct spop_server *s, unsigned thread)
{
    struct spop_thread_state state;

    spop_server_read(s, thread, &state);
    return state;
}

int64_t dial_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void dial_pause(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}
