/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 5000 };

static void die(const char *what)
{
    perror(what);
    abort();
}

int64_t client_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void open_at(struct client *c, const struct sockaddr *at, socklen_t size)
{
    int small = 65536; /* so that a client that does not read is felt */

    c->n = 0;
    c->fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) ||
        connect(c->fd, at, size))
        die("connect");
}

void client_open(struct client *c, uint16_t port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    open_at(c, (struct sockaddr *)&at, sizeof at);
}

void client_open_unix(struct client *c, const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    open_at(c, (struct sockaddr *)&at, sizeof at);
}

void client_close(struct client *c)
{
    (void)close(c->fd);
    c->fd = -1;
}

void client_reset(struct client *c)
{
    struct linger now = {1, 0};

    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    client_close(c);
}

bool client_send(struct client *c, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n) {
        struct pollfd ready = {.fd = c->fd, .events = POLLOUT};
        ssize_t sent;
        if (poll(&ready, 1, DEADLINE_MS) != 1)
            die("send: no room");
        sent = send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool client_send_z(struct client *c, const char *text)
{
    return client_send(c, text, strlen(text));
}

/* More bytes: how many, 0 when the other end has closed, -1 when none came in time. */
static ssize_t more(struct client *c, int64_t end_ms)
{
    struct pollfd ready = {.fd = c->fd, .events = POLLIN};
    int64_t left = end_ms - client_now_ms();
    ssize_t n;

    if (poll(&ready, 1, left > 0 ? (int)left : 0) != 1)
        return -1;
    n = recv(c->fd, c->bytes + c->n, sizeof c->bytes - 1 - c->n, 0);
    if (n <= 0)
        return 0;
    c->n += (size_t)n;
    return n;
}

static void take(struct client *c, size_t n)
{
    c->n -= n;
    memmove(c->bytes, c->bytes + n, c->n);
}

static size_t body_length(const char *head)
{
    const char *at = strcasestr(head, "\r\nContent-Length:");

    return at ? strtoul(at + 17, NULL, 10) : 0;
}

static bool read_head(struct client *c, struct client_reply *r, int64_t end_ms)
{
    for (;;) {
        char *end;
        c->bytes[c->n] = 0;
        end = strstr(c->bytes, "\r\n\r\n");
        if (end) {
            size_t n = (size_t)(end - c->bytes) + 4;
            if (n >= sizeof r->head)
                die("reply: head");
            memcpy(r->head, c->bytes, n);
            r->head[n] = 0;
            take(c, n);
            if (strncmp(r->head, "HTTP/1.1 ", 9) != 0)
                return false;
            r->status = (int)strtol(r->head + 9, NULL, 10);
            return true;
        }
        if (more(c, end_ms) <= 0)
            return false;
    }
}

bool client_reply(struct client *c, bool head_only, struct client_reply *r)
{
    int64_t end_ms = client_now_ms() + DEADLINE_MS;
    size_t left;

    r->status = 0;
    r->body_bytes = 0;
    if (!read_head(c, r, end_ms))
        return false;
    left = head_only ? 0 : body_length(r->head);
    while (left) {
        size_t n = c->n < left ? c->n : left;
        if (r->body_bytes + n < sizeof r->body)
            memcpy(r->body + r->body_bytes, c->bytes, n);
        r->body_bytes += n;
        left -= n;
        take(c, n);
        if (left && more(c, end_ms) <= 0)
            return false;
    }
    r->body[r->body_bytes < sizeof r->body ? r->body_bytes : sizeof r->body - 1] = 0;
    return true;
}

int client_wait_close(struct client *c)
{
    int64_t start_ms = client_now_ms();

    for (;;) {
        ssize_t n = more(c, start_ms + DEADLINE_MS);
        if (n < 0)
            return -1;
        if (n == 0)
            return (int)(client_now_ms() - start_ms);
        c->n = 0;
    }
}

int client_ask(uint16_t port, const char *request, struct client_reply *r)
{
    static struct client c;

    client_open(&c, port);
    if (client_send_z(&c, request))
        (void)client_reply(&c, strncmp(request, "HEAD ", 5) == 0, r);
    else
        r->status = 0;
    client_close(&c);
    return r->status;
}
