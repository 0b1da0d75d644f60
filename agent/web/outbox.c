/* SPDX-License-Identifier: Apache-2.0 */
#include "web/outbox.h"

#include <stdlib.h>

enum { FIRST_SIZE = 16, KEEP_SIZE = 1024 };

static struct message **slot(const struct outbox *o, size_t i)
{
    return &o->items[(o->head + i) % o->size];
}

static void resize(struct outbox *o, size_t size)
{
    struct message **items = calloc(size, sizeof(struct message *));

    if (!items)
        abort();
    for (size_t i = 0; i < o->count; i++)
        items[i] = *slot(o, i);
    free(o->items);
    o->items = items;
    o->head = 0;
    o->size = size;
}

void outbox_push(struct outbox *o, struct message *m)
{
    if (o->count == o->size)
        resize(o, o->size ? o->size * 2 : FIRST_SIZE);
    *slot(o, o->count++) = message_ref(m);
    o->bytes += m->n;
}

struct message *outbox_message(const struct outbox *o, size_t i)
{
    return *slot(o, i);
}

struct str outbox_piece(const struct outbox *o, size_t i)
{
    const struct message *m = *slot(o, i);
    size_t from = i ? 0 : o->sent;

    return (struct str){m->bytes + from, m->n - from};
}

static void drop_first(struct outbox *o)
{
    struct message *m = *slot(o, 0);

    o->bytes -= m->n;
    o->head = (o->head + 1) % o->size;
    o->count--;
    message_unref(m);
}

void outbox_sent(struct outbox *o, size_t n)
{
    o->sent += n;
    while (o->count && o->sent >= (*slot(o, 0))->n) {
        o->sent -= (*slot(o, 0))->n;
        drop_first(o);
    }
    if (!o->count && o->size > KEEP_SIZE) /* a snapshot has left */
        resize(o, FIRST_SIZE);
}

void outbox_clear(struct outbox *o)
{
    size_t kept = o->sent ? 1 : 0;

    while (o->count > kept) {
        struct message *m = *slot(o, --o->count);
        o->bytes -= m->n;
        message_unref(m);
    }
}

void outbox_keep_answers(struct outbox *o)
{
    size_t kept = 0;

    for (size_t i = 0; i < o->count; i++) {
        struct message *m = *slot(o, i);
        if (m->answer || (i == 0 && o->sent)) {
            *slot(o, kept++) = m;
            continue;
        }
        o->bytes -= m->n;
        message_unref(m);
    }
    o->count = kept;
}

void outbox_fini(struct outbox *o)
{
    o->sent = 0;
    outbox_clear(o);
    free(o->items);
    *o = (struct outbox){0};
}
