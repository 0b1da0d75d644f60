/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/lock.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int name(const char *config_path, const char *ending, char path[LOCK_PATH], struct err *e)
{
    if (snprintf(path, LOCK_PATH, "%s.%s", config_path, ending) >= LOCK_PATH)
        return err_set(e, ERR_INVALID, "%.100s...: path too long", config_path);
    return 0;
}

int lock_name_starting(const char *config_path, char path[LOCK_PATH], struct err *e)
{
    return name(config_path, "starting", path, e);
}

int lock_take(const char *config_path, struct err *e)
{
    char path[LOCK_PATH];
    int fd;

    if (name(config_path, "lock", path, e))
        return -1;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return err_errno(e, ERR_INTERNAL, errno, "%s", path);
    if (file_lock(fd)) {
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

static const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

int lock_as_stdin(const char *path)
{
    struct flock lock = whole;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);

    if (fd < 0)
        return -1;
    if (fd != STDIN_FILENO) {
        (void)dup2(fd, STDIN_FILENO);
        (void)close(fd); /* before it is locked: a close of the file ends the lock */
    }
    return fcntl(STDIN_FILENO, F_SETLK, &lock);
}

pid_t lock_starter(const char *path)
{
    struct flock lock = whole;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    pid_t pid = 0;

    if (fd < 0)
        return 0;
    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        pid = lock.l_pid;
    (void)close(fd);
    return pid;
}
