/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the rows in command.c; exit status each. */
#ifndef THALASSA_CLI_COMMANDS_H
#define THALASSA_CLI_COMMANDS_H

#include "cli/command_line.h"
#include "cli/view.h"

int command_status(struct command_line *c);
int command_plan(struct command_line *c);
int command_frontends(struct command_line *c);
int command_backends(struct command_line *c);
int command_members(struct command_line *c);
int command_services(struct command_line *c);
int command_activity(struct command_line *c);
int command_switch(struct command_line *c);
int command_splits(struct command_line *c);
int command_split(struct command_line *c);
int command_policies(struct command_line *c);
int command_policy(struct command_line *c);
int command_drain(struct command_line *c);
int command_maint(struct command_line *c);
int command_ready(struct command_line *c);
int command_weight(struct command_line *c);
int command_apply(struct command_line *c);
int command_version(struct command_line *c);

/* Send a change with the parameters that the flags say; `what` is told when it is done, `about`
 * (may be NULL) put before what the agent refuses. */
int command_send(struct command_line *c, const char *method, struct buf *path, struct str body,
                 const char *what, const char *about);

/* JSON from a file, "-" is standard input; broken JSON is told before anybody is asked. */
int command_read_json(struct command_line *c, const char *file, struct buf *body, struct err *e);

/* Ask, and show the answer: the text of `put`, or the JSON itself with --json. */
int command_ask(struct command_line *c, const struct client_request *request, view_put *put);
/* The same of GET `path`. */
int command_show(struct command_line *c, struct str path, view_put *put);

/* The same of a reply that is at hand. */
int command_show_body(struct command_line *c, struct str body, view_put *put);

#endif
