/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "render/maps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char world[] =
    "{'frontends':[{'key':'web','bind':'*:80','backend':'live','rules':["
    "   {'operation':'path_beg','value':'/a /b','backend':'live'},"
    "   {'operation':'path','value':'/x','backend':'other'}]},"
    "  {'key':'db','bind':'*:90','backend':'dbs','mode':'tcp'}],"
    " 'backends':[{'key':'live','type':'static','host':'h.example.com','health':{'uri':'/hz'}},"
    "   {'key':'other','type':'static'},"
    "   {'key':'dbs','type':'static','mode':'tcp'}]}";

static void check_file(const struct file_list *files, const char *name, const char *want)
{
    for (size_t i = 0; i < files->count; i++) {
        if (!str_eq_z(files->items[i].name, name))
            continue;
        assert_string_equal(files->items[i].text.p, want);
        return;
    }
    fail_msg("no file %s", name);
}

static void test_files_of_both_sets(void **state)
{
    struct arena a = ARENA_INIT;
    struct fixture f;
    struct file_list files;
    struct err e = {0};
    struct active_set active = {STR("web"), 'b'};

    (void)state;
    fixture_text(&f, world, &fixture_caps_30);
    assert_int_equal(maps_files(&a, &f.desired, NULL, 0, &files, &e), 0);
    assert_int_equal(files.count, 8 + 14 + 1);
    check_file(&files, "maps/active.map", "web a\n");
    check_file(&files, "maps/web.path_beg.a.map", "/a 1\n/b 1\n");
    check_file(&files, "maps/web.path_beg.b.map", "");
    check_file(&files, "maps/web.rank.map", "1 live\n2 other\n");
    assert_int_equal(maps_files(&a, &f.desired, &active, 1, &files, &e), 0);
    check_file(&files, "maps/active.map", "web b\n");
    check_file(&files, "maps/web.path_beg.a.map", "");
    check_file(&files, "maps/web.path_beg.b.map", "/a 500001\n/b 500001\n");
    check_file(&files, "maps/web.path.b.map", "/x 500002\n");
    check_file(&files, "maps/web.rank.map", "500001 live\n500002 other\n");
    for (size_t i = 1; i < files.count; i++)
        assert_true(str_cmp(files.items[i - 1].name, files.items[i].name) < 0);
    fixture_free(&f);
    arena_free(&a);
}

static const struct map_file *find(const struct desired *d, const char *name)
{
    for (size_t i = 0; i < d->map_count; i++) {
        if (str_eq_z(d->maps[i].name, name))
            return &d->maps[i];
    }
    fail_msg("no map %s", name);
    return NULL;
}

static void check_entries(const struct desired *d, const char *name, const char *want)
{
    struct buf got;
    struct err e = {0};

    buf_init(&got, 4096);
    buf_add_z(&got, "");
    assert_int_equal(maps_text(&got, find(d, name), MAPS_NO_RANKS, 0, &e), 0);
    assert_string_equal(got.p, want);
    buf_free(&got);
}

/* While it runs, a backend may be served by another proxy; a HAProxy that starts from the files has
 * each under its own name. */
static void test_proxies_while_running_and_in_files(void **state)
{
    struct arena a = ARENA_INIT;
    struct fixture f;
    struct file_list files;
    struct err e = {0};

    (void)state;
    fixture_text(&f, world, &fixture_caps_30);
    assert_true(str_eq_z(f.desired.backends[1].object->name, "live"));
    f.desired.backends[1].proxy = STR("live.2");
    maps_build(&f.desired);
    check_entries(&f.desired, "maps/default.map", "db dbs\nweb live\n");
    check_entries(&f.desired, "maps/proxies.map", "dbs dbs\nlive live.2\nother other\n");
    check_entries(&f.desired, "maps/uri.map", "live.2 /hz\n");
    check_entries(&f.desired, "maps/host.map", "live.2 h.example.com\n");
    check_entries(&f.desired, "maps/splits.map", "");
    check_entries(&f.desired, "maps/policies.map", "");
    assert_int_equal(maps_files(&a, &f.desired, NULL, 0, &files, &e), 0);
    check_file(&files, "maps/proxies.map", "dbs dbs\nlive live\nother other\n");
    check_file(&files, "maps/uri.map", "live /hz\n");
    check_file(&files, "maps/host.map", "live h.example.com\n");
    fixture_free(&f);
    arena_free(&a);
}

static void test_entry_that_no_file_can_carry_is_refused(void **state)
{
    struct map_entry entries[] = {{STR("/ok"), STR("1")}, {STR("#no"), STR("2")}};
    struct map_file map = {.name = STR("maps/x.map"), .entries = entries, .count = 2};
    struct buf to;
    struct err e = {0};

    (void)state;
    buf_init(&to, 4096);
    assert_int_equal(maps_text(&to, &map, MAPS_NO_RANKS, 0, &e), -1);
    assert_non_null(strstr(e.text, "maps/x.map: "));
    assert_non_null(strstr(e.text, "#no"));
    buf_free(&to);
    buf_init(&to, 4);
    map.count = 1;
    assert_int_equal(maps_text(&to, &map, MAPS_NO_RANKS, 0, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    buf_free(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_both_sets),
        cmocka_unit_test(test_proxies_while_running_and_in_files),
        cmocka_unit_test(test_entry_that_no_file_can_carry_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
