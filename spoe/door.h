/* SPDX-License-Identifier: Apache-2.0 */
/* An address that several threads of one process listen on. Of a port each has a socket of its own;
 * a unix socket is one descriptor, which all watch and whose number stays the same: a thread that
 * was closed while it was stuck may still touch it. The caller serialises. */
#ifndef SPOE_DOOR_H
#define SPOE_DOOR_H

#include "spoe/listen.h"

struct spop_door {
    struct spop_address address;
    int fd;         /* the unix socket, or -1 */
    unsigned users; /* threads that listen */
};

/* 0, or -1: the address means nothing. */
int spop_door_init(struct spop_door *d, const char *address);
void spop_door_fini(struct spop_door *d); /* when no thread is left */

/* Is the port free, that is: of other processes, too? The sockets of several threads are shared,
 * and would be with a stranger of the same user. 0, or -1 with errno. */
int spop_door_try(struct spop_door *d);

/* A descriptor for one thread, or -1 with errno. It is the thread's to close, but for a unix
 * socket. */
int spop_door_enter(struct spop_door *d, bool shared, mode_t mode);

/* Nobody is let in by `fd` any more; it stays open. A unix socket refuses when its last thread
 * leaves, and until then belongs to the others. */
void spop_door_leave(struct spop_door *d, int fd);

#endif
