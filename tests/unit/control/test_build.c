/* SPDX-License-Identifier: Apache-2.0 */
/* Stored objects and known members become what HAProxy should run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/build.h"
#include "given.h"

#include <stdio.h>
#include <string.h>

struct scene {
    struct objects *objects;
    struct member_list members; /* of each dynamic backend */
    bool panic, unknown;
    struct arena arena;
    struct have *have;
    struct ledger *ledger;
    struct desired *desired;
    struct str_list problems;
};

static struct pool_members members_of(void *ctx, struct arena *a, const struct backend *b)
{
    struct scene *s = ctx;

    (void)a;
    if (b->type == BACKEND_STATIC)
        return (struct pool_members){.list = b->members};
    return (struct pool_members){.list = s->members, .panic = s->panic, .unknown = s->unknown};
}

static void scene_init(struct scene *s, const char *backend)
{
    struct backend *b = given_backend("live", backend);

    *s = (struct scene){.objects = objects_new(), .ledger = ledger_new()};
    objects_put_backend(s->objects, b);
    backend_unref(b);
}

static void scene_fini(struct scene *s)
{
    desired_unref(s->desired);
    objects_unref(s->objects);
    have_free(s->have);
    ledger_free(s->ledger);
    arena_free(&s->arena);
}

#define DYNAMIC "{'type':'dynamic','name':'app','version':'1.0.0'}"

static struct member *add_member(struct scene *s, const char *host, enum member_status status)
{
    struct member *m = ARENA_PUSH(&s->arena, s->members.items, s->members.count);

    *m = (struct member){
        .host = str_z(host), .address = str_z(host), .port = 80, .status = status, .weight = 5};
    return m;
}

static struct desired *build(struct scene *s)
{
    static const struct render_caps caps = {.guid = false};
    struct build_input in = {.objects = s->objects,
                             .ctx = s,
                             .members = members_of,
                             .have = s->have,
                             .ledger = s->ledger,
                             .caps = &caps};

    desired_unref(s->desired);
    s->desired = build_desired(&in, &s->problems);
    return s->desired;
}

/* "live_10.0.0.1:80 w5 ready, ..." of the only backend. */
static const char *servers_of(const struct desired *d)
{
    static char text[1024];
    const struct desired_backend *b = &d->backends[0];
    size_t n = 0;

    assert_int_equal(d->backend_count, 1);
    text[0] = 0;
    for (size_t i = 0; i < b->server_count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s" STR_FMT " w%u %s%s", i ? ", " : "",
                              STR_ARG(b->servers[i].name), b->servers[i].weight,
                              server_admin_name(b->servers[i].admin),
                              b->servers[i].leaving ? " leaving" : "");
    return text;
}

static void test_health_decides_who_serves(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, DYNAMIC);
    add_member(&s, "10.0.0.4", MEMBER_MAINTENANCE);
    add_member(&s, "10.0.0.1", MEMBER_PASSING);
    add_member(&s, "10.0.0.2", MEMBER_WARNING)->weight = 1;
    add_member(&s, "10.0.0.3", MEMBER_CRITICAL)->weight = 0;
    assert_string_equal(servers_of(build(&s)),
                        "live_10.0.0.1:80 w5 ready, live_10.0.0.2:80 w1 ready, "
                        "live_10.0.0.3:80 w0 drain, live_10.0.0.4:80 w5 drain");
    scene_fini(&s);
}

static void test_panic_uses_the_sick_but_not_those_in_maintenance(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, DYNAMIC);
    s.panic = true;
    add_member(&s, "10.0.0.3", MEMBER_CRITICAL);
    add_member(&s, "10.0.0.4", MEMBER_MAINTENANCE);
    assert_string_equal(servers_of(build(&s)),
                        "live_10.0.0.3:80 w5 ready, live_10.0.0.4:80 w5 drain");
    scene_fini(&s);
}

static void test_what_cannot_be_used_is_left_out(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, DYNAMIC);
    add_member(&s, "10.0.0.1", MEMBER_PASSING)->port = 0;
    add_member(&s, "10.0.0.2", MEMBER_PASSING)->address = STR("");
    add_member(&s, "10.0.0.3", MEMBER_PASSING)->unusable = STR("does not resolve");
    add_member(&s, "10.0.0.4", MEMBER_PASSING);
    assert_string_equal(servers_of(build(&s)), "live_10.0.0.4:80 w5 ready");
    assert_int_equal(s.problems.count, 0); /* shown at the member */
    scene_fini(&s);
}

static void test_two_members_of_one_name_are_one_server(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, DYNAMIC);
    add_member(&s, "10.0.0.1", MEMBER_PASSING)->host = STR("a/b");
    add_member(&s, "10.0.0.2", MEMBER_PASSING)->host = STR("a b");
    assert_string_equal(servers_of(build(&s)), "live_a-b:80 w5 ready");
    scene_fini(&s);
}

static void test_options_that_cannot_be_written_are_a_problem(void **state)
{
    struct arena a = ARENA_INIT;
    struct scene s;

    (void)state;
    scene_init(&s, given_many(&a, "{'type':'dynamic','name':'app','version':'1','server':[",
                              "'tfo'", 60, "]}"));
    add_member(&s, "10.0.0.1", MEMBER_PASSING);
    assert_string_equal(servers_of(build(&s)), "");
    assert_int_equal(s.problems.count, 1);
    assert_true(str_eq_z(s.problems.items[0], "backend live: member 10.0.0.1:80: server: too "
                                              "many words for one server line"));
    scene_fini(&s);
    arena_free(&a);
}

static void test_static_members_have_their_own_words(void **state)
{
    struct scene s;
    const struct desired_server *first;

    (void)state;
    scene_init(&s, "{'type':'static','server':['maxconn 9'],'members':["
                   "{'host':'10.0.0.1','port':80,'weight':7,'backup':true},"
                   "{'host':'db.example','port':1}]}");
    assert_string_equal(servers_of(build(&s)), "live_10.0.0.1:80 w7 ready"); /* no name yet */
    first = &s.desired->backends[0].servers[0];
    assert_true(str_eq(first->source, STR("static")));
    assert_true(str_eq(first->args, STR("check inter 2000ms rise 2 fall 3 maxconn 9 backup")));
    scene_fini(&s);
}

static void test_source_tells_the_version(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, DYNAMIC);
    add_member(&s, "10.0.0.1", MEMBER_PASSING);
    (void)build(&s);
    assert_true(str_eq(s.desired->backends[0].servers[0].source, STR("app@1.0.0")));
    scene_fini(&s);
}

/* HAProxy has a server that we added for `source`. */
static struct have_server *observe(struct scene *s, const char *name, const char *source)
{
    struct have_backend *b;
    struct have_server *h;
    struct ledger_entry *entry;

    if (!s->have) {
        s->have = have_new();
        s->have->backends = ARENA_ARRAY(&s->have->arena, struct have_backend, 1);
        s->have->backend_count = 1;
        s->have->backends[0] = (struct have_backend){.name = STR("live")};
    }
    b = &s->have->backends[0];
    h = ARENA_PUSH(&s->have->arena, b->servers, b->count);
    *h = (struct have_server){.name = str_z(name),
                              .address = STR("10.9.9.9"),
                              .port = 80,
                              .op = HAVE_RUNNING,
                              .uweight = 3};
    if (source) {
        entry = ledger_touch(s->ledger, STR("live"), str_z(name));
        ledger_set_text(&entry->source, str_z(source));
        ledger_set_text(&entry->args, STR("check"));
        entry->complete = true;
    }
    return h;
}

static void test_who_still_serves_stays_in_the_file(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, DYNAMIC);
    add_member(&s, "10.0.0.2", MEMBER_PASSING);
    observe(&s, "live_10.0.0.1:80", "app@0.9.0");
    observe(&s, "live_10.0.0.2:80", "app@1.0.0");
    observe(&s, "live_10.0.0.3:80", "app@1.0.0");
    observe(&s, "somebody-elses", NULL);
    assert_string_equal(servers_of(build(&s)),
                        "live_10.0.0.1:80 w3 ready leaving, live_10.0.0.2:80 w5 ready, "
                        "live_10.0.0.3:80 w3 ready leaving");
    assert_true(str_eq(s.desired->backends[0].servers[0].args, STR("check")));
    scene_fini(&s);
}

static void test_who_leaves_already_does_not_stay(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, DYNAMIC);
    add_member(&s, "10.0.0.2", MEMBER_PASSING);
    observe(&s, "live_10.0.0.1:80", "app@1.0.0");
    ledger_touch(s.ledger, STR("live"), STR("live_10.0.0.1:80"))->leaving = true;
    observe(&s, "live_10.0.0.3:80", "app@1.0.0")->admin = HAVE_DRAIN;
    observe(&s, "live_10.0.0.4:80", "app@1.0.0")->address = STR("");
    assert_string_equal(servers_of(build(&s)), "live_10.0.0.2:80 w5 ready");
    scene_fini(&s);
}

static void test_without_members_only_another_version_stays(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, DYNAMIC);
    observe(&s, "live_10.0.0.1:80", "app@0.9.0");
    observe(&s, "live_10.0.0.2:80", "app@1.0.0");
    assert_string_equal(servers_of(build(&s)), "live_10.0.0.1:80 w3 ready leaving");
    s.unknown = true; /* the registry has not spoken: everybody stays */
    assert_string_equal(servers_of(build(&s)),
                        "live_10.0.0.1:80 w3 ready leaving, live_10.0.0.2:80 w3 ready leaving");
    scene_fini(&s);
}

static void test_the_whole_is_sorted_and_of_one_generation(void **state)
{
    struct scene s;
    struct frontend *web = given_frontend("web", "{'bind':'*:80','backend':'live'}");
    struct frontend *mail = given_frontend("mail", "{'bind':'*:25','backend':'m','mode':'tcp'}");
    struct backend *a = given_backend("a", "{'type':'static'}");
    struct desired *d;

    (void)state;
    scene_init(&s, DYNAMIC);
    s.objects->generation = 42;
    objects_put_frontend(s.objects, web);
    objects_put_frontend(s.objects, mail);
    objects_put_backend(s.objects, a);
    d = build(&s);
    assert_int_equal(d->generation, 42);
    assert_int_equal(d->frontend_count, 2);
    assert_int_equal(d->backend_count, 2);
    assert_true(str_eq(d->backends[0].proxy, STR("a")));
    assert_ptr_equal(d->backends[1].object, d->objects[1]);
    assert_int_equal(d->ruleset_count, 1); /* tcp has none */
    assert_true(str_eq(d->rulesets[0].frontend, STR("web")));
    assert_true(d->map_count > 0);
    assert_int_equal(web->refs, 3); /* ours, the objects', the state's */
    frontend_unref(web);
    frontend_unref(mail);
    backend_unref(a);
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health_decides_who_serves),
        cmocka_unit_test(test_panic_uses_the_sick_but_not_those_in_maintenance),
        cmocka_unit_test(test_what_cannot_be_used_is_left_out),
        cmocka_unit_test(test_two_members_of_one_name_are_one_server),
        cmocka_unit_test(test_options_that_cannot_be_written_are_a_problem),
        cmocka_unit_test(test_static_members_have_their_own_words),
        cmocka_unit_test(test_source_tells_the_version),
        cmocka_unit_test(test_who_still_serves_stays_in_the_file),
        cmocka_unit_test(test_who_leaves_already_does_not_stay),
        cmocka_unit_test(test_without_members_only_another_version_stays),
        cmocka_unit_test(test_the_whole_is_sorted_and_of_one_generation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
