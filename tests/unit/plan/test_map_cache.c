/* SPDX-License-Identifier: Apache-2.0 */
/* When a map is to be read again: HAProxy's own count of its entries changes. */
#include "plan/map_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

/* One map, listed with `told` entries; read with one entry, or not. */
static void update(struct map_cache *c, size_t told, bool read)
{
    struct map_entry entry = {STR("/a"), STR("1")};
    struct have_map map = {.path = STR("/h/maps/web.path.a.map"),
                           .entry_count = told,
                           .read = read,
                           .entries = read ? &entry : NULL,
                           .count = read};
    struct have have = {.maps = &map, .map_count = 1};

    map_cache_update(c, &have);
}

static bool is_due(struct map_cache *c)
{
    struct arena arena = ARENA_INIT;
    struct str paths[4];
    size_t n = map_cache_due(c, STR("/h/maps/"), MAP_CACHE_STALE, &arena, paths, 4);

    arena_free(&arena);
    return n > 0;
}

/* Measured on 2.6 to 3.4: an entry that `add map` made is counted twice, and taken off once. */
static void a_count_that_is_wrong_but_the_same_is_no_reason(void **state)
{
    struct map_cache *c = map_cache_new();

    (void)state;
    update(c, 2, false);
    assert_true(is_due(c));
    update(c, 2, true);
    update(c, 2, false);
    assert_false(is_due(c));
    assert_non_null(map_cache_find(c, STR("/h/maps/web.path.a.map")));
    map_cache_free(c);
}

static void a_map_that_was_cleared_is_read_again(void **state)
{
    struct map_cache *c = map_cache_new();

    (void)state;
    update(c, 2, true);
    update(c, 1, false); /* nothing is left of one entry */
    assert_true(is_due(c));
    assert_null(map_cache_find(c, STR("/h/maps/web.path.a.map")));
    map_cache_free(c);
}

/* --- what our own commands make of a map --- */

#define KEYED "/h/maps/proxies.map"

static void read_keyed(struct map_cache *c, size_t told)
{
    struct map_entry entries[] = {{STR("b"), STR("1")}, {STR("a"), STR("2")}, {STR("d"), STR("3")}};
    struct have_map map = {
        .path = STR(KEYED), .entry_count = told, .read = true, .entries = entries, .count = 3};
    struct have have = {.maps = &map, .map_count = 1};

    map_cache_update(c, &have);
}

static void list_keyed(struct map_cache *c, size_t told)
{
    struct have_map map = {.path = STR(KEYED), .entry_count = told};
    struct have have = {.maps = &map, .map_count = 1};

    map_cache_update(c, &have);
}

static void note(struct map_cache *c, enum reply_op kind, const char *key, const char *value,
                 bool taken)
{
    struct map_entry entry = {str_z(key), str_z(value)};

    map_cache_note(c, STR(KEYED), kind, &entry, taken);
}

static void assert_says(struct map_cache *c, const char *want)
{
    const struct have_map *m = map_cache_find(c, STR(KEYED));
    struct arena a = ARENA_INIT;
    struct str text = STR("");

    assert_non_null(m);
    for (size_t i = 0; i < m->count; i++) {
        text = arena_printf(&a, STR_FMT STR_FMT "=" STR_FMT " ", STR_ARG(text),
                            STR_ARG(m->by_key[i].key), STR_ARG(m->by_key[i].value));
    }
    assert_string_equal(text.n ? text.p : "", want);
    arena_free(&a);
}

static void what_haproxy_took_is_known_without_reading(void **state)
{
    struct map_cache *c = map_cache_new();

    (void)state;
    read_keyed(c, 3);
    map_cache_sending(c, STR(KEYED));
    assert_null(map_cache_find(c, STR(KEYED))); /* until it is answered */
    note(c, REPLY_ADD_MAP, "c", "4", true);
    note(c, REPLY_ADD_MAP, "a", "5", true); /* once more: the first one counts */
    note(c, REPLY_SET_MAP, "d", "6", true);
    note(c, REPLY_DEL_MAP, "b", "", true);
    map_cache_sent(c, true);
    assert_says(c, "a=2 a=5 c=4 d=6 ");
    list_keyed(c, 6); /* HAProxy's own way of counting */
    assert_says(c, "a=2 a=5 c=4 d=6 ");
    list_keyed(c, 6);
    assert_says(c, "a=2 a=5 c=4 d=6 ");
    list_keyed(c, 7); /* somebody else's */
    assert_null(map_cache_find(c, STR(KEYED)));
    map_cache_free(c);
}

static void many_changes_are_followed(void **state)
{
    struct map_cache *c = map_cache_new();
    static char names[300][8];

    (void)state;
    read_keyed(c, 3);
    map_cache_sending(c, STR(KEYED));
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(names[i], sizeof names[i], "n%03u", i * 7 % 300);
        note(c, REPLY_ADD_MAP, names[i], "x", true);
    }
    for (unsigned i = 0; i < 300; i++)
        note(c, REPLY_DEL_MAP, names[i], "", true);
    map_cache_sent(c, true);
    assert_says(c, "a=2 b=1 d=3 ");
    map_cache_free(c);
}

static void what_is_in_doubt_is_read_again(void **state)
{
    static const struct {
        bool first_taken, all, told;
    } cases[] = {{false, true, true}, {true, false, true}, {true, true, false}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct map_cache *c = map_cache_new();
        read_keyed(c, 3);
        map_cache_sending(c, STR(KEYED));
        note(c, REPLY_ADD_MAP, cases[i].told ? "c" : "", "4", cases[i].first_taken);
        note(c, REPLY_SET_MAP, "d", "6", true);
        map_cache_sent(c, cases[i].all);
        assert_null(map_cache_find(c, STR(KEYED)));
        list_keyed(c, 4);
        assert_null(map_cache_find(c, STR(KEYED)));
        read_keyed(c, 4);
        assert_says(c, "a=2 b=1 d=3 ");
        map_cache_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_that_is_wrong_but_the_same_is_no_reason),
        cmocka_unit_test(a_map_that_was_cleared_is_read_again),
        cmocka_unit_test(what_haproxy_took_is_known_without_reading),
        cmocka_unit_test(many_changes_are_followed),
        cmocka_unit_test(what_is_in_doubt_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
