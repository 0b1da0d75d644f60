/* SPDX-License-Identifier: Apache-2.0 */
/* A client on a server that a test scripts (fake.h), and what came of its commands. */
#ifndef TEST_HAPROXY_CLIENT_H
#define TEST_HAPROXY_CLIENT_H

#include "fake.h"
#include "haproxy/runtime.h"

struct client {
    struct fake fake;
    struct runtime *runtime;
    bool up, down;
    char why[256];
    size_t ok, failed;
    bool all;
    size_t expected;
    char last[256];
    bool close_in_reply, reopen_in_reply;
};

void client_begin(struct client *s);
void client_end(struct client *s);
void client_open_runtime(struct client *s, size_t max_reply_bytes); /* of a fake opened already */
void client_send(struct client *s, const char *command, size_t times);
void client_on_reply(void *ctx, const struct err *failure, struct str reply);

/* An `answer` that repeats the line. */
const char *client_echo(struct fake *f, struct str line);

#endif
