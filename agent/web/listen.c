/* SPDX-License-Identifier: Apache-2.0 */
#include "web/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, SOCKET_MODE = 0660 };

static enum err_kind kind_of(int number)
{
    return number == EADDRINUSE || number == EADDRNOTAVAIL || number == EACCES ? ERR_UNAVAILABLE
                                                                               : ERR_INTERNAL;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage any = {0};
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    socklen_t size = sizeof any;

    if (getsockname(fd, (struct sockaddr *)&any, &size))
        return 0;
    if (any.ss_family == AF_INET) {
        memcpy(&four, &any, sizeof four);
        return ntohs(four.sin_port);
    }
    memcpy(&six, &any, sizeof six);
    return ntohs(six.sin6_port);
}

static int open_tcp(const struct addrinfo *at, const char *host, uint16_t port, struct err *e)
{
    int on = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return err_errno(e, ERR_INTERNAL, errno, "socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, BACKLOG)) {
        err_errno(e, kind_of(errno), errno, "listen on %s port %u", host, port);
        (void)close(fd);
        return -1;
    }
    return fd;
}

int listen_tcp(const char *host, uint16_t port, uint16_t *bound, struct err *e)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[8];
    int rc, fd;

    (void)snprintf(service, sizeof service, "%u", port);
    rc = getaddrinfo(host, service, &hints, &found);
    if (rc)
        return err_field(e, "host", "%s: %s", host, gai_strerror(rc));
    fd = open_tcp(found, host, port, e);
    freeaddrinfo(found);
    if (fd >= 0 && bound)
        *bound = port_of(fd);
    return fd;
}

/* 0 if the socket file may be removed: nobody listens there. */
static int check_stale(const struct sockaddr_un *at, struct err *e)
{
    struct stat st;
    int fd, failed;

    if (lstat(at->sun_path, &st))
        return err_errno(e, ERR_INTERNAL, errno, "%s", at->sun_path);
    if (!S_ISSOCK(st.st_mode))
        return err_set(e, ERR_CONFLICT, "%s: is there and is no socket", at->sun_path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(e, ERR_INTERNAL, errno, "socket");
    failed = connect(fd, (const struct sockaddr *)at, sizeof *at) ? errno : 0;
    (void)close(fd);
    if (failed == ECONNREFUSED)
        return 0;
    return err_set(e, ERR_CONFLICT, "%s: another process listens there", at->sun_path);
}

static int bind_unix(int fd, const struct sockaddr_un *at, struct err *e)
{
    const struct sockaddr *address = (const struct sockaddr *)at;

    if (bind(fd, address, sizeof *at) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return err_errno(e, kind_of(errno), errno, "listen on %s", at->sun_path);
    if (check_stale(at, e))
        return -1;
    if (unlink(at->sun_path) || bind(fd, address, sizeof *at))
        return err_errno(e, kind_of(errno), errno, "listen on %s", at->sun_path);
    return 0;
}

int listen_unix(const char *path, ino_t *inode, struct err *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct stat st;
    int fd;

    if (strlen(path) >= sizeof at.sun_path)
        return err_field(e, "apiSocket", "%s: longer than %zu bytes", path, sizeof at.sun_path - 1);
    memcpy(at.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(e, ERR_INTERNAL, errno, "socket");
    /* the mode before bind, so that the file never lies there with a wider one */
    (void)fchmod(fd, SOCKET_MODE);
    if (bind_unix(fd, &at, e)) {
        (void)close(fd);
        return -1;
    }
    if (chmod(path, SOCKET_MODE) || stat(path, &st) || listen(fd, BACKLOG)) {
        err_errno(e, ERR_INTERNAL, errno, "listen on %s", path);
        (void)unlink(path);
        (void)close(fd);
        return -1;
    }
    *inode = st.st_ino;
    return fd;
}

void listen_unlink(const char *path, ino_t inode)
{
    struct stat st;

    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_ino == inode)
        (void)unlink(path);
}
