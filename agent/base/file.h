/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: read with a limit, replace atomically. */
#ifndef THALASSA_BASE_FILE_H
#define THALASSA_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <limits.h>
#include <sys/types.h>

/* Append the file's bytes to `out`; ERR_NOT_FOUND when it does not exist, ERR_TOO_LARGE past the
 * buffer's limit, ERR_INTERNAL otherwise. The text names the path. */
int file_read(const char *path, struct buf *out, struct err *e);

/* Replace `path` by `text`: a temporary file beside it, fsync, rename, fsync of the folder. After a
 * failure or a crash at any moment the old file is whole. */
int file_write_atomic(const char *path, struct str text, mode_t mode, struct err *e);

/* flock for writing. One that is held is tried for again for a second: a process that its dead
 * holder had just forked has it until it executes its program. -1 with errno, EWOULDBLOCK if it
 * stays held. */
int file_lock(int fd);

/* Of the file: "." for a bare name, "/" below the root. */
void file_folder(const char *path, char folder[PATH_MAX]);

/* mkdir -p; existing folders are fine. */
int file_make_folder(const char *path, mode_t mode, struct err *e);

#endif
