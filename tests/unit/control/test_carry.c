/* SPDX-License-Identifier: Apache-2.0 */
#include "control/carry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MAX = 8 };

/* "key=value key=value" */
static size_t pairs(const char *text, struct map_entry *out)
{
    struct str rest = str_z(text), word;
    size_t count = 0;

    while ((word = str_word(&rest)).n) {
        out[count].key = str_cut(&word, '=');
        out[count++].value = word;
    }
    return count;
}

/* `backends`: name=proxy chosen; `map`: name=proxy that serves, NULL: not read. */
static void check(const char *backends, const char *map, const char *state, const char *stats,
                  const char *want_state, const char *want_stats)
{
    struct map_entry chosen[MAX], entries[MAX];
    struct backend objects[MAX];
    struct desired_backend list[MAX];
    struct desired d = {.backends = list, .backend_count = pairs(backends, chosen)};
    struct have_map have = {.read = map != NULL, .entries = entries};
    struct arena a = ARENA_INIT;
    struct renames names;
    struct buf to_state, to_stats;

    for (size_t i = 0; i < d.backend_count; i++) {
        objects[i] = (struct backend){.name = chosen[i].key};
        list[i] = (struct desired_backend){.object = &objects[i], .proxy = chosen[i].value};
    }
    have.count = map ? pairs(map, entries) : 0;
    buf_init(&to_state, 4096);
    buf_init(&to_stats, 4096);
    buf_add_z(&to_state, state);
    buf_add_z(&to_stats, stats);
    carry_names(&a, &d, &have, &names);
    carry_over(&names, &to_state, &to_stats);
    assert_true(str_eq_z(buf_str(&to_state), want_state));
    assert_true(str_eq_z(buf_str(&to_stats), want_stats));
    buf_free(&to_state);
    buf_free(&to_stats);
    arena_free(&a);
}

static void test_backends_with_their_own_names_are_left_alone(void **state)
{
    (void)state;
    check("a=a b=b", "b=b a=a", "1\n1 a 1 s 1\n", "be:a,1\n", "1\n1 a 1 s 1\n", "be:a,1\n");
    check("", "", "1\n1 a 1 s 1\n", "", "1\n1 a 1 s 1\n", "");
}

static void test_what_serves_is_carried_over(void **state)
{
    (void)state;
    check("a=a b=b", "b=s.1 a=a", "1\n1 s.1 1 b_h:1 1\n2 a 1 a_h:1 1\n",
          "be:s.1,1\nsv:s.1:h:1,1\nbe:a,2\n", "1\n1 b 1 b_h:1 1\n2 a 1 a_h:1 1\n",
          "be:b,1\nsv:b:h:1,1\nbe:a,2\n");
}

/* The next generation of a is being prepared: the old one serves until the reload, its servers are
 * those that are up. */
static void test_what_is_being_prepared_ends(void **state)
{
    (void)state;
    check("a=a.2", "a=a", "1\n1 a 1 a_h:1 2\n2 a.2 1 a_h:1 0\n", "be:a,5\nbe:a.2,0\n",
          "1\n1 a 1 a_h:1 2\n2 a.2 1 a_h:1 0\n", "be:a,5\nbe:a.2,0\n");
}

static void test_without_the_map_what_was_chosen_counts(void **state)
{
    (void)state;
    check("a=a.2", NULL, "1\n1 a 1 a_h:1 2\n2 a.2 1 a_h:1 0\n", "", "1\n2 a 1 a_h:1 0\n", "");
    check("a=a.2 b=b", "b=b", "1\n2 a.2 1 a_h:1 0\n", "", "1\n2 a 1 a_h:1 0\n", "");
}

/* Put into the map by hand: one of them keeps it. */
static void test_a_proxy_of_two_backends_goes_to_one(void **state)
{
    (void)state;
    check("a=a b=b", "a=s.1 b=s.1", "1\n1 s.1 1 x 1\n2 b 1 y 1\n", "", "1\n1 a 1 x 1\n2 b 1 y 1\n",
          "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backends_with_their_own_names_are_left_alone),
        cmocka_unit_test(test_what_serves_is_carried_over),
        cmocka_unit_test(test_what_is_being_prepared_ends),
        cmocka_unit_test(test_without_the_map_what_was_chosen_counts),
        cmocka_unit_test(test_a_proxy_of_two_backends_goes_to_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
