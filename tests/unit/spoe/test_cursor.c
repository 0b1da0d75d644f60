/* SPDX-License-Identifier: Apache-2.0 */
/* Varints and typed values: the measured bytes, and what cannot be. */
#include "talk.h"

#include "spoe/cursor.h"
#include "spoe/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
    uint64_t value;
    const char *bytes;
} varints[] = {
    {0, "00"},
    {239, "ef"},
    {240, "f000"},
    {255, "ff00"},
    {256, "f001"},
    {2287, "ff7f"},
    {2288, "f08000"},
    {16380, "fcf006"},
    {264431, "ffff7f"},
    {264432, "f0808000"},
    {UINT32_MAX, "fff0fefe7e"},
    {UINT64_MAX, "fff0fefefefefefefe0e"},
};

static struct spop_cursor reader(const char *text, uint8_t *bytes, size_t size)
{
    return spop_cursor((struct spop_bytes){bytes, wire(text, bytes, size)});
}

static void varints_are_read_and_written_as_measured(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof varints / sizeof *varints; i++) {
        uint8_t bytes[16], written[16];
        struct spop_cursor c = reader(varints[i].bytes, bytes, sizeof bytes);
        struct spop_out out = {written, 0, sizeof written, false};
        size_t n = spop_left(&c);

        assert_int_equal(spop_read_varint(&c), varints[i].value);
        assert_false(c.bad);
        assert_int_equal(spop_left(&c), 0);
        spop_put_varint(&out, varints[i].value);
        assert_int_equal(out.n, n);
        assert_memory_equal(written, bytes, n);
    }
}

static void every_varint_comes_back(void **state)
{
    uint64_t value = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[SPOP_VARINT_BYTES];
        struct spop_out out = {bytes, 0, sizeof bytes, false};
        struct spop_cursor c;
        uint64_t v;

        value = value * 6364136223846793005u + 1442695040888963407u;
        v = value >> (i % 64);
        spop_put_varint(&out, v);
        c = spop_cursor((struct spop_bytes){bytes, out.n});
        assert_int_equal(spop_read_varint(&c), v);
        assert_false(c.bad);
        assert_int_equal(spop_left(&c), 0);
    }
}

static void a_cut_varint_is_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof varints / sizeof *varints; i++) {
        uint8_t bytes[16];
        size_t n = wire(varints[i].bytes, bytes, sizeof bytes);

        for (size_t cut = 0; cut < n; cut++) {
            struct spop_cursor c = spop_cursor((struct spop_bytes){bytes, cut});

            assert_int_equal(spop_read_varint(&c), 0);
            assert_true(c.bad);
        }
    }
}

static void an_endless_or_too_large_varint_is_bad(void **state)
{
    static const char *const wrong[] = {
        "f08080808080808080808080808080800000", /* never ends within 64 bits */
        "ffffffffffffffffffff7f",               /* one group too many */
        "fff0fefefefefefefe0f",                 /* 2^64 */
        "fff0fefefefefefefe7f",
        "ffffffffffffffffffff",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t bytes[32];
        struct spop_cursor c = reader(wrong[i], bytes, sizeof bytes);

        assert_int_equal(spop_read_varint(&c), 0);
        assert_true(c.bad);
        assert_int_equal(spop_left(&c), 0);
    }
}

static void values_are_read_as_haproxy_sends_them(void **state)
{
    uint8_t bytes[128];
    struct spop_cursor c = reader("00 01 11 04 07 04 fff0fefefefefefefe0e 03 fcf006 02 fff0fefe7e"
                                  "05 01 06 7f000001 07 20010db8000000000000000000000001"
                                  "08'/a/x' 09'bin' 18'flags'",
                                  bytes, sizeof bytes);
    struct spop_value v;

    (void)state;
    assert_int_equal(spop_read_value(&c).type, SPOP_NULL);
    v = spop_read_value(&c);
    assert_true(v.type == SPOP_BOOL && !v.truth);
    assert_true(spop_read_value(&c).truth);
    assert_int_equal(spop_read_value(&c).number, 7);
    assert_int_equal(spop_read_value(&c).number, -1);
    v = spop_read_value(&c);
    assert_true(v.type == SPOP_UINT32 && v.count == 16380);
    v = spop_read_value(&c);
    assert_true(v.type == SPOP_INT32 && v.number == -1);
    assert_int_equal(spop_read_value(&c).count, 1);
    assert_memory_equal(spop_read_value(&c).bytes.p, "\x7f\0\0\1", 4);
    v = spop_read_value(&c);
    assert_true(v.type == SPOP_IPV6 && v.bytes.n == 16);
    v = spop_read_value(&c);
    assert_true(v.type == SPOP_STRING && spop_bytes_eq(v.bytes, SPOP_BYTES("/a/x")));
    v = spop_read_value(&c);
    assert_true(v.type == SPOP_BINARY && spop_bytes_eq(v.bytes, SPOP_BYTES("bin")));
    assert_int_equal(spop_read_value(&c).type, SPOP_STRING); /* flags of other types mean nothing */
    assert_false(c.bad);
    assert_int_equal(spop_left(&c), 0);
}

static void a_value_that_cannot_be_is_bad(void **state)
{
    static const char *const wrong[] = {
        "",      "0a",           "0b",        "0c", "0d", "0e",           "0f",
        "fa",    "04",           "06 7f0000", "08", "07", "08 05 616263", "03 f0f1fefe7e",
        "09 f0", "02 f0f1fefe7e"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t bytes[64];
        struct spop_cursor c = reader(wrong[i], bytes, sizeof bytes);

        assert_int_equal(spop_read_value(&c).type, SPOP_NULL);
        assert_true(c.bad);
    }
}

static void every_value_comes_back(void **state)
{
    uint8_t six[16] = {0x20, 1}, bytes[128];
    struct spop_value all[] = {
        {SPOP_NULL, {.count = 0}},
        {SPOP_BOOL, {.truth = true}},
        {SPOP_BOOL, {.truth = false}},
        {SPOP_INT32, {.number = -5}},
        {SPOP_INT64, {.number = INT64_MIN}},
        {SPOP_UINT32, {.count = UINT32_MAX}},
        {SPOP_UINT64, {.count = UINT64_MAX}},
        {SPOP_IPV4, {.bytes = {six, 4}}},
        {SPOP_IPV6, {.bytes = {six, 16}}},
        {SPOP_STRING, {.bytes = SPOP_BYTES("text")}},
        {SPOP_BINARY, {.bytes = {six, 0}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct spop_out out = {bytes, 0, sizeof bytes, false};
        struct spop_cursor c;
        struct spop_value v;

        spop_put_value(&out, &all[i]);
        c = spop_cursor((struct spop_bytes){bytes, out.n});
        v = spop_read_value(&c);
        assert_true(!c.bad && spop_left(&c) == 0);
        assert_int_equal(v.type, all[i].type);
        if (v.type == SPOP_BOOL)
            assert_int_equal(v.truth, all[i].truth);
        else if (v.type >= SPOP_IPV4)
            assert_true(spop_bytes_eq(v.bytes, all[i].bytes));
        else if (v.type != SPOP_NULL)
            assert_int_equal(v.count, all[i].count);
    }
}

static void an_address_of_another_size_is_written_as_null(void **state)
{
    uint8_t bytes[8];
    struct spop_out out = {bytes, 0, sizeof bytes, false};
    struct spop_value v = {SPOP_IPV4, {.bytes = SPOP_BYTES("abc")}};

    (void)state;
    spop_put_value(&out, &v);
    assert_int_equal(out.n, 1);
    assert_int_equal(bytes[0], SPOP_NULL);
}

static void what_does_not_fit_is_not_written_and_nothing_after_it(void **state)
{
    uint8_t bytes[6] = {0};
    struct spop_out out = {bytes, 0, 5, false};

    (void)state;
    spop_put_u32(&out, 0x01020304);
    spop_put_u32(&out, 0x05060708);
    assert_true(out.full);
    assert_int_equal(out.n, 4);
    spop_put_u8(&out, 9); /* would fit */
    assert_int_equal(out.n, 4);
    assert_int_equal(bytes[4], 0);
    spop_out_back(&out, 0);
    spop_put_u8(&out, 9);
    assert_int_equal(bytes[0], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(varints_are_read_and_written_as_measured),
        cmocka_unit_test(every_varint_comes_back),
        cmocka_unit_test(a_cut_varint_is_bad),
        cmocka_unit_test(an_endless_or_too_large_varint_is_bad),
        cmocka_unit_test(values_are_read_as_haproxy_sends_them),
        cmocka_unit_test(a_value_that_cannot_be_is_bad),
        cmocka_unit_test(every_value_comes_back),
        cmocka_unit_test(an_address_of_another_size_is_written_as_null),
        cmocka_unit_test(what_does_not_fit_is_not_written_and_nothing_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
