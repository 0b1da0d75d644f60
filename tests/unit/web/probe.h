/* SPDX-License-Identifier: Apache-2.0 */
/* The whole web folder in a child process, over the fake agent: for tests with real sockets. */
#ifndef TESTS_WEB_PROBE_H
#define TESTS_WEB_PROBE_H

#include "web/server.h"

struct probe {
    pid_t pid;
    uint16_t port;
};

/* Deadlines that a test can wait for; the rest as in the agent. */
struct server_limits probe_limits(void);

/* `unix_path` may be NULL. Ends the test when it cannot be started. */
void probe_start(struct probe *p, const struct server_limits *limits, const char *unix_path);

/* SIGTERM: the child stops its server, gives the answers that are still owed, and leaves. Its exit
 * status: 0 when nothing leaked and no sanitizer complained. */
int probe_stop(struct probe *p);

#endif
