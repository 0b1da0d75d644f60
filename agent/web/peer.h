/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a connection. */
#ifndef THALASSA_WEB_PEER_H
#define THALASSA_WEB_PEER_H

#include "base/str.h"

#include <sys/socket.h>
#include <sys/types.h>

struct peer {
    bool is_unix;     /* came over the unix socket: `uid` and `pid` are the kernel's word */
    bool is_loopback; /* came from an address of this machine's loopback */
    uid_t uid;
    pid_t pid;
    char address[64]; /* for people and the log: "10.0.0.7", "::1", "uid 1000" */
};

/* Fill `p` from an accepted socket and its peer's address. A unix peer whose credentials cannot be
 * read is nobody (uid -1). */
void peer_read(struct peer *p, int fd, const struct sockaddr *address);

/* 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104, as literal without brackets. */
bool peer_address_is_loopback(struct str literal);

#endif
