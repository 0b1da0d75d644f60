/* SPDX-License-Identifier: Apache-2.0 */
/* A peer of libspop. The first byte chooses our largest frame and whether HELLO has gone before,
 * the second the size of the pieces in which the rest comes. However it is cut, the answers are the
 * same, they decode, and each question gets one. */
#include "spoe/ack.h"
#include "spoe/frame.h"
#include "spoe/session.h"

#include <stdlib.h>

enum { OUT_BYTES = 1 << 20 };

struct outcome {
    uint8_t *out;
    size_t n;
    unsigned notifies;
    enum spop_state state;
    enum spop_status status;
};

static const uint8_t greeting[] = "\0\0\0\x4b\x01\0\0\0\x01\0\0\x12supported-versions\x08\x03"
                                  "2.0\x0emax-frame-size\x03\xfc\xf0\x06\x0c"
                                  "capabilities\x08\x0apipelining";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void value_comes_back(const struct spop_value *v)
{
    uint8_t *bytes = malloc(v->type >= SPOP_IPV4 ? v->bytes.n + 16 : 16);
    struct spop_out out = {bytes, 0, v->type >= SPOP_IPV4 ? v->bytes.n + 16 : 16, false};
    struct spop_cursor c;
    struct spop_value again;

    must(bytes != NULL);
    spop_put_value(&out, v);
    c = spop_cursor((struct spop_bytes){bytes, out.n});
    again = spop_read_value(&c);
    must(!out.full && !c.bad && spop_left(&c) == 0 && again.type == v->type);
    if (v->type >= SPOP_IPV4)
        must(spop_bytes_eq(again.bytes, v->bytes));
    free(bytes);
}

static void answer(const struct spop_session *s, const struct spop_notify *n, struct spop_out *out)
{
    struct spop_messages m = spop_messages(n);
    struct spop_ack ack;
    struct spop_arg arg;

    spop_ack_begin(&ack, out, n, s->max_frame_bytes);
    while (spop_message_next(&m))
        while (spop_arg_next(&m, &arg)) {
            value_comes_back(&arg.value);
            spop_ack_set(&ack, SPOP_SCOPE_TXN, arg.name, arg.value);
            spop_ack_unset(&ack, SPOP_SCOPE_REQ, m.name);
        }
    must(!m.at.bad && spop_left(&m.at) == 0);
    (void)spop_ack_end(&ack);
    must(!out->full);
}

/* What was answered decodes; a question has one answer, in its order. */
static void check_answers(const struct outcome *o, uint32_t limit)
{
    struct spop_bytes left = {o->out, o->n};
    unsigned acks = 0;
    struct spop_frame f;
    enum spop_status why;

    while (spop_frame_take(&left, limit, &f, &why) == SPOP_FRAME_WHOLE) {
        must(f.flags == SPOP_FIN && f.type >= SPOP_FRAME_AGENT_HELLO);
        acks += f.type == SPOP_FRAME_ACK;
        must(f.type != SPOP_FRAME_AGENT_DISCONNECT || left.n == 0);
    }
    must(left.n == 0);
    must(acks == o->notifies);
}

/* Like a connection: bytes arrive in pieces, what is not taken waits in memory of its own size. */
static void converse(const uint8_t *data, size_t size, uint32_t limit, size_t piece,
                     struct outcome *o)
{
    struct spop_session s;
    struct spop_out out = {o->out, 0, OUT_BYTES, false};
    struct spop_notify notify;
    size_t from = 0;
    enum spop_event event = SPOP_EVENT_MORE;

    spop_session_init(&s, limit);
    o->notifies = 0;
    for (size_t to = 0; to < size && event == SPOP_EVENT_MORE;) {
        uint8_t *held;
        struct spop_bytes in;

        to = size - to < piece ? size : to + piece;
        held = malloc(to - from);
        must(held != NULL);
        memcpy(held, data + from, to - from);
        in = (struct spop_bytes){held, to - from};
        do {
            event = spop_session_next(&s, &in, &out, &notify);
            if (event == SPOP_EVENT_NOTIFY) {
                answer(&s, &notify, &out);
                o->notifies++;
            }
        } while (event != SPOP_EVENT_MORE && event != SPOP_EVENT_ROOM && event != SPOP_EVENT_END);
        from = to - in.n;
        must(event != SPOP_EVENT_MORE || in.n < (size_t)limit + SPOP_PREFIX_BYTES);
        free(held);
    }
    must(!out.full);
    o->n = out.n;
    o->state = s.state;
    o->status = s.status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t whole_out[OUT_BYTES], cut_out[OUT_BYTES], input[(1 << 16) + sizeof greeting];
    struct outcome whole = {.out = whole_out}, cut = {.out = cut_out};
    size_t n = 0;
    uint32_t limit;

    if (size < 2 || size - 2 > 1 << 16)
        return 0;
    limit = data[0] & 1 ? SPOP_MIN_FRAME_BYTES : SPOP_DEFAULT_FRAME_BYTES;
    if (data[0] & 2) {
        n = sizeof greeting - 1;
        memcpy(input, greeting, n);
    }
    memcpy(input + n, data + 2, size - 2);
    n += size - 2;
    converse(input, n, limit, n + 1, &whole);
    must(!(data[0] & 2) || (whole.n > 4 && whole_out[4] == SPOP_FRAME_AGENT_HELLO));
    check_answers(&whole, limit);
    converse(input, n, limit, data[1] ? data[1] : 1, &cut);
    must(whole.n == cut.n && memcmp(whole.out, cut.out, whole.n) == 0);
    must(whole.notifies == cut.notifies && whole.state == cut.state && whole.status == cut.status);
    return 0;
}
