/* SPDX-License-Identifier: Apache-2.0 */
/* What two maps have in common at both ends is left out before they are compared: the commands are
 * the same as without that, and nothing is left of what is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan/map_diff.h"

enum { ENTRIES = 8, TRIES = 20000 };

static uint64_t seed = 1;

static unsigned pick(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static struct str key_of(unsigned i)
{
    static const char *const keys[ENTRIES] = {"a", "aa", "b", "c", "cc", "d", "e", "f"};

    return str_z(keys[i]);
}

static struct str some_value(void)
{
    return pick(5) ? STR("x") : STR("y");
}

/* Keys are there once in what is wanted; in HAProxy's maybe more often. */
static struct map_file random_want(struct map_entry *entries)
{
    struct map_file m = {.name = STR("maps/some.map"), .entries = entries};

    for (unsigned i = 0; i < ENTRIES; i++) {
        if (pick(4))
            entries[m.count++] = (struct map_entry){key_of(i), some_value()};
    }
    return m;
}

static struct have_map random_have(struct map_entry *entries)
{
    struct have_map m = {.path = STR("/d/maps/some.map"), .entries = entries, .by_key = entries};

    for (unsigned i = 0; i < ENTRIES; i++) {
        for (unsigned n = pick(4) ? 1 + !pick(6) : 0; n > 0; n--)
            entries[m.count++] = (struct map_entry){key_of(i), some_value()};
    }
    return m;
}

static uint64_t commands_of(struct plan *p, const struct map_file *want,
                            const struct have_map *have)
{
    uint64_t h = 0;

    map_diff(p, have->path, want, have, MAP_PUT);
    map_diff(p, have->path, want, have, MAP_DELETE);
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < p->ops[i].command.n; k++)
            h = h * 31 + (unsigned char)p->ops[i].command.p[k];
    return h;
}

static void test_what_is_the_same_at_both_ends_changes_no_command(void **state)
{
    size_t same = 0, narrower = 0;

    (void)state;
    for (unsigned i = 0; i < TRIES; i++) {
        struct map_entry w[ENTRIES], h[2 * ENTRIES];
        struct plan full = {.wake_ms = -1}, part = {.wake_ms = -1};
        struct map_file want = random_want(w);
        struct have_map have = random_have(h);
        size_t count = want.count;
        uint64_t hash = commands_of(&full, &want, &have);
        map_narrow(&part.arena, &want, &have, map_common(&part.arena, &want, &have));
        assert_int_equal(commands_of(&part, &want, &have), hash);
        assert_int_equal(part.count, full.count);
        narrower += want.count < count && full.count;
        same += want.count == 0 && have.count == 0;
        plan_free(&full);
        plan_free(&part);
    }
    assert_true(narrower > TRIES / 2);
    assert_true(same > 0);
}

static void test_the_same_leaves_nothing(void **state)
{
    struct map_entry w[] = {{STR("a"), STR("x")}, {STR("b"), STR("y")}, {STR("c"), STR("x")}};
    struct map_entry h[] = {{STR("b"), STR("y")}, {STR("c"), STR("x")}, {STR("a"), STR("x")}};
    struct map_file want = {.entries = w, .count = 3};
    struct have_map have = {.entries = h, .count = 3}; /* in the order in which it was added */
    struct arena a = ARENA_INIT;

    (void)state;
    map_narrow(&a, &want, &have, map_common(&a, &want, &have));
    assert_int_equal(want.count, 0);
    assert_int_equal(have.count, 0);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_the_same_at_both_ends_changes_no_command),
        cmocka_unit_test(test_the_same_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
