/* SPDX-License-Identifier: Apache-2.0 */
#include "proxies_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"
#include "same.h"

#include "control/former.h"
#include "render/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The profiles that run from the start. */
static const char *const profiles[] = {"thalassa.http-first", "thalassa.http-leastconn",
                                       "thalassa.http-roundrobin"};
enum { PROFILES = sizeof profiles / sizeof *profiles };

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct proxy_section *)a)->name,
                   ((const struct proxy_section *)b)->name);
}

static void add_section(struct proxies_scene *s, struct str name, struct str profile)
{
    struct sim_backend *b = sim_add_backend(s->w.sim, arena_str(&s->arena, name).p);

    (void)str_copy(b->profile, sizeof b->profile, profile);
    *ARENA_PUSH(&s->arena, s->facts.plain, s->facts.plain_count) =
        (struct proxy_section){arena_str(&s->arena, name), arena_str(&s->arena, profile)};
}

static void add_profile(struct proxies_scene *s, struct str name)
{
    if (!proxy_facts_profile(&s->facts, name))
        *ARENA_PUSH(&s->arena, s->facts.profiles, s->facts.profile_count) =
            (struct profile_state){.name = arena_str(&s->arena, name)};
}

static void add_spares(struct proxies_scene *s)
{
    for (size_t i = 0; i < s->facts.profile_count; i++) {
        for (unsigned n = 1; n <= SCENE_SPARES; n++)
            add_section(s, profile_spare(&s->arena, s->facts.profiles[i].name, n),
                        s->facts.profiles[i].name);
    }
}

/* Sections and maps of a file set; the template has a backend of its own. */
static void start(struct proxies_scene *s)
{
    struct sim_map *map = sim_add_map(s->w.sim, "/d/maps/proxies.map");
    (void)sim_add_map(s->w.sim, "/d/maps/uri.map");
    (void)sim_add_map(s->w.sim, "/d/maps/host.map");
    struct sim_backend *own = sim_add_backend(s->w.sim, "own");

    (void)snprintf(own->servers[own->count++].name, SIM_TEXT, "own1");
    *ARENA_PUSH(&s->arena, s->facts.taken, s->facts.taken_count) = STR("own");
    for (size_t i = 0; i < PROFILES; i++)
        add_profile(s, str_z(profiles[i]));
    for (size_t i = 0; i < s->objects->backend_count; i++) {
        const struct backend *b = s->objects->backends[i];
        struct str profile = profile_name(&s->arena, profile_of(b));
        add_profile(s, profile);
        add_section(s, b->name, profile);
        str_copy(map->entries[map->count].key, SIM_TEXT, b->name);
        str_copy(map->entries[map->count++].value, SIM_TEXT, b->name);
    }
    if (!s->w.sim->can_add)
        add_spares(s);
    if (s->facts.plain_count) /* no memory, no sorting of it: so the standard has it */
        qsort(s->facts.plain, s->facts.plain_count, sizeof *s->facts.plain, by_name);
}

void scene_init(struct proxies_scene *s, bool can_add)
{
    *s = (struct proxies_scene){.objects = objects_new(), .plain = true, .scope = SCOPE_ALL};
    world_init(&s->w);
    s->w.sim->can_add = can_add;
    start(s);
}

void scene_fini(struct proxies_scene *s)
{
    desired_unref(s->desired);
    scope_fini(&s->scope);
    objects_unref(s->objects);
    objects_unref(s->desired_of);
    arena_free(&s->arena);
    world_fini(&s->w);
}

void scene_put(struct proxies_scene *s, const char *name, const char *quoted)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct backend *b = backend_parse(str_z(name), given_json(&a, quoted), &e);
    struct objects *next = objects_copy(s->objects);

    if (!b)
        fail_msg("%s: %s", quoted, e.text);
    objects_put_backend(next, b);
    backend_unref(b);
    objects_unref(s->objects);
    s->objects = next;
    arena_free(&a);
}

void scene_delete(struct proxies_scene *s, const char *name)
{
    struct objects *next = objects_copy(s->objects);

    (void)objects_del_backend(next, str_z(name));
    objects_unref(s->objects);
    s->objects = next;
}

static struct pool_members members_of(void *ctx, struct arena *a, const struct backend *b)
{
    (void)ctx;
    (void)a;
    return (struct pool_members){.list = b->members};
}

static struct desired *build(struct proxies_scene *s, const struct have *have,
                             struct desired *former)
{
    static const struct render_caps caps = {.guid = false};
    struct proxies_input proxies = {
        .have = have, .running = &s->facts, .records = s->w.proxies, .can_add = s->w.sim->can_add};
    struct build_input in = {.objects = s->objects,
                             .members = members_of,
                             .have = have,
                             .ledger = s->w.ledger,
                             .caps = &caps,
                             .plain = s->plain,
                             .proxies = &proxies,
                             .former = former,
                             .former_objects = s->desired_of,
                             .scope = former ? &s->scope : NULL};
    struct str_list problems;

    proxies.map = plan_map_of_proxies(s->w.maps, STR("/d"), &proxies.has_map);
    return build_desired(&in, &problems);
}

/* As app_world.c does; and all anew, which has to come to the same. */
struct plan scene_plan(struct proxies_scene *s, struct have **have)
{
    struct plan_input in;
    struct plan p, full;
    struct desired *all, *former = s->desired;

    *have = sim_observe(s->w.sim, true);
    map_cache_update(s->w.maps, *have);
    all = build(s, *have, NULL);
    s->desired = build(s, *have, former);
    objects_unref(s->desired_of);
    s->desired_of = objects_ref(s->objects);
    s->shared += same_pieces(s->desired, former);
    s->whole += s->desired == former;
    same_desired(s->desired, all);
    former_changes(former, s->desired, &s->scope);
    in = world_input(&s->w, *have);
    in.running = &s->facts;
    in.proxies_chosen = true;
    in.want = all;
    plan_make(&in, &full);
    in.want = s->desired;
    in.scope = &s->scope;
    in.seen = &s->seen;
    plan_make(&in, &p);
    s->seen = p.seen;
    same_plan(&p, &full);
    scope_fini(&s->scope);
    scope_add_all(&s->scope, &p.restless);
    for (size_t i = 0; i < p.count; i++)
        if (p.ops[i].backend.n)
            scope_add(&s->scope, p.ops[i].backend);
    plan_note_made(s->w.ledger, s->w.proxies, &p);
    plan_note_sending(s->w.ledger, &in, &p);
    plan_free(&full);
    desired_unref(all);
    desired_unref(former);
    return p;
}

static void forget_what_happened(struct proxies_scene *s)
{
    scope_fini(&s->scope);
    s->scope = SCOPE_ALL;
}

void scene_restart_agent(struct proxies_scene *s)
{
    world_restart_agent(&s->w);
    forget_what_happened(s);
}

/* --- another worker --- */

static void forget_worker(struct proxies_scene *s)
{
    struct sim *sim = s->w.sim;

    forget_what_happened(s);
    sim->backend_count = sim->map_count = 0;
    s->facts = (struct proxy_facts){0};
    map_cache_clear(s->w.maps);
}

static void keep_servers(struct sim *sim, const struct sim *old, const char *proxy,
                         struct str backend)
{
    struct arena a = ARENA_INIT;
    struct sim_backend *to = sim_backend(sim, arena_str(&a, backend).p);

    for (size_t i = 0; i < old->backend_count; i++) {
        if (strcmp(old->backends[i].name, proxy) != 0)
            continue;
        memcpy(to->servers, old->backends[i].servers, sizeof to->servers);
        to->count = old->backends[i].count;
    }
    arena_free(&a);
}

/* As app_running_attach does. */
static void take_own_names(struct proxies_scene *s)
{
    struct arena a = ARENA_INIT;
    struct map_entry *names = NULL;
    const struct proxy_record *r;
    size_t count = 0;

    for (size_t i = 0; (r = proxies_at(s->w.proxies, i)); i++) {
        if (!r->gone && !str_eq(r->proxy, r->backend))
            *ARENA_PUSH(&a, names, count) = (struct map_entry){r->proxy, r->backend};
    }
    ledger_rename(s->w.ledger, names, count);
    arena_free(&a);
}

/* The file names its servers. */
static void learn_servers(struct proxies_scene *s, const struct have *have)
{
    for (size_t i = 0; i < s->facts.plain_count; i++) {
        const struct have_backend *b = have_find_backend(have, s->facts.plain[i].name);
        for (size_t k = 0; k < b->count; k++) {
            struct ledger_entry *entry;
            if (ledger_find(s->w.ledger, b->name, b->servers[k].name))
                continue;
            entry = ledger_touch(s->w.ledger, b->name, b->servers[k].name);
            entry->complete = true;
            entry->admin_set = entry->admin_next = have_admin_state(&b->servers[k]);
        }
    }
}

static void observe_new_worker(struct proxies_scene *s, bool ours)
{
    struct have *have = sim_observe(s->w.sim, true);

    if (!ours)
        take_own_names(s);
    ledger_rebase(s->w.ledger, have, ours);
    learn_servers(s, have);
    proxies_rebase(s->w.proxies, have, &s->facts);
    have_free(have);
}

/* `ours`: the names are those that the agent has noted at its dump. */
static void next_worker(struct proxies_scene *s, bool ours)
{
    struct arena a = ARENA_INIT;
    struct sim *old = calloc(1, sizeof *old);
    struct map_entry *names = NULL;
    size_t count = 0;

    assert_non_null(old);
    *old = *s->w.sim;
    for (size_t i = 0; i < s->objects->backend_count; i++) {
        struct str name = s->objects->backends[i]->name;
        const char *route = scene_route(s, arena_str(&a, name).p);
        *ARENA_PUSH(&a, names, count) =
            (struct map_entry){arena_str(&a, route ? str_z(route) : name), name};
    }
    forget_worker(s);
    start(s);
    for (size_t i = 0; i < count; i++)
        keep_servers(s->w.sim, old, names[i].key.p, names[i].value);
    if (ours) {
        size_t moved = 0;
        for (size_t i = 0; i < count; i++) {
            if (!str_eq(names[i].key, names[i].value))
                names[moved++] = names[i];
        }
        ledger_rename(s->w.ledger, names, moved);
    }
    observe_new_worker(s, ours);
    free(old);
    arena_free(&a);
}

void scene_reload(struct proxies_scene *s)
{
    next_worker(s, true);
}

void scene_restart_haproxy(struct proxies_scene *s)
{
    next_worker(s, false);
}

/* --- what is true --- */

const char *scene_route(struct proxies_scene *s, const char *backend)
{
    const struct sim_map *m = sim_map(s->w.sim, "/d/maps/proxies.map");

    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->entries[i].key, backend) == 0)
            return m->entries[i].value;
    }
    return NULL;
}

size_t scene_serving(struct proxies_scene *s, const char *backend)
{
    const char *route = scene_route(s, backend);
    const struct sim_backend *b = route ? sim_backend(s->w.sim, route) : NULL;

    return b && !b->unpublished ? sim_serving(s->w.sim, route) : 0;
}

static void assert_backend(struct proxies_scene *s, const struct backend *b)
{
    struct arena a = ARENA_INIT;
    const char *name = arena_str(&a, b->name).p, *route = scene_route(s, name);
    struct sim_backend *proxy = route ? sim_backend(s->w.sim, route) : NULL;

    if (!proxy)
        fail_msg("%s is led to %s, which is not there", name, route ? route : "nobody");
    assert_string_equal(proxy->profile, profile_name(&a, profile_of(b)).p);
    assert_false(proxy->unpublished);
    if (proxy->count != b->members.count)
        fail_msg("%s has %zu members, %s %zu servers", name, b->members.count, route, proxy->count);
    if (scene_serving(s, name) != b->members.count)
        fail_msg("%zu members of %s serve on %s", scene_serving(s, name), name, route);
    arena_free(&a);
}

static bool is_led_to(struct proxies_scene *s, const char *proxy)
{
    const struct sim_map *m = sim_map(s->w.sim, "/d/maps/proxies.map");

    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->entries[i].value, proxy) == 0)
            return true;
    }
    return false;
}

void scene_assert_reached(struct proxies_scene *s)
{
    assert_int_equal(sim_map(s->w.sim, "/d/maps/proxies.map")->count, s->objects->backend_count);
    for (size_t i = 0; i < s->objects->backend_count; i++)
        assert_backend(s, s->objects->backends[i]);
    for (size_t i = 0; i < s->w.sim->backend_count; i++) {
        const struct sim_backend *b = &s->w.sim->backends[i];
        if (strcmp(b->name, "own") == 0)
            assert_int_equal(b->count, 1);
        else if (!is_led_to(s, b->name) && (s->w.sim->can_add || b->count) && !b->pinned)
            fail_msg("%s is left, with %zu servers", b->name, b->count);
    }
}
