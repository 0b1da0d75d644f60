/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, and what keeps them: ring and outbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "web/outbox.h"
#include "web/ring.h"

#include <stdlib.h>
#include <string.h>

static void test_a_message_is_a_frame(void **state)
{
    static const struct {
        size_t n, head;
    } cases[] = {{0, 2}, {1, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10}, {70000, 10}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = calloc(1, cases[i].n + 1);
        struct message *m;
        memset(text, 'x', cases[i].n);
        m = message_new((struct str){text, cases[i].n});
        assert_int_equal(m->n, cases[i].n + cases[i].head);
        assert_int_equal((unsigned char)m->bytes[0], 0x81);
        assert_true(str_eq(message_text(m), (struct str){text, cases[i].n}));
        message_unref(m);
        free(text);
    }
}

static void test_several_frames_are_one_message(void **state)
{
    struct buf frames;
    struct message *m;

    (void)state;
    buf_init(&frames, 1000);
    message_add_frame(&frames, STR("ab"));
    message_add_frame(&frames, STR("c"));
    m = message_of(buf_str(&frames));
    assert_int_equal(m->n, 7);
    assert_memory_equal(m->bytes,
                        "\x81\x02"
                        "ab\x81\x01"
                        "c",
                        7);
    assert_true(str_eq_z(message_text(m), "ab"));
    message_unref(m);
    buf_free(&frames);
}

static void test_the_ring_drops_the_oldest(void **state)
{
    struct message *m = message_new(STR("12345678"));
    struct ring r;

    (void)state;
    ring_init(&r, 4, 10 * 3, 100);
    assert_true(ring_reaches(&r, 99)); /* nothing was missed */
    assert_false(ring_reaches(&r, 98));
    assert_false(ring_reaches(&r, 100)); /* a number to come */
    for (int i = 0; i < 5; i++)
        ring_push(&r, m);
    assert_int_equal(r.next, 105);
    assert_int_equal(r.first, 102); /* by bytes */
    assert_int_equal(m->refs, 4);
    assert_true(ring_reaches(&r, 101));
    assert_false(ring_reaches(&r, 100));
    ring_fini(&r);
    assert_int_equal(m->refs, 1);
    message_unref(m);
}

static void test_the_outbox_is_a_queue_of_bytes(void **state)
{
    struct message *m = message_new(STR("123456")), *n = message_new(STR("ab"));
    struct outbox o = {0};

    (void)state;
    for (int i = 0; i < 40; i++)
        outbox_push(&o, i % 2 ? n : m);
    assert_int_equal(o.bytes, 20 * 8 + 20 * 4);
    outbox_sent(&o, 8 + 3);
    assert_int_equal(o.count, 39);
    assert_int_equal(outbox_piece(&o, 0).n, 1);
    assert_int_equal(outbox_piece(&o, 1).n, 8);
    outbox_clear(&o); /* not what has begun */
    assert_int_equal(o.count, 1);
    outbox_sent(&o, 1);
    assert_int_equal(o.count, 0);
    assert_int_equal(o.bytes, 0);
    n->answer = true;
    for (int i = 0; i < 6; i++)
        outbox_push(&o, i % 2 ? n : m);
    outbox_keep_answers(&o);
    assert_int_equal(o.count, 3);
    assert_int_equal(o.bytes, 3 * n->n);
    outbox_fini(&o);
    assert_int_equal(m->refs, 1);
    assert_int_equal(n->refs, 1);
    message_unref(m);
    message_unref(n);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_is_a_frame),
        cmocka_unit_test(test_several_frames_are_one_message),
        cmocka_unit_test(test_the_ring_drops_the_oldest),
        cmocka_unit_test(test_the_outbox_is_a_queue_of_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
