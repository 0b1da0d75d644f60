/* SPDX-License-Identifier: Apache-2.0 */
/* Where frames begin and end. What is in them is in hello.h, notify.h, ack.h. */
#ifndef SPOE_FRAME_H
#define SPOE_FRAME_H

#include "spoe/cursor.h"
#include "spoe/out.h"

struct spop_frame {
    uint8_t type; /* of enum spop_frame_type, or another number */
    uint32_t flags;
    uint64_t stream_id, frame_id; /* 0 is a number like others, but in HELLO and DISCONNECT */
    struct spop_bytes payload;
};

enum spop_frame_result { SPOP_FRAME_MORE, SPOP_FRAME_WHOLE, SPOP_FRAME_BAD };

/* Takes one frame off the front of `*in`. MORE: it is not complete, and nothing is taken. BAD: its
 * length or its head cannot be; `*why` is SPOP_TOO_BIG or SPOP_INVALID, as soon as the bytes tell.
 * `limit_bytes`: the longest frame, its length prefix not counted. */
enum spop_frame_result spop_frame_take(struct spop_bytes *in, uint32_t limit_bytes,
                                       struct spop_frame *f, enum spop_status *why);

/* Begin a frame with FIN; returns where it starts, for spop_frame_end, which fills in its length.
 */
size_t spop_frame_begin(struct spop_out *o, enum spop_frame_type type, uint64_t stream_id,
                        uint64_t frame_id);
void spop_frame_end(struct spop_out *o, size_t start);

#endif
