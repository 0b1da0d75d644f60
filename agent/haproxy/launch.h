/* SPDX-License-Identifier: Apache-2.0 */
/* Starts HAProxy so that it outlives the agent, and reloads one that has no master socket: by a
 * command of the operator, or by a new process that takes the sockets over (-x ... -sf). The proof
 * is always a new pid behind the admin socket. */
#ifndef THALASSA_HAPROXY_LAUNCH_H
#define THALASSA_HAPROXY_LAUNCH_H

#include "haproxy/master.h"

#include <sys/types.h>

struct launch_options {
    const char *haproxy_path;
    const char *config_path;
    const char *pid_path;
    const char *admin_socket;
    const char *master_socket;  /* launch_start only; NULL: without master (-D alone) */
    const char *reload_command; /* launch_reload only: --haproxyReloadCmd; NULL: -x -sf */
    int64_t old_pid;            /* launch_reload only: of the worker that runs; 0: not known */
    bool sudo;                  /* put "sudo -n" before */
    double deadline_s;
};

/* `haproxy -W -D -S MASTER -f CONFIG -p PID`. Ok when a worker answers on the admin socket;
 * ERR_CONFLICT while another start is under way. */
int launch_start(struct ev_loop *loop, const struct launch_options *o, reload_on_done *on_done,
                 void *ctx, struct err *e);

/* The process of a launch_start from this configuration, in the life of whatever agent, while its
 * HAProxy does not answer yet; it leads a group of its own. 0: none. A second one would take the
 * names of its sockets before it fails. */
pid_t launch_under_way(const char *config_path);

/* The command (words parted by blanks, no shell), or
 * `haproxy -D -f CONFIG -p PID -x ADMIN -sf OLD...`. Ok when another pid answers. */
int launch_reload(struct ev_loop *loop, const struct launch_options *o, reload_on_done *on_done,
                  void *ctx, struct err *e);

#endif
