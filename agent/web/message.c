/* SPDX-License-Identifier: Apache-2.0 */
#include "web/message.h"

#include <stdlib.h>
#include <string.h>

enum { FINAL_TEXT = 0x81, SHORT_MAX = 125, LONG16 = 126, LONG64 = 127 };

static void put_number(char *out, uint64_t n, size_t bytes)
{
    while (bytes--) {
        out[bytes] = (char)(n & 0xff);
        n >>= 8;
    }
}

static size_t put_head(char *out, size_t n)
{
    out[0] = (char)FINAL_TEXT;
    if (n <= SHORT_MAX) {
        out[1] = (char)n;
        return 2;
    }
    if (n <= UINT16_MAX) {
        out[1] = LONG16;
        put_number(out + 2, n, 2);
        return 4;
    }
    out[1] = LONG64;
    put_number(out + 2, n, 8);
    return MESSAGE_HEAD_MAX;
}

static struct message *new_message(struct str head, struct str rest)
{
    struct message *m = malloc(sizeof *m + head.n + rest.n);

    if (!m)
        abort();
    m->refs = 1;
    m->answer = false;
    m->n = head.n + rest.n;
    if (head.n)
        memcpy(m->bytes, head.p, head.n);
    if (rest.n)
        memcpy(m->bytes + head.n, rest.p, rest.n);
    return m;
}

struct message *message_new(struct str text)
{
    char head[MESSAGE_HEAD_MAX];
    size_t n = put_head(head, text.n);

    return new_message((struct str){head, n}, text);
}

void message_add_frame(struct buf *frames, struct str text)
{
    char head[MESSAGE_HEAD_MAX];

    buf_add(frames, head, put_head(head, text.n));
    buf_add_str(frames, text);
}

struct message *message_of(struct str frames)
{
    return new_message(frames, STR_NONE);
}

struct message *message_ref(struct message *m)
{
    m->refs++;
    return m;
}

void message_unref(struct message *m)
{
    if (m && --m->refs == 0)
        free(m);
}

struct str message_text(const struct message *m)
{
    const unsigned char *p = (const unsigned char *)m->bytes;
    size_t head = p[1] == LONG16 ? 4 : p[1] == LONG64 ? MESSAGE_HEAD_MAX : 2;
    size_t n = head == 2 ? p[1] : 0;

    for (size_t i = 2; i < head; i++)
        n = n << 8 | p[i];
    return (struct str){m->bytes + head, n};
}
