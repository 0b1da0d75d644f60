/* SPDX-License-Identifier: Apache-2.0 */
/* A message of the stream: written once, as the WebSocket frame that it travels in, and shared by
 * everybody who has it yet to get. A server's frames are not masked: they are the same for all. */
#ifndef THALASSA_WEB_MESSAGE_H
#define THALASSA_WEB_MESSAGE_H

#include "base/buf.h"

enum { MESSAGE_HEAD_MAX = 10 };

struct message {
    unsigned refs; /* loop thread only */
    bool answer;   /* to what one client said, and no part of the state */
    size_t n;
    char bytes[]; /* head and text of one whole text frame (RFC 6455, 5.2), or of several */
};

struct message *message_new(struct str text); /* one reference */
struct message *message_ref(struct message *m);
void message_unref(struct message *m);            /* NULL is fine */
struct str message_text(const struct message *m); /* of the first frame */

/* Several frames that go to the same clients together are one message. */
void message_add_frame(struct buf *frames, struct str text);
struct message *message_of(struct str frames);

#endif
