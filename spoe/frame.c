/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/frame.h"

enum { SMALLEST_BYTES = 7 }; /* type, flags and two ids of one byte */

enum spop_frame_result spop_frame_take(struct spop_bytes *in, uint32_t limit_bytes,
                                       struct spop_frame *f, enum spop_status *why)
{
    struct spop_cursor c = spop_cursor(*in);
    uint32_t length;

    if (in->n < SPOP_PREFIX_BYTES)
        return SPOP_FRAME_MORE;
    length = spop_read_u32(&c);
    *why = length > limit_bytes ? SPOP_TOO_BIG : SPOP_INVALID;
    if (length > limit_bytes || length < SMALLEST_BYTES)
        return SPOP_FRAME_BAD;
    if (spop_left(&c) < length)
        return SPOP_FRAME_MORE;
    c.end = c.p + length;
    f->type = spop_read_u8(&c);
    f->flags = spop_read_u32(&c);
    f->stream_id = spop_read_varint(&c);
    f->frame_id = spop_read_varint(&c);
    if (c.bad)
        return SPOP_FRAME_BAD;
    f->payload = (struct spop_bytes){c.p, spop_left(&c)};
    in->p += SPOP_PREFIX_BYTES + length;
    in->n -= SPOP_PREFIX_BYTES + length;
    return SPOP_FRAME_WHOLE;
}

size_t spop_frame_begin(struct spop_out *o, enum spop_frame_type type, uint64_t stream_id,
                        uint64_t frame_id)
{
    const uint8_t head[] = {0, 0, 0, 0, (uint8_t)type, 0, 0, 0, SPOP_FIN};
    size_t start = o->n;

    spop_put_bytes(o, (struct spop_bytes){head, sizeof head});
    spop_put_varint(o, stream_id);
    spop_put_varint(o, frame_id);
    return start;
}

void spop_frame_end(struct spop_out *o, size_t start)
{
    size_t n = o->n - start - SPOP_PREFIX_BYTES;

    if (o->full)
        return;
    for (int i = 0; i < SPOP_PREFIX_BYTES; i++)
        o->p[start + (size_t)i] = (uint8_t)(n >> (24 - 8 * i));
}
