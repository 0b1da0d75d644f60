/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int parse_local(const char *path, struct spop_address *a)
{
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof a->at.local.sun_path)
        return -1;
    a->at.local.sun_family = AF_UNIX;
    memcpy(a->at.local.sun_path, path, n + 1);
    a->n = sizeof a->at.local;
    return 0;
}

static int parse_port(const char *text, in_port_t *port)
{
    char *end;
    long n;

    if (*text < '0' || *text > '9')
        return -1;
    n = strtol(text, &end, 10);
    if (*end || n > UINT16_MAX)
        return -1;
    *port = htons((uint16_t)n);
    return 0;
}

static int parse_v6(const char *host, in_port_t port, struct spop_address *a)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = port};

    if (inet_pton(AF_INET6, host, &in6.sin6_addr) != 1)
        return -1;
    memcpy(&a->at, &in6, sizeof in6);
    a->n = sizeof in6;
    return 0;
}

static int parse_v4(const char *host, in_port_t port, struct spop_address *a)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port};

    if (strcmp(host, "*") != 0 && inet_pton(AF_INET, host, &in.sin_addr) != 1)
        return -1;
    memcpy(&a->at, &in, sizeof in);
    a->n = sizeof in;
    return 0;
}

int spop_address_parse(const char *text, struct spop_address *a)
{
    char host[INET6_ADDRSTRLEN + 2];
    const char *colon = strrchr(text, ':');
    size_t n;
    in_port_t port;

    *a = (struct spop_address){.n = 0};
    if (strlen(text) >= sizeof a->text)
        return -1;
    memcpy(a->text, text, strlen(text) + 1);
    if (*text == '/')
        return parse_local(text, a);
    if (strncmp(text, "unix@", 5) == 0)
        return parse_local(text + 5, a);
    if (!colon || (n = (size_t)(colon - text)) >= sizeof host || parse_port(colon + 1, &port) != 0)
        return -1;
    memcpy(host, text, n);
    host[n] = '\0';
    if (n < 2 || host[0] != '[' || host[n - 1] != ']')
        return parse_v4(host, port, a);
    host[n - 1] = '\0';
    return parse_v6(host + 1, port, a);
}

unsigned spop_address_port(const struct spop_address *a)
{
    struct sockaddr_in6 in6;
    struct sockaddr_in in;

    if (a->at.any.sa_family == AF_INET6) {
        memcpy(&in6, &a->at, sizeof in6);
        return ntohs(in6.sin6_port);
    }
    memcpy(&in, &a->at, sizeof in);
    return spop_address_is_local(a) ? 0 : ntohs(in.sin_port);
}

/* Nobody listens on the path, and what lies there is nothing but a socket. */
static int local_is_free(const struct spop_address *a)
{
    struct stat st;
    int fd, status;

    if (lstat(a->at.local.sun_path, &st) != 0)
        return errno == ENOENT ? 0 : -1;
    if (!S_ISSOCK(st.st_mode)) {
        errno = EEXIST;
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    status = connect(fd, &a->at.any, a->n);
    if (status == 0 || errno == EAGAIN) {
        errno = EADDRINUSE;
        status = -1;
    } else {
        status = errno == ECONNREFUSED || errno == ENOENT ? 0 : -1;
    }
    (void)close(fd);
    return status;
}

/* Under another name until it listens, so that nobody meets it before. */
static int listen_local(int fd, struct spop_address *a, mode_t mode)
{
    struct sockaddr_un next = {.sun_family = AF_UNIX};
    int n = snprintf(next.sun_path, sizeof next.sun_path, "%s.%ld", a->at.local.sun_path,
                     (long)getpid());
    struct stat st;

    if (n < 0 || (size_t)n >= sizeof next.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (local_is_free(a) != 0)
        return -1;
    (void)unlink(next.sun_path);
    if (bind(fd, (const struct sockaddr *)&next, sizeof next) != 0)
        return -1;
    if (chmod(next.sun_path, mode) == 0 && listen(fd, BACKLOG) == 0 &&
        lstat(next.sun_path, &st) == 0 && rename(next.sun_path, a->at.local.sun_path) == 0) {
        a->device = st.st_dev;
        a->inode = st.st_ino;
        return 0;
    }
    n = errno;
    (void)unlink(next.sun_path);
    errno = n;
    return -1;
}

static int listen_port(int fd, struct spop_address *a, bool shared)
{
    int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return -1;
    if (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
        return -1;
    if (bind(fd, &a->at.any, a->n) != 0 || listen(fd, BACKLOG) != 0)
        return -1;
    return spop_address_port(a) ? 0 : getsockname(fd, &a->at.any, &a->n);
}

int spop_address_listen(struct spop_address *a, bool shared, mode_t mode)
{
    int fd = socket(a->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int status, why;

    if (fd < 0)
        return -1;
    if (spop_address_is_local(a))
        status = listen_local(fd, a, mode);
    else
        status = listen_port(fd, a, shared);
    if (status == 0)
        return fd;
    why = errno;
    (void)close(fd);
    errno = why;
    return -1;
}

void spop_address_remove(const struct spop_address *a)
{
    struct stat st;

    if (!spop_address_is_local(a) || lstat(a->at.local.sun_path, &st) != 0)
        return;
    if (st.st_dev == a->device && st.st_ino == a->inode)
        (void)unlink(a->at.local.sun_path);
}
