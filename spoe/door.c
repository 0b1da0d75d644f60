/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/door.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int spop_door_init(struct spop_door *d, const char *address)
{
    d->fd = -1;
    d->users = 0;
    return spop_address_parse(address, &d->address);
}

void spop_door_fini(struct spop_door *d)
{
    if (d->fd >= 0)
        (void)close(d->fd);
    d->fd = -1;
}

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

/* The unix socket listens, again if need be. */
static int open_local(struct spop_door *d, mode_t mode)
{
    int fd = spop_address_listen(&d->address, false, mode), status;

    if (fd < 0 || d->fd < 0) {
        d->fd = fd;
        return fd < 0 ? -1 : 0;
    }
    status = dup3(fd, d->fd, O_CLOEXEC) < 0 ? -1 : 0;
    (void)close(fd);
    return status;
}

int spop_door_enter(struct spop_door *d, bool shared, mode_t mode)
{
    int fd;

    if (!spop_address_is_local(&d->address)) {
        fd = spop_address_listen(&d->address, shared, mode);
    } else {
        if (d->users == 0 && open_local(d, mode) != 0)
            return -1;
        fd = d->fd;
    }
    d->users += fd >= 0;
    return fd;
}

void spop_door_leave(struct spop_door *d, int fd)
{
    d->users--;
    if (!spop_address_is_local(&d->address)) {
        (void)shutdown(fd, SHUT_RDWR);
    } else if (d->users == 0) {
        (void)shutdown(fd, SHUT_RDWR);
        spop_address_remove(&d->address);
    }
}
