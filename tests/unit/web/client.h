/* SPDX-License-Identifier: Apache-2.0 */
/* A client of bytes for protocol tests: blocking, every wait with a deadline of five seconds. */
#ifndef TESTS_WEB_CLIENT_H
#define TESTS_WEB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client {
    int fd;
    size_t n; /* bytes read and not yet taken by client_reply */
    char bytes[256 * 1024];
};

struct client_reply {
    int status; /* 0: none came */
    char head[8192];
    char body[64 * 1024]; /* the start of it, if it is larger */
    size_t body_bytes;
};

void client_open(struct client *c, uint16_t port);
void client_open_unix(struct client *c, const char *path);
void client_close(struct client *c);
void client_reset(struct client *c); /* RST instead of FIN */

/* False when the other end has closed. */
bool client_send(struct client *c, const void *bytes, size_t n);
bool client_send_z(struct client *c, const char *text);

/* Read one reply, its body by Content-Length; `head_only` for HEAD, 1xx is a reply of its own.
 * False when the connection ended before. */
bool client_reply(struct client *c, bool head_only, struct client_reply *r);

/* Milliseconds until the other end closes, what comes is thrown away; -1: not within 5 s. */
int client_wait_close(struct client *c);

/* One request on a connection of its own: the status, 0 if none came. */
int client_ask(uint16_t port, const char *request, struct client_reply *r);

int64_t client_now_ms(void);

#endif
