/* SPDX-License-Identifier: Apache-2.0 */
/* What `activity --follow` asks the agent for, and what is new in its answers: every entry once, in
 * the order of their numbers, also over restarts of the agent. Pure. */
#ifndef THALASSA_CLI_FOLLOW_H
#define THALASSA_CLI_FOLLOW_H

#include "base/buf.h"
#include "base/json_in.h"

enum { FOLLOW_PAGE = 100 }; /* entries of one answer */

/* What is asked next. */
enum follow_step {
    FOLLOW_NEWEST, /* is there anything new? */
    FOLLOW_BEFORE, /* the last entries, to begin with */
    FOLLOW_MORE    /* those behind the last one that was shown */
};

enum follow_result {
    FOLLOW_WAIT,  /* all is shown: ask again after a while */
    FOLLOW_AGAIN, /* ask at once */
    FOLLOW_ANEW,  /* ask at once; the agent has another store, whose numbers begin anew */
    FOLLOW_BAD    /* this is no activity */
};

struct follow {
    struct str filter; /* words; empty: all */
    size_t before;     /* entries to begin with */
    enum follow_step step;
    bool begun;
    uint64_t last;   /* every entry up to this number is shown, or does not fit the filter */
    uint64_t newest; /* number of the newest entry when that was asked; 0: there was none */
};

typedef void follow_entry(void *ctx, const struct json *entry);

/* `filter` stays valid. */
void follow_init(struct follow *f, struct str filter, size_t before);

/* Path and query of the next GET. */
void follow_put_path(const struct follow *f, struct buf *path);

/* Its answer; `on_entry` gets what is new, oldest first. Lists of the answer are kept in `a`. */
enum follow_result follow_take(struct follow *f, const struct json *answer, struct arena *a,
                               follow_entry *on_entry, void *ctx);

/* There was none: the next question is whether there is anything new. */
void follow_miss(struct follow *f);

#endif
