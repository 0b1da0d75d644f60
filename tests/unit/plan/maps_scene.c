/* SPDX-License-Identifier: Apache-2.0 */
#include "maps_scene.h"

#include "given.h"
#include "render/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

const char *const maps_frontends[MAPS_FRONTENDS] = {"web", "api"};

/* HAProxy has started from a configuration with these maps, all empty. */
static void add_maps(struct world *w)
{
    static const char *const kinds[] = {"path",    "path_beg", "path_reg",    "url",
                                        "url_beg", "url_reg",  "hdr_dom.host"};
    char path[SIM_TEXT];

    sim_add_map(w->sim, "/d/maps/active.map");
    sim_add_map(w->sim, "/d/maps/default.map");
    sim_add_map(w->sim, "/d/maps/proxies.map");
    for (size_t f = 0; f < MAPS_FRONTENDS; f++) {
        (void)snprintf(path, sizeof path, "/d/maps/%s.rank.map", maps_frontends[f]);
        sim_add_map(w->sim, path);
        for (size_t k = 0; k < 14; k++) {
            (void)snprintf(path, sizeof path, "/d/maps/%s.%s.%c.map", maps_frontends[f],
                           kinds[k / 2], k % 2 ? 'b' : 'a');
            sim_add_map(w->sim, path);
        }
    }
}

void maps_begin(struct world *w)
{
    world_init(w);
    add_maps(w);
}

void maps_want_nothing(struct world *w)
{
    arena_free(&w->want.arena);
    w->want = (struct desired){.refs = 1};
}

void maps_want_rules(struct world *w, const char *frontend, const char *rules)
{
    struct arena a = ARENA_INIT;
    struct frontend *f = given_frontend(
        frontend, arena_printf(&a, "{'bind':'*:80','backend':'x','rules':[%s]}", rules).p);
    struct ruleset *r = ARENA_PUSH(&w->want.arena, w->want.rulesets, w->want.ruleset_count);

    rules_compile(&w->want.arena, f, r);
    r->frontend = arena_str(&w->want.arena, r->frontend);
    for (size_t i = 0; i < r->kind_count; i++) {
        struct map_file *kind = &r->kinds[i];
        kind->name = arena_str(&w->want.arena, kind->name);
        for (size_t k = 0; k < kind->count; k++)
            kind->entries[k].key = arena_str(&w->want.arena, kind->entries[k].key);
    }
    r->ranks.name = arena_str(&w->want.arena, r->ranks.name);
    for (size_t i = 0; i < r->ranks.count; i++)
        r->ranks.entries[i].value = arena_str(&w->want.arena, r->ranks.entries[i].value);
    frontend_unref(f);
    arena_free(&a);
}

void maps_want(struct world *w, const char *name, const char *text)
{
    struct arena *a = &w->want.arena;
    struct map_file *m = ARENA_PUSH(a, w->want.maps, w->want.map_count);
    struct str rest = arena_str(a, str_z(text));

    *m = (struct map_file){.name = str_z(name)};
    while (rest.n) {
        struct str value = str_cut(&rest, ','), key = str_cut(&value, ' ');
        *ARENA_PUSH(a, m->entries, m->count) = (struct map_entry){key, value};
    }
}

const char *maps_value(const struct sim_map *m, const char *key)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->entries[i].key, key) == 0)
            return m->entries[i].value;
    }
    return NULL;
}

struct sim_map *maps_find(struct world *w, const char *format, const char *a, char set)
{
    char name[SIM_TEXT], path[SIM_TEXT + 32];
    struct sim_map *m;

    (void)snprintf(name, sizeof name, format, a, set);
    (void)snprintf(path, sizeof path, "/d/maps/%s", name);
    m = sim_map(w->sim, path);
    assert_non_null(m);
    return m;
}

char maps_active_set(struct world *w, const char *frontend)
{
    const char *set = maps_value(sim_map(w->sim, "/d/maps/active.map"), frontend);

    return set ? set[0] : 'a';
}
