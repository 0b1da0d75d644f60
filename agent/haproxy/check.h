/* SPDX-License-Identifier: Apache-2.0 */
/* `haproxy -c -f FILE`: would HAProxy take this configuration? Its exit status decides (a warning
 * may be printed as [ALERT], an error may be silent); the messages are for people and for finding
 * the object of a line. */
#ifndef THALASSA_HAPROXY_CHECK_H
#define THALASSA_HAPROXY_CHECK_H

#include "base/arena.h"
#include "base/err.h"

struct ev_loop;

struct check_message {
    bool alert;      /* [ALERT]; else [WARNING] */
    struct str file; /* of "parsing [FILE:21]" or "[FILE:21]"; empty if the message names none */
    unsigned line;
    struct str
        text; /* without level and pid, continuation lines included, without the end of line */
};
struct check_messages {
    struct check_message *items; /* in HAProxy's order; notices are left out */
    size_t count;
};

/* Pure: messages of HAProxy's output. Lines of no known form are left out. */
void check_parse(struct arena *a, struct str output, struct check_messages *out);

/* The message to show for a refusal: the first alert that names a line of `file` (its last path
 * component decides, since a scratch copy is checked), else the first alert, else NULL. */
const struct check_message *check_blame(const struct check_messages *m, struct str file);

struct check_result {
    bool valid;
    bool timed_out;
    int status; /* of the program */
    struct check_messages messages;
    struct str output; /* all of it, cut at 64 KiB */
};
typedef void check_on_done(void *ctx, const struct check_result *result);

struct check_options {
    const char *haproxy_path; /* the program; a name is looked up in PATH */
    const char *command;      /* --haproxyCheckCmd, NULL: haproxy_path. Words parted by blanks, no
                               * shell; "%s" in a word becomes the file, without one it is put last */
    bool sudo;                /* put "sudo -n" before */
    const char *file;
    double deadline_s;
};

/* On the default loop (child.h). 0: on_done will be called once; its views live for the call. */
int check_start(struct ev_loop *loop, const struct check_options *o, check_on_done *on_done,
                void *ctx, struct err *e);

#endif
