/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler reads and what it answers. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static uint8_t bytes[2048], memory[4096];

static struct spop_notify notify_of(const char *text)
{
    return (struct spop_notify){2, 1, {bytes, wire(text, bytes, sizeof bytes)}};
}

static void arguments_come_with_names_and_values(void **state)
{
    struct spop_notify n = notify_of("'pick' 02 'path' 08'/a' 'src' 06 7f000001 'log' 01 '' 00");
    struct spop_messages m = spop_messages(&n);
    struct spop_arg arg = {0};

    (void)state;
    assert_true(spop_notify_check(n.payload));
    assert_true(spop_message_next(&m));
    assert_true(spop_bytes_eq(m.name, SPOP_BYTES("pick")));
    assert_true(spop_arg_next(&m, &arg));
    assert_true(spop_bytes_eq(arg.name, SPOP_BYTES("path")));
    assert_true(arg.value.type == SPOP_STRING && spop_bytes_eq(arg.value.bytes, SPOP_BYTES("/a")));
    assert_true(spop_arg_next(&m, &arg));
    assert_int_equal(arg.value.type, SPOP_IPV4);
    assert_false(spop_arg_next(&m, &arg));
    assert_true(spop_message_next(&m));
    assert_true(spop_bytes_eq(m.name, SPOP_BYTES("log")));
    assert_true(spop_arg_next(&m, &arg));
    assert_int_equal(arg.name.n, 0);
    assert_false(spop_message_next(&m));
}

static void arguments_that_are_not_read_are_skipped(void **state)
{
    struct spop_notify n = notify_of("'a' 02 'x' 11 'y' 08'text' 'b' 00 'c' 01 'z' 04 07");
    struct spop_messages m = spop_messages(&n);
    struct spop_arg arg;
    char names[4] = "";
    size_t count = 0;

    (void)state;
    while (spop_message_next(&m) && count < 3)
        names[count++] = (char)m.name.p[0];
    assert_string_equal(names, "abc");
    m = spop_messages(&n);
    assert_true(spop_message_next(&m));
    assert_true(spop_arg_next(&m, &arg));
    assert_true(spop_message_next(&m));
    assert_true(spop_bytes_eq(m.name, SPOP_BYTES("b")));
    assert_false(spop_arg_next(&m, &arg));
}

static struct spop_ack begin(struct spop_out *out, const struct spop_notify *n, uint32_t limit)
{
    struct spop_ack a;

    *out = (struct spop_out){memory, 0, sizeof memory, false};
    spop_ack_begin(&a, out, n, limit);
    return a;
}

static void expect_written(const struct spop_out *out, const char *want)
{
    uint8_t wanted[512];
    size_t n = wire(want, wanted, sizeof wanted);

    assert_int_equal(out->n, n);
    assert_memory_equal(out->p, wanted, n);
}

static void answer_is_as_captured(void **state)
{
    struct spop_notify n = {2, 1, {bytes, 0}};
    struct spop_out out;
    struct spop_ack a = begin(&out, &n, SPOP_DEFAULT_FRAME_BYTES);

    (void)state;
    spop_ack_set_string(&a, SPOP_SCOPE_TXN, "backend", SPOP_BYTES("be_b"));
    spop_ack_set(&a, SPOP_SCOPE_TXN, SPOP_BYTES("score"),
                 (struct spop_value){SPOP_UINT32, {.count = 4000}});
    spop_ack_set(&a, SPOP_SCOPE_TXN, SPOP_BYTES("ip"),
                 (struct spop_value){SPOP_IPV4, {.bytes = SPOP_BYTES("\300\0\002\041")}});
    assert_true(spop_ack_end(&a));
    expect_written(&out, "00000030 67 00000001 02 01 01 03 02 07 6261636b656e64 08 04 62655f62"
                         "01 03 02 05 73636f7265 03 f0eb00 01 03 02 02 6970 06 c0000221");
}

static void a_variable_is_taken_back(void **state)
{
    struct spop_notify n = {0, UINT64_MAX, {bytes, 0}};
    struct spop_out out;
    struct spop_ack a = begin(&out, &n, SPOP_DEFAULT_FRAME_BYTES);

    (void)state;
    spop_ack_unset(&a, SPOP_SCOPE_RES, SPOP_BYTES("x"));
    assert_true(spop_ack_end(&a));
    expect_written(&out, "[67 00000001 00 fff0fefefefefefefe0e 02 02 04 'x']");
}

static void an_answer_that_does_not_fit_becomes_an_empty_one(void **state)
{
    struct spop_notify n = {3, 9, {bytes, 0}};

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    for (size_t length = 0; length < 300; length++) {
        struct spop_out out;
        struct spop_ack a = begin(&out, &n, 256);
        size_t head = 7, unset = 4, set = 7 + length + (length >= 240);

        spop_ack_set_string(&a, SPOP_SCOPE_TXN, "v", (struct spop_bytes){bytes, length});
        spop_ack_unset(&a, SPOP_SCOPE_TXN, (struct spop_bytes){bytes, 0});
        assert_int_equal(spop_ack_end(&a), head + set + unset <= 256);
        assert_true(out.n <= 260);
        if (length > 250)
            expect_written(&out, "[67 00000001 03 09]");
    }
}

static void answers_follow_one_another(void **state)
{
    struct spop_notify n = {1, 1, {bytes, 0}};
    struct spop_out out;
    struct spop_ack a = begin(&out, &n, 256);

    (void)state;
    spop_ack_set_string(&a, SPOP_SCOPE_SESS, "a", SPOP_BYTES("1"));
    assert_true(spop_ack_end(&a));
    spop_ack_begin(&a, &out, &n, 256);
    assert_true(spop_ack_end(&a));
    expect_written(&out, "[67 00000001 01 01 01 03 01 'a' 08'1'][67 00000001 01 01]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_come_with_names_and_values),
        cmocka_unit_test(arguments_that_are_not_read_are_skipped),
        cmocka_unit_test(answer_is_as_captured),
        cmocka_unit_test(a_variable_is_taken_back),
        cmocka_unit_test(an_answer_that_does_not_fit_becomes_an_empty_one),
        cmocka_unit_test(answers_follow_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
