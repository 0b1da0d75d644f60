/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a second agent from the same configuration, and tells that a HAProxy is just being started
 * from it. */
#ifndef THALASSA_HAPROXY_LOCK_H
#define THALASSA_HAPROXY_LOCK_H

#include "base/err.h"

#include <sys/types.h>

/* flock on `CONFIG_PATH.lock` (made if it is missing). The descriptor to keep open, or -1:
 * ERR_CONFLICT when another process has it, ERR_INTERNAL otherwise. */
int lock_take(const char *config_path, struct err *e);
void lock_release(int fd);

/* The file of the other lock, which is empty: `CONFIG_PATH.starting`. Not the same one, since
 * whoever closes a file gives up all record locks on it. */
enum { LOCK_PATH = 4096 };
int lock_name_starting(const char *config_path, char path[LOCK_PATH], struct err *e);

/* In a new process, before it executes HAProxy, so only async-signal-safe calls: its stdin becomes
 * that file (made if it is missing), with a record lock on it. That stays with the process over
 * exec until it ends, when HAProxy answers on its sockets, and does not go to the daemon that it
 * leaves behind; it outlives the agent. 0, or -1 with errno: EAGAIN or EACCES when another one
 * holds it. */
int lock_as_stdin(const char *path);

/* The process that holds it; 0: none. */
pid_t lock_starter(const char *path);

#endif
