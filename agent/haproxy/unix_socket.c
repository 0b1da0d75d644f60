/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int unix_socket_check(const char *path, struct err *e)
{
    size_t n = strlen(path), most = sizeof((struct sockaddr_un *)0)->sun_path - 1;

    if (n == 0 || n > most)
        return err_set(e, ERR_INVALID, "socket path \"%s\": 1 to %zu bytes", path, most);
    return 0;
}

int unix_socket_connect(const char *path, struct err *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (unix_socket_check(path, e))
        return -1;
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(e, ERR_INTERNAL, errno, "socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof address)) {
        err_errno(e, ERR_UNAVAILABLE, errno, "%s", path);
        (void)close(fd);
        return -1;
    }
    return fd;
}
