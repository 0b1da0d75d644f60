/* SPDX-License-Identifier: Apache-2.0 */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>

static uint8_t digit(char c)
{
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0');
    assert_in_range(c, 'a', 'f');
    return (uint8_t)(c - 'a' + 10);
}

static void put_length(uint8_t *at, size_t n)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(n >> (24 - 8 * i));
}

size_t wire(const char *text, uint8_t *bytes, size_t size)
{
    struct spop_out out = {bytes, 0, size, false};
    size_t frame = 0;

    for (const char *c = text; *c; c++) {
        if (*c == '[') {
            frame = out.n;
            spop_put_u32(&out, 0);
        } else if (*c == ']') {
            put_length(bytes + frame, out.n - frame - 4);
        } else if (*c == '\'') {
            size_t n = strcspn(c + 1, "'");
            spop_put_string(&out, (struct spop_bytes){(const uint8_t *)c + 1, n});
            c += n + 1;
        } else if (!isspace((unsigned char)*c)) {
            spop_put_u8(&out, (uint8_t)(digit(c[0]) << 4 | digit(c[1])));
            c++;
        }
    }
    assert_false(out.full);
    return out.n;
}

void talk_begin(struct talk *t, uint32_t max_frame_bytes)
{
    t->in_n = t->out_n = 0;
    t->hellos = t->checks = t->notifies = t->skipped = 0;
    spop_session_init(&t->session, max_frame_bytes);
}

static void answer(struct talk *t, const struct spop_notify *notify, struct spop_out *out)
{
    struct spop_messages m = spop_messages(notify);
    struct spop_value n = {SPOP_INT64, {.number = 0}};
    struct spop_ack ack;
    struct spop_arg arg;

    while (spop_message_next(&m))
        while (spop_arg_next(&m, &arg))
            n.number++;
    assert_false(m.at.bad);
    spop_ack_begin(&ack, out, notify, t->session.max_frame_bytes);
    spop_ack_set(&ack, SPOP_SCOPE_TXN, SPOP_BYTES("n"), n);
    assert_true(spop_ack_end(&ack));
    t->notifies++;
}

void talk_feed(struct talk *t, const uint8_t *bytes, size_t n)
{
    uint8_t *whole = malloc(t->in_n + n + 1); /* of the exact size, for the sanitizers */
    struct spop_bytes in = {whole, t->in_n + n};
    struct spop_out out = {t->out, t->out_n, sizeof t->out, false};
    struct spop_notify notify;
    enum spop_event event;

    assert_non_null(whole);
    if (in.n)
        whole = realloc(whole, in.n);
    in.p = whole;
    memcpy(whole, t->in, t->in_n);
    memcpy(whole + t->in_n, bytes, n);
    do {
        event = spop_session_next(&t->session, &in, &out, &notify);
        if (event == SPOP_EVENT_NOTIFY)
            answer(t, &notify, &out);
        t->hellos += event == SPOP_EVENT_HELLO;
        t->checks += event == SPOP_EVENT_CHECK;
        t->skipped += event == SPOP_EVENT_SKIP;
        assert_int_not_equal(event, SPOP_EVENT_ROOM);
    } while (event != SPOP_EVENT_MORE && event != SPOP_EVENT_END);
    if (event == SPOP_EVENT_END)
        in.n = 0;
    assert_false(out.full);
    memcpy(t->in, in.p, in.n);
    t->in_n = in.n;
    t->out_n = out.n;
    free(whole);
}

static void expect_same(const struct talk *a, const struct talk *b)
{
    assert_int_equal(a->out_n, b->out_n);
    assert_memory_equal(a->out, b->out, a->out_n);
    assert_int_equal(a->session.state, b->session.state);
    assert_int_equal(a->session.status, b->session.status);
    assert_int_equal(a->hellos, b->hellos);
    assert_int_equal(a->checks, b->checks);
    assert_int_equal(a->notifies, b->notifies);
    assert_int_equal(a->skipped, b->skipped);
}

void talk_cut_anywhere(struct talk *t, uint32_t max_frame_bytes, const uint8_t *bytes, size_t n)
{
    static struct talk other;

    talk_begin(t, max_frame_bytes);
    talk_feed(t, bytes, n);
    talk_begin(&other, max_frame_bytes);
    for (size_t i = 0; i < n; i++)
        talk_feed(&other, bytes + i, 1);
    expect_same(t, &other);
    for (size_t cut = 0; cut <= n; cut++) {
        talk_begin(&other, max_frame_bytes);
        talk_feed(&other, bytes, cut);
        talk_feed(&other, bytes + cut, n - cut);
        expect_same(t, &other);
    }
}

void talk_expect(const struct talk *t, const char *want)
{
    uint8_t bytes[4096];
    size_t n = wire(want, bytes, sizeof bytes);

    assert_int_equal(t->out_n, n);
    assert_memory_equal(t->out, bytes, n);
}
