/* SPDX-License-Identifier: Apache-2.0 */
/* Splits what HAProxy's command line sends into replies. Pure: bytes in, positions out.
 *
 * In prompt mode a reply ends with a newline and the prompt ("\n> "). A text may hold these bytes
 * itself (a description in `show info`), so commands go out in windows closed by a fence, a command
 * whose reply is known: the window is over when a part equals the fence's reply. A window of one
 * command takes everything before the fence as its reply, whatever is in it; a window of several,
 * which are used for commands with one-line replies only, must have exactly one part per command.
 * Anything else is BROKEN: no reply is ever given to another command. */
#ifndef THALASSA_HAPROXY_FRAMES_H
#define THALASSA_HAPROXY_FRAMES_H

#include "base/str.h"

enum { FRAMES_WINDOW = 1024, FRAMES_TEXT = 64 };

enum frames_result {
    FRAMES_MORE,  /* the window is not complete yet */
    FRAMES_DONE,  /* frames_reply gives the replies, frames_used the bytes to drop */
    FRAMES_BROKEN /* replies and commands are out of step: close the connection */
};

struct frames {
    char end[FRAMES_TEXT];   /* newline and prompt */
    char fence[FRAMES_TEXT]; /* reply of the fence; empty: windows have none */
    size_t end_n, fence_n;
    size_t scan;  /* no end begins before this offset, beyond those found */
    size_t start; /* of the present part */
    size_t parts; /* complete ones in the present window */
    size_t ends[FRAMES_WINDOW];
};

/* `prompt` without the newline: "> ", "master> ". Returns -1 if a text is too long. */
int frames_init(struct frames *f, struct str prompt);
int frames_set_fence(struct frames *f, struct str reply);

/* Begin a window; the input starts at its first byte. */
void frames_begin(struct frames *f);

/* Look at the input so far (it only ever grows within a window). `commands` >= 1 without the fence;
 * at most FRAMES_WINDOW. */
enum frames_result frames_next(struct frames *f, struct str input, size_t commands);

/* After FRAMES_DONE: reply `i` of `commands`, without the end; and the bytes of the whole window.
 */
struct str frames_reply(const struct frames *f, struct str input, size_t i, size_t commands);
size_t frames_used(const struct frames *f);

#endif
