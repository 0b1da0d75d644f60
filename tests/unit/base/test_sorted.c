/* SPDX-License-Identifier: Apache-2.0 */
/* Places in sorted arrays: every array of up to eight small numbers against a walk along it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sorted.h"

enum { LENGTH_MAX = 8, KEYS = 6 };

static int compare(const void *key, const void *item)
{
    int a = *(const int *)key, b = *(const int *)item;

    return (a > b) - (a < b);
}

static void check(const int *items, size_t count)
{
    for (int key = -1; key <= KEYS; key++) {
        size_t at = 99, first = 0;
        bool found = sorted_find(&key, items, count, sizeof *items, compare, &at);

        while (first < count && items[first] < key)
            first++;
        assert_int_equal(at, first);
        assert_int_equal(found, first < count && items[first] == key);
    }
}

static void check_all(int *items, size_t count, int least)
{
    check(items, count);
    if (count == LENGTH_MAX)
        return;
    for (int next = least; next < KEYS; next++) {
        items[count] = next;
        check_all(items, count + 1, next);
    }
}

static void test_it_is_or_belongs_where_a_walk_would_end(void **state)
{
    int items[LENGTH_MAX];
    size_t at = 99;

    (void)state;
    check_all(items, 0, 0);
    assert_false(sorted_find(&items[0], NULL, 0, sizeof *items, compare, &at));
    assert_int_equal(at, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_or_belongs_where_a_walk_would_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
