/* SPDX-License-Identifier: Apache-2.0 */
/* Maps against a simulated HAProxy, case by case: rules change by a set that nobody looks at;
 * names of keyed maps are there before anything leads to them, and go after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "maps_scene.h"

#include <stdio.h>
#include <string.h>

#define CLEAR(set)                                                                                 \
    "clear map /d/maps/web.path_beg." set ".map\n"                                                 \
    "clear map /d/maps/web.path_reg." set ".map\n"                                                 \
    "clear map /d/maps/web.url." set ".map\n"                                                      \
    "clear map /d/maps/web.url_beg." set ".map\n"                                                  \
    "clear map /d/maps/web.url_reg." set ".map\n"                                                  \
    "clear map /d/maps/web.hdr_dom.host." set ".map\n"
#define PATH(value, backend) "{'operation':'path','value':'" value "','backend':'" backend "'}"

static void test_first_rules_and_the_next(void **state)
{
    struct world w;

    (void)state;
    maps_begin(&w);
    maps_want_nothing(&w);
    maps_want_rules(&w, "web", PATH("/a;b", "x"));
    (void)world_expect(&w,
                       "add map /d/maps/web.rank.map 500001 x\n"
                       "clear map /d/maps/web.path.b.map\n"
                       "add map /d/maps/web.path.b.map /a\\;b 500001\n" CLEAR(
                           "b") "add map /d/maps/active.map web b\n",
                       true);
    (void)world_expect(&w, "", true);
    maps_want_nothing(&w);
    maps_want_rules(&w, "web", PATH("/a;b", "y"));
    (void)world_expect(
        &w,
        "add map /d/maps/web.rank.map 1 y\n"
        "clear map /d/maps/web.path.a.map\n"
        "add map /d/maps/web.path.a.map /a\\;b 1\n" CLEAR("a") "set map /d/maps/active.map web a\n",
        true);
    (void)world_expect(&w, "del map /d/maps/web.rank.map 500001\n", true);
    (void)world_expect(&w, "", true);
    world_fini(&w);
}

static void by_hand(struct world *w, const char *add_map)
{
    struct plan_op op = {.kind = REPLY_ADD_MAP, .map = STR("any"), .command = str_z(add_map)};

    assert_string_equal(sim_command(w->sim, &op), "\n");
}

static void test_what_stands_already_is_not_sent(void **state)
{
    struct world w;

    (void)state;
    maps_begin(&w);
    maps_want_nothing(&w);
    maps_want_rules(&w, "web", PATH("/b", "x") "," PATH("/a", "y"));
    by_hand(&w, "add map /d/maps/web.rank.map 1 x");
    by_hand(&w, "add map /d/maps/web.rank.map 2 y");
    by_hand(&w, "add map /d/maps/web.path.a.map /b 1");
    by_hand(&w, "add map /d/maps/web.path.a.map /a 2");
    (void)world_expect(&w, "", false);
    world_fini(&w);
}

static void test_rules_changed_by_hand_come_back(void **state)
{
    struct world w;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        maps_begin(&w);
        maps_want_nothing(&w);
        maps_want_rules(&w, "web", PATH("/a", "x"));
        world_settle(&w);
        if (i == 0)
            maps_find(&w, "%s.path.b.map", "web", 0)->count = 0; /* clear map */
        else if (i == 1)
            maps_find(&w, "%s.rank.map", "web", 0)->count = 0;
        else if (i == 2)
            sim_map(w.sim, "/d/maps/active.map")->count = 0;
        else
            (void)snprintf(maps_find(&w, "%s.rank.map", "web", 0)->entries[0].value, SIM_TEXT, "z");
        world_settle(&w);
        assert_string_equal(
            maps_value(maps_find(&w, "%s.path.%c.map", "web", maps_active_set(&w, "web")), "/a"),
            maps_active_set(&w, "web") == 'a' ? "1" : "500001");
        assert_string_equal(maps_find(&w, "%s.rank.map", "web", 0)->entries[0].value, "x");
        world_fini(&w);
    }
}

static void test_the_order_of_a_list_matters(void **state)
{
    struct world w;
    struct sim_map *list;

    (void)state;
    maps_begin(&w);
    maps_want_nothing(&w);
    maps_want_rules(&w, "web",
                    "{'operation':'path_reg','value':'^/b','backend':'x'},"
                    "{'operation':'path_reg','value':'^/a','backend':'y'}");
    world_settle(&w);
    list = maps_find(&w, "%s.path_reg.%c.map", "web", maps_active_set(&w, "web"));
    list->entries[2] = list->entries[0]; /* del map and add map by hand: it is last now */
    memmove(&list->entries[0], &list->entries[1], 2 * sizeof list->entries[0]);
    assert_string_equal(list->entries[0].key, "^/a");
    world_settle(&w);
    list = maps_find(&w, "%s.path_reg.%c.map", "web", maps_active_set(&w, "web"));
    assert_string_equal(list->entries[0].key, "^/b");
    world_fini(&w);
}

static void test_a_map_that_haproxy_lacks_waits_for_the_reload(void **state)
{
    struct world w;

    (void)state;
    maps_begin(&w);
    maps_want_nothing(&w);
    maps_want_rules(&w, "new", PATH("/a", "x"));
    maps_want(&w, "maps/nosuch.map", "a b");
    (void)world_expect(&w, "", false);
    world_fini(&w);
}

static void test_a_map_that_was_not_read_is_read_first(void **state)
{
    struct world w;
    struct plan_input in;
    struct have *have;
    struct plan p;

    (void)state;
    maps_begin(&w);
    maps_want_nothing(&w);
    maps_want_rules(&w, "web", PATH("/a", "x"));
    maps_want(&w, "maps/default.map", "web x");
    have = sim_observe(w.sim, false);
    map_cache_update(w.maps, have);
    in = world_input(&w, have);
    plan_make(&in, &p);
    assert_int_equal(p.count, 0);
    assert_int_equal(p.wake_ms, w.now_ms); /* look again at once */
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_keyed_maps_change_by_entry_and_deletions_come_last(void **state)
{
    struct world w;

    (void)state;
    maps_begin(&w);
    maps_want_nothing(&w);
    maps_want(&w, "maps/default.map", "mail mx,web live");
    maps_want(&w, "maps/proxies.map", "live live,mx mx");
    (void)world_expect(&w,
                       "add map /d/maps/proxies.map live live\n"
                       "add map /d/maps/proxies.map mx mx\n"
                       "add map /d/maps/default.map mail mx\n"
                       "add map /d/maps/default.map web live\n",
                       true);
    (void)world_expect(&w, "", true);
    maps_want_nothing(&w);
    maps_want_rules(&w, "web", PATH("/a", "new"));
    maps_want(&w, "maps/default.map", "web new");
    maps_want(&w, "maps/proxies.map", "live live.2,new new");
    (void)world_expect(
        &w,
        "set map /d/maps/proxies.map live live.2\n"
        "add map /d/maps/proxies.map new new\n"
        "set map /d/maps/default.map web new\n"
        "add map /d/maps/web.rank.map 500001 new\n"
        "clear map /d/maps/web.path.b.map\n"
        "add map /d/maps/web.path.b.map /a 500001\n" CLEAR("b") "add map /d/maps/active.map web b\n"
                                                                "del map /d/maps/default.map mail\n"
                                                                "del map /d/maps/proxies.map mx\n",
        true);
    (void)world_expect(&w, "", true);
    world_fini(&w);
}

static void test_keys_that_are_there_twice(void **state)
{
    struct world w;
    struct sim_map *m;

    (void)state;
    maps_begin(&w);
    maps_want_nothing(&w);
    maps_want(&w, "maps/default.map", "web live");
    world_settle(&w);
    m = sim_map(w.sim, "/d/maps/default.map");
    m->entries[m->count++] = m->entries[0]; /* add map by hand: harmless */
    (void)world_expect(&w, "", true);
    (void)snprintf(m->entries[1].value, SIM_TEXT, "other");
    (void)world_expect(&w, "set map /d/maps/default.map web live\n", true);
    (void)world_expect(&w, "", true);
    (void)snprintf(m->entries[0].key, SIM_TEXT, "gone");
    (void)snprintf(m->entries[1].key, SIM_TEXT, "gone");
    (void)world_expect(
        &w, "add map /d/maps/default.map web live\ndel map /d/maps/default.map gone\n", true);
    (void)world_expect(&w, "", true);
    world_fini(&w);
}

static void test_the_first_entry_of_the_active_map_counts(void **state)
{
    struct world w;
    struct sim_map *active;

    (void)state;
    maps_begin(&w);
    maps_want_nothing(&w);
    maps_want_rules(&w, "web", PATH("/a", "x"));
    world_settle(&w);
    assert_int_equal(maps_active_set(&w, "web"), 'b');
    active = sim_map(w.sim, "/d/maps/active.map");
    active->entries[1] = active->entries[0];
    (void)snprintf(active->entries[1].value, SIM_TEXT, "a");
    active->count = 2;
    (void)world_expect(&w, "", false); /* HAProxy looks at b, which is right */
    world_fini(&w);
}

static void test_what_cannot_be_sent_is_told_and_left_out(void **state)
{
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    maps_begin(&w);
    maps_want_nothing(&w);
    maps_want(&w, "maps/default.map", "bad a\x01z,web live");
    maps_want_rules(&w, "web", PATH("/a", "x") "," PATH("/b", "x"));
    for (size_t i = 0; i < w.want.rulesets[0].kinds[0].count; i++) {
        if (str_eq(w.want.rulesets[0].kinds[0].entries[i].key, STR("/b")))
            w.want.rulesets[0].kinds[0].entries[i].key = STR("/b\n");
    }
    world_settle(&w); /* wanted for ever it would change the set for ever */
    assert_string_equal(maps_value(sim_map(w.sim, "/d/maps/default.map"), "web"), "live");
    assert_non_null(maps_value(maps_find(&w, "%s.path.b.map", "web", 0), "/a"));
    p = world_plan(&w, &have);
    assert_int_equal(p.count, 0);
    assert_int_equal(p.problems.count, 2);
    assert_true(
        str_eq(p.problems.items[0], STR("maps/default.map: a control character cannot be sent")));
    assert_true(str_eq(p.problems.items[1], STR("web.path: a control character cannot be sent")));
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

static void test_a_command_beyond_haproxys_line_is_told(void **state)
{
    static char args[16001];
    struct world w;
    struct have *have;
    struct plan p;

    (void)state;
    maps_begin(&w);
    sim_add_backend(w.sim, "live");
    world_add_wanted(&w, world_want_backend(&w), "10.0.0.1", 80, 1, ADMIN_READY, "app@1");
    memset(args, 'x', sizeof args - 1);
    w.want.backends[0].servers[0].args = str_z(args);
    p = world_plan(&w, &have);
    assert_int_equal(p.count, 0);
    assert_int_equal(p.problems.count, 1);
    assert_true(str_starts(p.problems.items[0], STR("a command of 160")));
    plan_free(&p);
    have_free(have);
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_rules_and_the_next),
        cmocka_unit_test(test_what_stands_already_is_not_sent),
        cmocka_unit_test(test_rules_changed_by_hand_come_back),
        cmocka_unit_test(test_the_order_of_a_list_matters),
        cmocka_unit_test(test_a_map_that_haproxy_lacks_waits_for_the_reload),
        cmocka_unit_test(test_a_map_that_was_not_read_is_read_first),
        cmocka_unit_test(test_keyed_maps_change_by_entry_and_deletions_come_last),
        cmocka_unit_test(test_keys_that_are_there_twice),
        cmocka_unit_test(test_the_first_entry_of_the_active_map_counts),
        cmocka_unit_test(test_what_cannot_be_sent_is_told_and_left_out),
        cmocka_unit_test(test_a_command_beyond_haproxys_line_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
