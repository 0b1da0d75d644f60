/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and the sockets that listen on them. No names are resolved. */
#ifndef SPOE_LISTEN_H
#define SPOE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct spop_address {
    union {
        struct sockaddr any;
        struct sockaddr_storage room;
        struct sockaddr_un local;
    } at;
    socklen_t n;
    char text[sizeof(struct sockaddr_un)];
    dev_t device; /* of our socket file, */
    ino_t inode;  /* which alone is removed */
};

/* "127.0.0.1:10001", "[::1]:10001", "*:10001", "/run/x.sock", "unix@/run/x.sock"; port 0: a free
 * one. 0, or -1. */
int spop_address_parse(const char *text, struct spop_address *a);

static inline bool spop_address_is_local(const struct spop_address *a)
{
    return a->at.any.sa_family == AF_UNIX;
}

unsigned spop_address_port(const struct spop_address *a); /* 0 for a unix socket */

/* A socket that listens and does not block, or -1 with errno. Learns the port, if it was 0.
 * `shared`: others of this process listen on the port as well. A unix socket that nobody listens on
 * any more is replaced; it gets `mode`. */
int spop_address_listen(struct spop_address *a, bool shared, mode_t mode);

/* Removes the unix socket's file, if it is ours. */
void spop_address_remove(const struct spop_address *a);

#endif
