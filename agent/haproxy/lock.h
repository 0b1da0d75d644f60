/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a second agent from the same configuration. */
#ifndef THALASSA_HAPROXY_LOCK_H
#define THALASSA_HAPROXY_LOCK_H

#include "base/err.h"

/* flock on `CONFIG_PATH.lock` (made if it is missing). The descriptor to keep open, or -1:
 * ERR_CONFLICT when another process has it, ERR_INTERNAL otherwise. */
int lock_take(const char *config_path, struct err *e);
void lock_release(int fd);

#endif
