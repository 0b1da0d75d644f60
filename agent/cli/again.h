/* SPDX-License-Identifier: Apache-2.0 */
/* A question that is asked again and again: until Ctrl-C, or nobody reads stdout any more, and
 * through times in which the agent gives no answer. */
#ifndef THALASSA_CLI_AGAIN_H
#define THALASSA_CLI_AGAIN_H

#include "base/json_in.h"
#include "cli/command_line.h"

struct again {
    const struct command_line *c;
    struct client *client;
    int64_t answered_ms; /* wall clock of the last answer; 0: none yet */
    bool missing;        /* it is told that there is none */
};

/* From here on Ctrl-C ends the process, with status 0: it is how this is meant to end. */
void again_open(struct again *a, const struct command_line *c);
void again_close(struct again *a);

/* GET `path`; the answer as a tree in `arena`. 0 or -1. */
int again_ask(struct again *a, struct str path, struct arena *arena, struct json **answer,
              struct err *e);

/* Tell on stderr that there is no answer any more, or again one; once each. */
void again_tell(struct again *a, const struct err *e);
void again_tell_answer(struct again *a);

/* Wait so long, or less: when the terminal's size has changed, or Ctrl-Z and fg were used. False
 * when whoever read stdout has gone. */
bool again_wait(int64_t ms);

/* Has what stands on the terminal been moved by others since the last call? */
bool again_was_disturbed(void);

/* Append `tree` as one line of JSON. */
void again_put_json(struct buf *out, const struct json *tree);

#endif
