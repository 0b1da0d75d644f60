/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers with a limit, arenas, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <errno.h>
#include <string.h>

static void test_buffer_takes_up_to_its_limit(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5);
    assert_string_equal(buf_str(&b).p, "");
    buf_add_z(&b, "abc");
    buf_add_char(&b, 'd');
    buf_add_str(&b, STR("e"));
    assert_false(buf_failed(&b));
    assert_string_equal(b.p, "abcde");
    buf_add(&b, "", 0);
    assert_false(buf_failed(&b));
    buf_add_char(&b, 'f');
    assert_true(buf_failed(&b));
    assert_string_equal(b.p, "abcde");
    buf_cut(&b, 2);
    buf_add_char(&b, 'x'); /* there would be room: failure sticks */
    assert_string_equal(b.p, "ab");
    buf_reset(&b);
    assert_false(buf_failed(&b));
    assert_int_equal(buf_str(&b).n, 0);
    buf_printf(&b, "%d-%s", 12, "ab");
    assert_string_equal(b.p, "12-ab");
    buf_printf(&b, "%d", 3);
    assert_true(buf_failed(&b));
    buf_free(&b);
    assert_false(buf_failed(&b));
    buf_add_z(&b, "again");
    assert_string_equal(b.p, "again");
    buf_free(&b);
}

static void test_buffer_grows(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, SIZE_MAX / 4);
    for (unsigned i = 0; i < 100000; i++)
        buf_add_char(&b, (char)('a' + i % 26));
    assert_int_equal(b.n, 100000);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(b.p[i], 'a' + (int)(i % 26));
    buf_add(&b, "x", SIZE_MAX / 2); /* no addition overflows */
    assert_true(buf_failed(&b));
    buf_free(&b);
}

static void test_buffer_loses_its_front(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    buf_drop_front(&b, 3); /* nothing there */
    buf_add_z(&b, "abcdef");
    buf_drop_front(&b, 0);
    assert_string_equal(b.p, "abcdef");
    buf_drop_front(&b, 2);
    assert_string_equal(b.p, "cdef");
    buf_drop_front(&b, 99);
    assert_int_equal(b.n, 0);
    buf_cut(&b, 5); /* beyond the end: nothing */
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

static void test_buffer_room_to_read_into(void **state)
{
    struct buf b;
    size_t room = 0;
    char *p;

    (void)state;
    buf_init(&b, 300);
    p = buf_room(&b, 200, &room);
    assert_non_null(p);
    assert_in_range(room, 200, 300);
    memset(p, 'x', 200);
    buf_grown(&b, 200);
    p = buf_room(&b, 1, &room);
    assert_non_null(p);
    assert_in_range(room, 1, 100); /* never past the limit */
    memset(p, 'y', room);
    buf_grown(&b, room);
    while (buf_room(&b, 1, &room))
        buf_grown(&b, room);
    assert_int_equal(b.n, 300);
    assert_int_equal(b.p[300], 0);
    assert_true(buf_failed(&b));
    buf_free(&b);
}

static void test_arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    struct arena a = ARENA_INIT;
    char *last = NULL;

    (void)state;
    for (size_t n = 0; n < 3000; n++) {
        char *p = arena_alloc(&a, n % 700);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n % 700; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0x5a, n % 700);
        if (n % 700 == 0)
            continue; /* nothing needs no place of its own */
        assert_ptr_not_equal(p, last);
        last = p;
    }
    assert_non_null(arena_alloc(&a, 5u << 20)); /* larger than any block */
    assert_true(a.total_bytes >= 5u << 20);
    arena_free(&a);
    assert_null(a.blocks);
    arena_free(&a);
    assert_non_null(arena_alloc(&a, 1));
    arena_free(&a);
}

static void test_arena_texts(void **state)
{
    struct arena a = ARENA_INIT;
    char source[] = "aBc";
    struct str copy = arena_str(&a, str_z(source));

    (void)state;
    source[0] = 'x';
    assert_string_equal(copy.p, "aBc");
    assert_string_equal(arena_str_lower(&a, STR("A-Z\xc3\x84")).p, "a-z\xc3\x84"); /* ASCII */
    assert_string_equal(arena_str(&a, STR_NONE).p, "");
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 7).p, "x-7");
    assert_int_equal(arena_printf(&a, "%2000d", 7).n, 2000);
    arena_free(&a);
}

static void test_arena_arrays_grow(void **state)
{
    struct arena a = ARENA_INIT;
    unsigned *items = NULL;
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        *ARENA_PUSH(&a, items, count) = i;
        if (i % 97 == 0 && count > 3)
            count--; /* a list may be cut, and grow again */
    }
    for (size_t i = 1; i < count; i++)
        assert_true(items[i] > items[i - 1]);
    assert_int_equal(items[count - 1], 9999);
    arena_free(&a);
}

static void test_errors(void **state)
{
    struct err e = {0};
    char longer[1000];

    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    assert_int_equal(err_set(&e, ERR_CONFLICT, "a %d", 1), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_string_equal(e.text, "a 1");
    assert_int_equal(err_field(&e, "value", "bad"), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    err_in(&e, "rules[%d]", 1);
    assert_string_equal(e.field, "rules[1].value");
    err_field(&e, "[2]", "bad");
    err_in(&e, "natives");
    assert_string_equal(e.field, "natives[2]");
    err_set(&e, ERR_INVALID, "bad");
    err_in(&e, "members[3]");
    assert_string_equal(e.field, "members[3]");
    assert_int_equal(err_wrap(&e, "backend %s", "web"), -1);
    assert_string_equal(e.text, "backend web: bad");
    err_errno(&e, ERR_INTERNAL, ENOENT, "/x");
    assert_string_equal(e.text, "/x: No such file or directory");
    assert_string_equal(e.field, ""); /* of the error before */
    err_set(&e, ERR_INVALID, "%s", longer);
    assert_int_equal(strlen(e.text), sizeof e.text - 1);
    for (int i = 0; i < 50; i++) {
        err_wrap(&e, "%s", longer);
        err_in(&e, "%s", longer);
    }
    assert_true(strlen(e.text) < sizeof e.text);
    assert_true(strlen(e.field) < sizeof e.field);
    assert_int_equal(err_set(NULL, ERR_INVALID, "x"), -1);
    assert_int_equal(err_field(NULL, "f", "x"), -1);
    assert_int_equal(err_errno(NULL, ERR_INVALID, 1, "x"), -1);
    assert_int_equal(err_wrap(NULL, "x"), -1);
    assert_int_equal(err_in(NULL, "x"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffer_takes_up_to_its_limit),
        cmocka_unit_test(test_buffer_grows),
        cmocka_unit_test(test_buffer_loses_its_front),
        cmocka_unit_test(test_buffer_room_to_read_into),
        cmocka_unit_test(test_arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_arena_texts),
        cmocka_unit_test(test_arena_arrays_grow),
        cmocka_unit_test(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
