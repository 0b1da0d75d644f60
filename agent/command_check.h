/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of `thalassa check`: each part looks at one thing and adds its findings. Nothing is
 * changed; what is made for a trial lies in a scratch folder. */
#ifndef THALASSA_COMMAND_CHECK_H
#define THALASSA_COMMAND_CHECK_H

#include "cli/findings.h"
#include "local.h"

enum { FOUND_MAX = 8 };

struct check {
    const struct options *options;
    struct local local;
    struct findings findings;
    char user[64]; /* whose rights are looked at */
    bool agent_answers;
    bool version_known;
    bool haproxy_answers; /* on its admin socket */
};

/* command_check_files.c */
void check_option_files(struct check *c);
void check_config(struct check *c);
void check_haproxy_dir(struct check *c);
void check_store(struct check *c);

/* command_check_haproxy.c */
void check_program(struct check *c);
void check_rendering(struct check *c);

/* command_check_sockets.c */
void check_admin_socket(struct check *c);
void check_master_socket(struct check *c);

/* command_check_found.c: hints for the finding before: options that fit a HAProxy that runs; its
 * master socket, if its admin socket is ours. True if one was added. */
bool check_hint_found(struct check *c);
bool check_hint_master(struct check *c);
/* Name the HAProxies that run, if none answers where we look. */
void check_found(struct check *c);

/* command_check_api.c */
void check_api(struct check *c);

/* command_check_registry.c */
void check_registry(struct check *c);

/* May we write there (a folder: make files in it)? */
bool check_may_write(const char *path);
/* "/etc/haproxy is root:haproxy, mode 0755" into out. */
void check_describe(char *out, size_t size, const char *path);

#endif
