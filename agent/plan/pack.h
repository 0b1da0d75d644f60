/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and texts as few bytes, for what is kept by the thousand: varints of 7 bits a byte, the
 * low ones first. Pure. Reading cuts off the front of `*rest`: 0, or -1 for bytes that are none. */
#ifndef THALASSA_PLAN_PACK_H
#define THALASSA_PLAN_PACK_H

#include "base/buf.h"

enum { PACK_VALUES_MAX = 64 };

void pack_number(struct buf *out, uint64_t n);
int unpack_number(struct str *rest, uint64_t *n);

/* Length and bytes. */
void pack_text(struct buf *out, struct str text);
int unpack_text(struct str *rest, struct str *text);

/* `now` by what differs from `before`: a mask, and of each that differs the difference. One byte
 * when nothing does. At most PACK_VALUES_MAX. */
void pack_values(struct buf *out, const uint64_t *before, const uint64_t *now, size_t count);
/* `values` are those before, and become those now. */
int unpack_values(struct str *rest, uint64_t *values, size_t count);

#endif
