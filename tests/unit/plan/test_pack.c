/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and differences as bytes. */
#include "plan/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include <string.h>

enum { VALUES = 40, ROUNDS = 2000 };

static uint64_t any_number(void)
{
    static const uint64_t edges[] = {0, 1, 127, 128, UINT32_MAX, INT64_MAX, UINT64_MAX};

    if (world_pick(3) == 0)
        return edges[world_pick(sizeof edges / sizeof *edges)];
    return (uint64_t)world_pick(UINT32_MAX) << world_pick(32);
}

static void values_come_back(void **state)
{
    uint64_t before[VALUES] = {0}, now[VALUES], read[VALUES];
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    world_seed(7);
    for (int round = 0; round < ROUNDS; round++) {
        struct str rest;
        memcpy(now, before, sizeof now);
        for (unsigned i = world_pick(VALUES); i > 0; i--)
            now[world_pick(VALUES)] = any_number();
        buf_reset(&out);
        pack_values(&out, before, now, VALUES);
        rest = buf_str(&out);
        memcpy(read, before, sizeof read);
        assert_int_equal(unpack_values(&rest, read, VALUES), 0);
        assert_int_equal(rest.n, 0);
        assert_memory_equal(read, now, sizeof read);
        for (size_t cut = 0; cut < out.n; cut++) {
            rest = (struct str){out.p, cut};
            memcpy(read, before, sizeof read);
            assert_int_equal(unpack_values(&rest, read, VALUES), -1);
        }
        memcpy(before, now, sizeof before);
    }
    buf_free(&out);
}

static void what_does_not_change_costs_a_byte(void **state)
{
    uint64_t values[PACK_VALUES_MAX];
    struct buf out;

    (void)state;
    memset(values, 0x5a, sizeof values);
    buf_init(&out, 4096);
    pack_values(&out, values, values, PACK_VALUES_MAX);
    assert_int_equal(out.n, 1);
    buf_free(&out);
}

static void bytes_that_are_none_are_refused(void **state)
{
    static const struct str bad[] = {
        {"", 0}, {"\x80", 1}, {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10}, {"\x04", 1}};
    uint64_t values[2] = {0}, n;
    struct str rest, text;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        rest = bad[i];
        assert_int_equal(unpack_number(&rest, &n), -1);
    }
    for (size_t i = 0; i < 4; i++) { /* the last: a value more than there are */
        rest = bad[i];
        assert_int_equal(unpack_values(&rest, values, 2), -1);
    }
    rest = STR("\x05xyz");
    assert_int_equal(unpack_text(&rest, &text), -1);
    rest = STR("\x02xyz");
    assert_int_equal(unpack_text(&rest, &text), 0);
    assert_true(str_eq_z(text, "xy") && str_eq_z(rest, "z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(what_does_not_change_costs_a_byte),
        cmocka_unit_test(bytes_that_are_none_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
