/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/door.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int spop_door_try(struct spop_door *d)
{
    int fd;

    if (spop_address_is_local(&d->address) || spop_address_port(&d->address) == 0)
        return 0;
    fd = spop_address_listen(&d->address, false, 0);
    if (fd >= 0)
        (void)close(fd);
    return fd < 0 ? -1 : 0;
}

int spop_door_enter(struct spop_door *d, bool shared, mode_t mode)
{
    int fd;

    if (!spop_address_is_local(&d->address)) {
        fd = spop_address_listen(&d->address, shared, mode);
        d->users += fd >= 0;
        return fd;
    }
    if (d->fd < 0)
        d->fd = spop_address_listen(&d->address, shared, mode);
    if (d->fd < 0)
        return -1;
    fd = fcntl(d->fd, F_DUPFD_CLOEXEC, 0);
    d->users += fd >= 0;
    return fd;
}

void spop_door_leave(struct spop_door *d, int fd)
{
    d->users--;
    if (!spop_address_is_local(&d->address)) {
        (void)shutdown(fd, SHUT_RDWR);
    } else if (d->users == 0) {
        (void)shutdown(d->fd, SHUT_RDWR);
        spop_address_remove(&d->address);
        (void)close(d->fd);
        d->fd = -1;
    }
}
