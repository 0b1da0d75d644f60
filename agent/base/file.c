/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int file_read(const char *path, struct buf *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = 0;

    if (fd < 0)
        return err_errno(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL, errno, "%s", path);
    for (;;) {
        size_t room;
        char *p = buf_room(out, 1, &room);
        ssize_t n;
        char probe;

        if (!p) { /* full: an end of file right here is still fine */
            out->failed = false;
            if (read(fd, &probe, 1) == 0)
                break;
            out->failed = true;
            rc = err_set(e, ERR_TOO_LARGE, "%s: larger than %zu bytes", path, out->limit);
            break;
        }
        n = read(fd, p, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = err_errno(e, ERR_INTERNAL, errno, "%s", path);
            break;
        }
        if (n == 0)
            break;
        buf_grown(out, (size_t)n);
    }
    (void)close(fd);
    return rc;
}

static int write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t n;
        fault_point("file.write");
        n = write(fd, text.p, text.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text.p += n;
        text.n -= (size_t)n;
    }
    return 0;
}

void file_folder(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        (void)snprintf(folder, PATH_MAX, ".");
    else
        (void)snprintf(folder, PATH_MAX, "%.*s", (int)(slash == path ? 1 : slash - path), path);
}

static int sync_folder(const char *path)
{
    char folder[PATH_MAX];
    int fd, rc;

    file_folder(path, folder);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    fault_point("file.fsync");
    rc = fsync(fd);
    (void)close(fd);
    return rc;
}

int file_write_atomic(const char *path, struct str text, mode_t mode, struct err *e)
{
    char temporary[PATH_MAX];
    int fd;

    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
        return err_set(e, ERR_INTERNAL, "%s: path too long", path);
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return err_errno(e, ERR_INTERNAL, errno, "%s", temporary);
    if (write_all(fd, text) || fchmod(fd, mode))
        goto failed;
    fault_point("file.fsync");
    if (fsync(fd))
        goto failed;
    if (close(fd)) {
        fd = -1;
        goto failed;
    }
    fd = -1;
    fault_point("file.rename");
    if (rename(temporary, path))
        goto failed;
    if (sync_folder(path))
        return err_errno(e, ERR_INTERNAL, errno, "folder of %s", path);
    return 0;

failed:
    err_errno(e, ERR_INTERNAL, errno, "%s", path);
    if (fd >= 0)
        (void)close(fd);
    (void)unlink(temporary);
    return -1;
}

int file_lock(int fd)
{
    enum { TRIES = 50 };
    static const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};

    for (int i = 0; i < TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        (void)nanosleep(&pause, NULL);
    }
    errno = EWOULDBLOCK;
    return -1;
}

int file_make_folder(const char *path, mode_t mode, struct err *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    struct stat st;

    if (n == 0 || n >= sizeof part)
        return err_set(e, ERR_INVALID, "folder: path empty or too long");
    memcpy(part, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (part[i] != '/' && part[i] != 0)
            continue;
        part[i] = 0;
        if (mkdir(part, mode) && errno != EEXIST)
            return err_errno(e, ERR_INTERNAL, errno, "folder %s", part);
        part[i] = path[i];
    }
    if (stat(path, &st))
        return err_errno(e, ERR_INTERNAL, errno, "folder %s", path);
    if (!S_ISDIR(st.st_mode))
        return err_errno(e, ERR_INTERNAL, ENOTDIR, "folder %s", path);
    return 0;
}
