/* SPDX-License-Identifier: Apache-2.0 */
/* `show thalassa counters`, and its numbers over the workers. */
#include "plan/lua_totals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char text[] = "decided by Lua: 12\n"
                           "too large for the agent, routed by the maps: 3\n"
                           "after error 1 of the agent: 7\n\n";

static struct have *have_of(int64_t pid, const char *said)
{
    struct have *h = have_new();

    h->pid = pid;
    h->start_time_s = 1000;
    have_parse_lua_counters(h, str_z(said));
    return h;
}

static void counters_are_read(void **state)
{
    struct have *h = have_of(1, text);

    (void)state;
    assert_true(h->lua.read);
    assert_int_equal(h->lua.decided, 12);
    assert_int_equal(h->lua.too_large, 3);
    have_free(h);
}

static void another_answer_is_none(void **state)
{
    static const char *const others[] = {
        "", "Unknown command: 'show thalassa counters'\n", "decided by Lua: 12\n",
        "decided by Lua: x\ntoo large for the agent, routed by the maps: 3\n",
        "decided by Lua: 1\ntoo large for the agent, routed by the maps: -3\n"};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct have *h = have_of(1, others[i]);
        assert_false(h->lua.read);
        have_free(h);
    }
}

static void take(struct lua_totals *t, int64_t pid, const char *said)
{
    struct have *h = have_of(pid, said);

    lua_totals_take(t, h);
    have_free(h);
}

static void workers_are_added_up(void **state)
{
    struct lua_totals t = {0};

    (void)state;
    take(&t, 1, text);
    take(&t, 1, text);
    assert_int_equal(lua_totals_decided(&t), 12);
    take(&t, 2, "Unknown command\n");
    assert_int_equal(lua_totals_decided(&t), 12);
    take(&t, 2, "decided by Lua: 1\ntoo large for the agent, routed by the maps: 0\n");
    assert_int_equal(lua_totals_decided(&t), 13);
    assert_int_equal(lua_totals_too_large(&t), 3);
    take(&t, 3, text);
    assert_int_equal(lua_totals_decided(&t), 25);
    assert_int_equal(lua_totals_too_large(&t), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_read),
        cmocka_unit_test(another_answer_is_none),
        cmocka_unit_test(workers_are_added_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
