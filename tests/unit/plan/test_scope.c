/* SPDX-License-Identifier: Apache-2.0 */
/* Which backends are looked at: the set itself, and that a plan of them is the plan of all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan/scope.h"
#include "same.h"
#include "world.h"

#include <stdio.h>

static void test_names_are_there_once_and_in_order(void **state)
{
    struct scope s = SCOPE_NONE, more = SCOPE_NONE;

    (void)state;
    scope_add(&s, STR("live"));
    scope_add(&s, STR("api"));
    scope_add(&s, STR("live"));
    scope_add(&more, STR("zoo"));
    scope_add(&more, STR("api"));
    scope_add_all(&s, &more);
    assert_int_equal(s.count, 3);
    assert_true(str_eq_z(s.names[0], "api"));
    assert_true(str_eq_z(s.names[1], "live"));
    assert_true(str_eq_z(s.names[2], "zoo"));
    assert_true(scope_has(&s, STR("live")));
    assert_false(scope_has(&s, STR("liv")));
    scope_fini(&s);
    assert_false(scope_has(&s, STR("live")));
    scope_fini(&more);
}

static void test_no_scope_and_the_whole_one_have_every_name(void **state)
{
    struct scope s = SCOPE_ALL, other = SCOPE_NONE;

    (void)state;
    scope_add(&s, STR("live"));
    assert_true(scope_has(&s, STR("api")));
    assert_true(scope_has(NULL, STR("api")));
    scope_add(&other, STR("live"));
    scope_add_all(&other, &s);
    assert_true(scope_has(&other, STR("api")));
    scope_fini(&other);
}

static void test_too_many_names_are_all(void **state)
{
    struct scope s = SCOPE_NONE;
    char name[16];

    (void)state;
    for (unsigned i = 0; i <= SCOPE_NAMES; i++) {
        (void)snprintf(name, sizeof name, "b%u", i);
        scope_add(&s, str_z(name));
    }
    assert_true(s.all);
    assert_true(scope_has(&s, STR("another")));
    scope_fini(&s);
}

static struct have *have_of(size_t backends, size_t servers_each)
{
    struct have *h = have_new();
    char name[16];

    for (unsigned i = 0; i < backends; i++) {
        (void)snprintf(name, sizeof name, "b%06u", i);
        *ARENA_PUSH(&h->arena, h->backends, h->backend_count) =
            (struct have_backend){.name = arena_str(&h->arena, str_z(name)), .count = servers_each};
        h->server_count += servers_each;
    }
    return h;
}

static void test_what_is_no_cheaper_than_all_is_not_asked_in_part(void **state)
{
    struct have *h = have_of(100, 100);
    struct scope s = SCOPE_NONE, all = SCOPE_ALL;
    char name[16];

    (void)state;
    assert_true(scope_is_small(&s, h));
    assert_false(scope_is_small(&all, h));
    for (unsigned i = 0; i < 25; i++) {
        (void)snprintf(name, sizeof name, "b%06u", i);
        scope_add(&s, str_z(name));
        assert_true(scope_is_small(&s, h));
    }
    h->merged_servers = 9000; /* much has piled up */
    assert_false(scope_is_small(&s, h));
    h->merged_servers = 0;
    scope_add(&s, STR("b000099"));
    assert_false(scope_is_small(&s, h));
    scope_fini(&s);
    have_free(h);
}

/* --- the plan of a scope is the plan of all --- */

enum { BACKENDS = 6, STEPS = 400 };

static struct backend objects[BACKENDS];

/* One backend wants others than before. */
static void want_anew(struct world *w, unsigned n)
{
    struct desired_backend *b = &w->want.backends[n];
    const char *source = world_pick(3) ? "app@1.0.0" : "app@2.0.0";

    b->servers = NULL;
    b->server_count = 0;
    b->source = str_z(source);
    for (unsigned i = 1; i <= 6; i++) {
        char host[32];
        (void)snprintf(host, sizeof host, "10.0.%u.%u", n, i);
        if (world_pick(2))
            world_add_wanted(w, b, host, 80, world_pick(3), ADMIN_READY, source);
    }
    world_sort(b);
}

static void begin(struct world *w)
{
    world_init(w);
    w->want.backends = ARENA_ARRAY(&w->want.arena, struct desired_backend, BACKENDS);
    w->want.backend_count = BACKENDS;
    for (unsigned n = 0; n < BACKENDS; n++) {
        static char names[BACKENDS][4];
        (void)snprintf(names[n], sizeof names[n], "b%u", n);
        objects[n].name = str_z(names[n]);
        w->want.backends[n].object = &objects[n];
        w->want.backends[n].proxy = objects[n].name;
        sim_add_backend(w->sim, names[n]);
        want_anew(w, n);
    }
}

/* Checks pass or fail, sessions come and go: seen only in the backends that are asked about. */
static void live_a_little(struct world *w)
{
    for (size_t b = 0; b < w->sim->backend_count; b++) {
        for (size_t i = 0; i < w->sim->backends[b].count; i++) {
            struct sim_server *s = &w->sim->backends[b].servers[i];
            if (s->health && s->check != HAVE_CHECK_PASSED && world_pick(3) == 0)
                s->check = world_pick(4) ? HAVE_CHECK_PASSED : HAVE_CHECK_FAILED;
            s->sessions = s->drain || s->maint ? s->sessions / 2 : world_pick(4);
        }
    }
    w->now_ms += world_pick(300);
}

static struct have *observe_part(struct world *w, const struct scope *s)
{
    struct have *all = sim_observe(w->sim, true), *part = have_new();
    struct str *asked = ARENA_ARRAY(&part->arena, struct str, s->count);

    for (size_t i = 0; i < s->count; i++) {
        const struct have_backend *b = have_find_backend(all, s->names[i]);
        asked[i] = arena_str(&part->arena, s->names[i]);
        if (b)
            *ARENA_PUSH(&part->arena, part->backends, part->backend_count) = *b;
    }
    arena_adopt(&part->arena, &all->arena);
    have_free(all);
    part->part = true;
    part->asked = asked;
    part->asked_count = s->count;
    return part;
}

/* One turn as app_observe.c and app_world.c make it. */
static size_t turn(struct world *w, struct have **have, struct scope *scope)
{
    struct plan_input in;
    struct plan p, full;
    size_t count;

    *have = have_merge(*have, observe_part(w, scope));
    in = world_input(w, *have);
    plan_make(&in, &full);
    in.scope = scope;
    plan_make(&in, &p);
    same_plan(&p, &full);
    scope_fini(scope);
    scope_add_all(scope, &p.restless);
    plan_note_made(w->ledger, w->proxies, &p);
    plan_note_sending(w->ledger, &in, &p);
    for (size_t i = 0; i < p.count; i++)
        scope_add(scope, p.ops[i].backend);
    world_send(w, &p, world_pick(5) ? p.count : world_pick((unsigned)p.count + 1), NULL);
    count = p.count + (p.wake_ms >= 0);
    plan_free(&p);
    plan_free(&full);
    live_a_little(w);
    return count;
}

static void test_the_plan_of_what_was_touched_is_the_plan_of_all(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 30; seed++) {
        struct world w;
        struct have *have = have_new();
        struct scope scope = SCOPE_NONE;
        size_t quiet = 0;
        world_seed(seed);
        begin(&w);
        for (unsigned n = 0; n < BACKENDS; n++)
            scope_add(&scope, objects[n].name);
        for (unsigned i = 0; i < STEPS; i++) {
            if (world_pick(6) == 0) {
                unsigned n = world_pick(BACKENDS);
                want_anew(&w, n);
                scope_add(&scope, objects[n].name);
            }
            (void)turn(&w, &have, &scope);
        }
        for (unsigned i = 0; i < STEPS && quiet < 3; i++)
            quiet = turn(&w, &have, &scope) ? 0 : quiet + 1;
        assert_int_equal(quiet, 3);
        have_free(have);
        scope_fini(&scope);
        world_fini(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_there_once_and_in_order),
        cmocka_unit_test(test_no_scope_and_the_whole_one_have_every_name),
        cmocka_unit_test(test_too_many_names_are_all),
        cmocka_unit_test(test_what_is_no_cheaper_than_all_is_not_asked_in_part),
        cmocka_unit_test(test_the_plan_of_what_was_touched_is_the_plan_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
