/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy's answer to a runtime operation means: one table (replies.def). Pure. An answer
 * never proves the state; it tells whether to go on. */
#ifndef THALASSA_PLAN_REPLIES_H
#define THALASSA_PLAN_REPLIES_H

#include "base/str.h"

enum reply_op {
#define REPLY_OP(id, words, empty) REPLY_##id,
#define REPLY(id, meaning, how, text)
#include "plan/replies.def"
#undef REPLY_OP
#undef REPLY
    REPLY_OPS,
    REPLY_OP_UNKNOWN = REPLY_OPS /* no operation of the table */
};

enum reply_meaning {
    REPLY_OK,
    REPLY_ALREADY, /* nothing to do: it is there, or gone, already */
    REPLY_RETRY,   /* not yet: connections are still attached */
    REPLY_REFUSED
};

/* The operation that a command is, by its words: "set server b/s weight 3" -> SET_SERVER_WEIGHT.
 * A prefix such as "@1" is skipped. */
enum reply_op reply_op_of(struct str command);

const char *reply_op_words(enum reply_op op);         /* "add server"; '#' stands for any word */
const char *reply_meaning_name(enum reply_meaning m); /* "ok", "already", "retry", "refused" */

/* Replies with and without severity ("[3]: ", set severity-output number) are known. */
enum reply_meaning reply_classify(enum reply_op op, struct str reply);

/* The first line for people: without severity and blanks; empty view for an empty reply. */
struct str reply_text(struct str reply);

/* "New version created: 7" of `prepare map`. 0 or -1. */
int reply_map_version(struct str reply, unsigned *out);

/* The backend or proxy that a `show ... NAME` asked for is not there. */
bool reply_no_backend(struct str reply);
/* The map that a command asked for is not there. */
bool reply_no_map(struct str reply);

#endif
