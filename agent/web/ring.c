/* SPDX-License-Identifier: Apache-2.0 */
#include "web/ring.h"

#include <stdlib.h>

void ring_init(struct ring *r, size_t max_messages, size_t max_bytes, uint64_t first_seq)
{
    *r = (struct ring){.slots = calloc(max_messages, sizeof(struct message *)),
                       .slot_count = max_messages,
                       .max_bytes = max_bytes,
                       .first = first_seq,
                       .next = first_seq};
    if (!r->slots)
        abort();
}

struct message *ring_at(const struct ring *r, uint64_t seq)
{
    return r->slots[seq % r->slot_count];
}

static void drop_first(struct ring *r)
{
    struct message *m = ring_at(r, r->first++);

    r->bytes -= m->n;
    message_unref(m);
}

void ring_fini(struct ring *r)
{
    while (r->first < r->next)
        drop_first(r);
    free(r->slots);
    r->slots = NULL;
}

void ring_push(struct ring *r, struct message *m)
{
    if (r->next - r->first == r->slot_count)
        drop_first(r);
    r->slots[r->next++ % r->slot_count] = message_ref(m);
    r->bytes += m->n;
    while (r->bytes > r->max_bytes)
        drop_first(r);
}

bool ring_reaches(const struct ring *r, uint64_t seq)
{
    return seq < r->next && seq + 1 >= r->first;
}
