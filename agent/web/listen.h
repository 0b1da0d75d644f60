/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets of our own, since the HTTP library would not say why one failed. */
#ifndef THALASSA_WEB_LISTEN_H
#define THALASSA_WEB_LISTEN_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

/* A non-blocking, listening descriptor, or -1 with `e` filled; see server_listen_tcp. */
int listen_tcp(const char *host, uint16_t port, uint16_t *bound, struct err *e);

/* As above; see server_listen_unix. `inode` becomes the socket file's. */
int listen_unix(const char *path, ino_t *inode, struct err *e);

/* Remove the socket file if it is still the one with this inode. */
void listen_unlink(const char *path, ino_t inode);

#endif
