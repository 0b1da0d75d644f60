/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

int lock_take(const char *config_path, struct err *e)
{
    char path[PATH_MAX];
    int fd;

    if (snprintf(path, sizeof path, "%s.lock", config_path) >= (int)sizeof path)
        return err_set(e, ERR_INVALID, "%.100s...: path too long", config_path);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return err_errno(e, ERR_INTERNAL, errno, "%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno == EWOULDBLOCK)
            err_set(e, ERR_CONFLICT, "%s: another agent has this configuration", path);
        else
            err_errno(e, ERR_INTERNAL, errno, "%s", path);
        (void)close(fd);
        return -1;
    }
    return fd;
}

void lock_release(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}
