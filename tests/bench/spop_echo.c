/* SPDX-License-Identifier: Apache-2.0 */
/* spop-echo PORT: sends back what it receives, as fast as one thread can: one recv, one send per
 * wakeup. The measure of what an agent adds to the bytes' way. Nothing else may be concluded from
 * it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, BYTES = 64 << 10 };

static uint8_t bytes[BYTES];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in in = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&in, sizeof in) != 0 || listen(fd, 1024) != 0)
        die("listen");
    return fd;
}

static void watch(int set, int fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) != 0)
        die("epoll_ctl");
}

static void accept_one(int set, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;

    if (fd < 0)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(set, fd);
}

static bool echo(int fd)
{
    ssize_t n = recv(fd, bytes, sizeof bytes, 0), sent = 0, done;

    while (sent < n) {
        done = send(fd, bytes + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        if (done < 0 && errno != EAGAIN)
            return false;
        sent += done > 0 ? done : 0;
        if (sent < n)
            (void)poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 1000);
    }
    return n > 0 || (n < 0 && errno == EAGAIN);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    int listener = listen_on((uint16_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 0));
    int set = epoll_create1(0);

    watch(set, listener);
    puts("listening");
    (void)fflush(stdout);
    for (;;) {
        int n = epoll_wait(set, events, EVENTS, -1);

        for (int i = 0; i < n; i++)
            if (events[i].data.fd == listener)
                accept_one(set, listener);
            else if (!echo(events[i].data.fd))
                (void)close(events[i].data.fd);
    }
}
