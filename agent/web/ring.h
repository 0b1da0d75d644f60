/* SPDX-License-Identifier: Apache-2.0 */
/* The last changes, by their numbers without a gap, so that a client that comes back is told what
 * it has missed. Full, the oldest go. */
#ifndef THALASSA_WEB_RING_H
#define THALASSA_WEB_RING_H

#include "web/message.h"

struct ring {
    struct message **slots;
    size_t slot_count, max_bytes, bytes;
    uint64_t first, next; /* it holds first .. next - 1 */
};

void ring_init(struct ring *r, size_t max_messages, size_t max_bytes, uint64_t first_seq);
void ring_fini(struct ring *r);
void ring_push(struct ring *r, struct message *m); /* as number r->next; takes a reference */

/* Are all numbers after `seq` up to the latest there? */
bool ring_reaches(const struct ring *r, uint64_t seq);
struct message *ring_at(const struct ring *r, uint64_t seq); /* first <= seq < next */

#endif
