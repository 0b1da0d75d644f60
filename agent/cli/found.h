/* SPDX-License-Identifier: Apache-2.0 */
/* A HAProxy that is there already, as its command line and its configuration tell, and the options
 * that fit it. Pure. */
#ifndef THALASSA_CLI_FOUND_H
#define THALASSA_CLI_FOUND_H

#include "cli/options.h"

struct found {
    int64_t pid;        /* 0: it does not run, only its configuration is there */
    struct str program; /* these may be empty */
    struct str config, master_socket, pid_file;
    struct str admin_socket; /* its `stats socket` of level admin */
    struct str other_socket; /* one of a lower level */
};

/* Arguments as /proc/PID/cmdline has them, each ended by NUL; `folder` is what relative paths
 * refer to. False if it names no configuration. */
bool found_read_arguments(struct arena *a, struct str arguments, struct str folder,
                          struct found *out);

/* The sockets that `stats socket` lines open. */
void found_read_config(struct arena *a, struct str text, struct found *out);

/* The options that `o` would have to differ in: "--haproxySocketPath /run/haproxy/admin.sock ...".
 * Nothing is added when it fits. */
void found_put_options(struct buf *out, const struct found *f, const struct options *o);

#endif
