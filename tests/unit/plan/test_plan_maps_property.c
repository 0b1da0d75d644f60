/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of a frontend change as one: whoever looks between two commands sees the old rules or the
 * new ones, whole, though connections break and agents die in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "maps_scene.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 32768 };

static int text_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One kind of lookup: "key=rank>backend " of each entry, sorted unless the order decides. */
static void put_kind(struct buf *out, struct world *w, const struct ruleset *r,
                     const struct map_file *kind, char set)
{
    struct arena a = ARENA_INIT;
    const char *frontend = arena_str(&a, r->frontend).p, *name = arena_str(&a, kind->name).p;
    const struct sim_map *m = maps_find(w, "%s.%c.map", name, set);
    const struct sim_map *ranks = maps_find(w, "%s.rank.map", frontend, 0);
    const char **lines = ARENA_ARRAY(&a, const char *, m->count);

    for (size_t i = 0; i < m->count; i++) {
        const char *backend = maps_value(ranks, m->entries[i].value);
        long rank = strtol(m->entries[i].value, NULL, 10) - (set == 'b' ? RULES_SET_B : 0);
        lines[i] =
            arena_printf(&a, "%s=%ld>%s ", m->entries[i].key, rank, backend ? backend : "NOBODY").p;
    }
    if (!kind->ordered && m->count)
        qsort(lines, m->count, sizeof *lines, text_cmp);
    buf_printf(out, "[%s] ", name);
    for (size_t i = 0; i < m->count; i++)
        buf_add_z(out, lines[i]);
    arena_free(&a);
}

/* All rules of the frontend that HAProxy applies now. */
static void put_active(struct buf *out, struct world *w, const struct ruleset *r)
{
    char frontend[SIM_TEXT];
    char set = maps_active_set(w, str_copy(frontend, sizeof frontend, r->frontend));

    for (size_t i = 0; i < r->kind_count; i++)
        put_kind(out, w, r, &r->kinds[i], set);
}

static void put_wanted_kind(struct buf *out, const struct ruleset *r, const struct map_file *kind)
{
    struct arena a = ARENA_INIT;
    const char **lines = ARENA_ARRAY(&a, const char *, kind->count);

    for (size_t i = 0; i < kind->count; i++) {
        struct str backend = STR("NOBODY");
        for (size_t k = 0; k < r->ranks.count; k++) {
            if (str_eq(r->ranks.entries[k].key, kind->entries[i].value))
                backend = r->ranks.entries[k].value;
        }
        lines[i] =
            arena_printf(&a, STR_FMT "=" STR_FMT ">" STR_FMT " ", STR_ARG(kind->entries[i].key),
                         STR_ARG(kind->entries[i].value), STR_ARG(backend))
                .p;
    }
    if (!kind->ordered && kind->count)
        qsort(lines, kind->count, sizeof *lines, text_cmp);
    buf_printf(out, "[" STR_FMT "] ", STR_ARG(kind->name));
    for (size_t i = 0; i < kind->count; i++)
        buf_add_z(out, lines[i]);
    arena_free(&a);
}

static void put_wanted(struct buf *out, const struct ruleset *r)
{
    for (size_t i = 0; i < r->kind_count; i++)
        put_wanted_kind(out, r, &r->kinds[i]);
}

static struct {
    struct buf before, want; /* of each frontend that has rules, before the plan and as wanted */
} rules[MAPS_FRONTENDS];

static void note_before(struct world *w)
{
    for (size_t i = 0; i < w->want.ruleset_count; i++) {
        buf_reset(&rules[i].before);
        buf_reset(&rules[i].want);
        put_active(&rules[i].before, w, &w->want.rulesets[i]);
        put_wanted(&rules[i].want, &w->want.rulesets[i]);
    }
}

static void check_rules(struct world *w)
{
    struct buf now;

    buf_init(&now, TEXT_BYTES);
    for (size_t i = 0; i < w->want.ruleset_count; i++) {
        buf_reset(&now);
        put_active(&now, w, &w->want.rulesets[i]);
        if (!str_eq(buf_str(&now), buf_str(&rules[i].before)) &&
            !str_eq(buf_str(&now), buf_str(&rules[i].want)))
            fail_msg("between two commands the rules are\n%s\nneither\n%s\nnor\n%s", now.p,
                     rules[i].before.p, rules[i].want.p);
    }
    buf_free(&now);
}

static void assert_reached(struct world *w)
{
    struct buf now;

    buf_init(&now, TEXT_BYTES);
    for (size_t i = 0; i < w->want.ruleset_count; i++) {
        char frontend[SIM_TEXT];
        buf_reset(&now);
        put_active(&now, w, &w->want.rulesets[i]);
        assert_string_equal(now.p, rules[i].want.p);
        str_copy(frontend, sizeof frontend, w->want.rulesets[i].frontend);
        assert_int_equal(maps_find(w, "%s.rank.map", frontend, 0)->count,
                         w->want.rulesets[i].ranks.count); /* old ranks are gone */
    }
    buf_free(&now);
}

static void random_rules(struct world *w)
{
    static const char *const patterns[] = {"/a",   "/a/b",   "/c;d", "/e\\\\x /a", "^/f<<$",
                                           "/g#h", "ex.org", "/",    "/a/b /c",    "x=.y"};
    static const char *const ops[] = {"path",    "path_beg", "path_reg", "url",
                                      "url_beg", "url_reg",  "hdr_dom"};
    struct buf text;

    maps_want_nothing(w);
    buf_init(&text, TEXT_BYTES);
    for (size_t f = 0; f < MAPS_FRONTENDS; f++) {
        buf_reset(&text);
        for (unsigned n = world_pick(7); n; n--) {
            const char *op = ops[world_pick(7)];
            buf_printf(&text, "%s{'operation':'%s',%s'value':'%s','backend':'b%u'}",
                       text.n ? "," : "", op, strcmp(op, "hdr_dom") == 0 ? "'header':'host'," : "",
                       patterns[world_pick(10)], world_pick(4));
        }
        maps_want_rules(w, maps_frontends[f], text.n ? text.p : "");
    }
    buf_free(&text);
}

/* From any state to the wanted one, over connections that break and agents that die. */
static void reach(struct world *w)
{
    for (unsigned round = 0; round < 60; round++) {
        struct have *have;
        struct plan p = world_plan(w, &have);
        bool done = p.count == 0;

        assert_int_equal(p.problems.count, 0);
        note_before(w);
        world_send(w, &p, world_pick(3) && round < 50 ? world_pick((unsigned)p.count + 1) : p.count,
                   check_rules);
        plan_free(&p);
        have_free(have);
        if (world_pick(4) == 0)
            world_restart_agent(w);
        if (done)
            return;
        if (world_pick(5) == 0)
            random_rules(w); /* somebody changes them before they are reached */
    }
    fail_msg("the plans do not become empty");
}

static void test_rules_change_as_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < MAPS_FRONTENDS; i++) {
        buf_init(&rules[i].before, TEXT_BYTES);
        buf_init(&rules[i].want, TEXT_BYTES);
    }
    for (unsigned round = 0; round < 100; round++) {
        struct world w;

        world_seed(round + 1);
        maps_begin(&w);
        for (unsigned step = 0; step < 6; step++) {
            random_rules(&w);
            reach(&w);
            assert_reached(&w);
        }
        assert_int_equal(w.sim->refused, 0);
        world_fini(&w);
    }
    for (size_t i = 0; i < MAPS_FRONTENDS; i++) {
        buf_free(&rules[i].before);
        buf_free(&rules[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_change_as_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
