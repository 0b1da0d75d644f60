/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program beside the loop: no shell, output captured up to a limit, a deadline after which
 * its process group is killed. Uses ev_child, so only on the default loop. */
#ifndef THALASSA_HAPROXY_CHILD_H
#define THALASSA_HAPROXY_CHILD_H

#include "base/buf.h"
#include "base/err.h"

struct ev_loop;
struct child;

enum { CHILD_OUTPUT_BYTES = 64 * 1024 };

struct child_result {
    int status;        /* exit status; 128 + N when signal N ended it */
    bool timed_out;    /* killed at the deadline */
    struct str output; /* stdout and stderr together, cut at CHILD_OUTPUT_BYTES */
};
typedef void child_on_exit(void *ctx, const struct child_result *result);

/* `argv` ends with NULL. ERR_INTERNAL when the program cannot be started (its name and why). The
 * child's end is waited for, not that of daemons it leaves behind. */
struct child *child_run(struct ev_loop *loop, const char *const *argv, double deadline_s,
                        child_on_exit *on_exit, void *ctx, struct err *e);

/* The same, with `lock` as its stdin, locked as lock_as_stdin() says: ERR_CONFLICT when another
 * process has it. */
struct child *child_run_locked(struct ev_loop *loop, const char *const *argv, const char *lock,
                               double deadline_s, child_on_exit *on_exit, void *ctx, struct err *e);

/* Let this process, and not its children, have so many open files. ERR_UNAVAILABLE when fewer have
 * to do. */
int child_raise_files(unsigned long count, struct err *e);

/* Kill its group and forget it, without on_exit. */
void child_cancel(struct child *c);

#endif
