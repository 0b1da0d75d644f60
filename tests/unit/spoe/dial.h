/* SPDX-License-Identifier: Apache-2.0 */
/* A server in this process, and HAProxy's side of connections to it. Reads end after some seconds.
 */
#ifndef DIAL_H
#define DIAL_H

#include "spoe/server.h"

#include <stdatomic.h>

enum { DIAL_WAIT_S = 10 };

/* Starts on a free port of loopback, or on `path`; `o` as given otherwise, the handler included. */
struct spop_server *dial_start(struct spop_options *o, const char *path);

/* Answers with variable `n`: the number of arguments. */
void dial_answer(void *ctx, const struct spop_notify *notify, struct spop_ack *ack);

/* The same, but not before `dial_holding` is false; `dial_held` counts the calls. */
extern atomic_bool dial_holding;
extern atomic_uint dial_held;
void dial_hold(void *ctx, const struct spop_notify *notify, struct spop_ack *ack);

int dial_port(const struct spop_server *s); /* a connection, or -1 with errno */
int dial_path(const char *path);
int dial_narrow(const struct spop_server *s); /* a connection that takes in little */
int dial_talk(const struct spop_server *s);   /* a connection that HELLO has gone over */

void dial_send(int fd, const char *text); /* as in talk.h */
void dial_expect(int fd, const char *want);
void dial_expect_end(int fd);

struct spop_thread_state dial_state(const struct spop_server *s, unsigned thread);

/* Polls until it holds. */
#define DIAL_UNTIL(holds)                                                                          \
    do {                                                                                           \
        int64_t dial_until = dial_ms() + DIAL_WAIT_S * 1000;                                       \
        while (!(holds)) {                                                                         \
            if (dial_ms() > dial_until)                                                            \
                fail_msg("not within %d s: %s", DIAL_WAIT_S, #holds);                              \
            dial_pause();                                                                          \
        }                                                                                          \
    } while (0)
int64_t dial_ms(void);
void dial_pause(void);

#endif
