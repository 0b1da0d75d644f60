/* SPDX-License-Identifier: Apache-2.0 */
/* A real HAProxy of a version in a folder of its own, and waiting on the loop with a deadline. */
#ifndef TEST_HAPROXY_REAL_H
#define TEST_HAPROXY_REAL_H

#include "base/str.h"

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

enum { REAL_VERSIONS = 4 };
extern const char *const real_versions[REAL_VERSIONS]; /* "2.6" ... "3.4" */

struct real {
    const char *version;
    const char *program;
    char folder[64];
    char config[100], admin[100], master[100], pid_file[100], map[100];
    int port;  /* free when it was asked for: the frontend's */
    pid_t pid; /* of the master, or of the one process */
};

/* The path of that version's program; NULL when the mirror has it no more (one line says so). 2.6
 * is never missing. */
const char *real_program(const char *version);

/* Folder, map and configuration; nothing runs yet. `more` is appended to the configuration. */
void real_init(struct real *r, const char *version, const char *more);
void real_write_config(const struct real *r, const char *more);
void real_start(struct real *r);       /* -W -S; waits for the admin socket */
void real_start_alone(struct real *r); /* one process, with a pid file */
void real_stop(struct real *r);        /* what was started, and the folder */

/* Whoever listens on the admin socket: its pid by `show info`; 0 if none. Blocking. */
pid_t real_worker(const struct real *r);
int real_free_port(void);
int real_listen(int *port); /* on loopback, a free port: descriptor */
int real_connect(int port); /* descriptor or -1 */
void real_wait_gone(pid_t pid);

/* Run the default loop until *flag; fails the test after `seconds`. */
void loop_until(const bool *flag, double seconds);
void loop_for(double seconds);

/* Run `test` on each version that is there. */
void each_version(void (*test)(const char *version));

#endif
