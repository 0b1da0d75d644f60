/* SPDX-License-Identifier: Apache-2.0 */
/* Frames as text, and a session that is fed with them in pieces. */
#ifndef TALK_H
#define TALK_H

#include "spoe/ack.h"
#include "spoe/session.h"

/* Hex digits are bytes; 'text' is a string with its length before it; [ ] encloses a frame, whose
 * length is put before it; blanks mean nothing. Returns the number of bytes. */
size_t wire(const char *text, uint8_t *bytes, size_t size);

#define KV_VERSION "'supported-versions' 08'2.0' "
#define KV_SIZE "'max-frame-size' 03 fcf006 " /* 16380 */
#define KV_CAPS "'capabilities' 08'pipelining' "
#define HELLO "[01 00000001 00 00 " KV_VERSION KV_SIZE KV_CAPS "]"
#define AGENT_HELLO                                                                                \
    "[65 00000001 00 00 'version' 08'2.0' 'max-frame-size' 03 fcf006 'capabilities' "              \
    "08'pipelining']"
#define BYE "[02 00000001 00 00 'status-code' 0300 'message' 08'normal']"
#define AGENT_BYE "[66 00000001 00 00 'status-code' 0300 'message' 08'normal']"

struct talk {
    struct spop_session session;
    uint8_t in[1 << 16], out[1 << 16];
    size_t in_n, out_n;
    unsigned hellos, checks, notifies, skipped;
};

void talk_begin(struct talk *t, uint32_t max_frame_bytes);

/* Feeds bytes behind those that were left. Each NOTIFY is answered with variable `n` in scope txn:
 * an INT64 with the number of its arguments. */
void talk_feed(struct talk *t, const uint8_t *bytes, size_t n);

/* Feeds `n` bytes at once; one by one; and in two pieces, for each place of the cut: the answers
 * and the counts are the same. `t` is as after the first. */
void talk_cut_anywhere(struct talk *t, uint32_t max_frame_bytes, const uint8_t *bytes, size_t n);

/* Was exactly this answered? */
void talk_expect(const struct talk *t, const char *want);

#endif
