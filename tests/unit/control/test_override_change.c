/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator says of a member, and what becomes of the stored objects and the servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/override_change.h"
#include "given.h"

#include <stdio.h>
#include <string.h>

struct scene {
    struct arena arena;
    struct objects *objects;
    struct pool_members members;
    struct have *have;
    struct ledger *ledger;
    struct desired *desired;
};

static void add_member(struct scene *s, const char *host, enum member_status status)
{
    struct member *m = ARENA_PUSH(&s->arena, s->members.list.items, s->members.list.count);

    *m = member_blank();
    m->host = m->address = str_z(host);
    m->port = 80;
    m->weight = 5;
    m->status = status;
}

static void scene_init(struct scene *s)
{
    struct backend *b = given_backend("live", "{'type':'dynamic','name':'app','version':'1.0.0'}");

    *s = (struct scene){.objects = objects_new(), .ledger = ledger_new()};
    objects_put_backend(s->objects, b);
    backend_unref(b);
    s->objects->generation = 7;
    add_member(s, "10.0.0.1", MEMBER_PASSING);
    add_member(s, "10.0.0.2", MEMBER_PASSING);
    add_member(s, "FD00::3", MEMBER_CRITICAL);
}

static void scene_fini(struct scene *s)
{
    desired_unref(s->desired);
    objects_unref(s->objects);
    have_free(s->have);
    ledger_free(s->ledger);
    arena_free(&s->arena);
}

static struct pool_members members_of(void *ctx, struct arena *a, const struct backend *b)
{
    struct scene *s = ctx;

    (void)a;
    (void)b;
    return s->members;
}

/* "1:80 w5 ready!, ..." : what would run; '!' is an operator's state. */
static const char *servers_of(struct scene *s)
{
    static const struct render_caps caps = {.guid = false};
    static char text[512];
    struct build_input in = {.objects = s->objects,
                             .ctx = s,
                             .members = members_of,
                             .have = s->have,
                             .ledger = s->ledger,
                             .caps = &caps};
    struct str_list problems;
    size_t n = 0;

    desired_unref(s->desired);
    s->desired = build_desired(&in, &problems);
    text[0] = 0;
    for (size_t i = 0; i < s->desired->backends[0].server_count; i++) {
        const struct desired_server *v = &s->desired->backends[0].servers[i];
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.1s w%u %s%s", i ? ", " : "",
                              v->host.p + v->host.n - 1, v->weight, server_admin_name(v->admin),
                              v->overridden ? "!" : "");
    }
    return text;
}

/* 0 and the objects are the next ones, or the error. */
static int say(struct scene *s, const char *member, const char *body, int64_t now_ms, bool *changed,
               struct err *e)
{
    struct override_wish w;
    struct change_result r;

    assert_int_equal(endpoint_parse(&s->arena, str_z(member), &w.member, e), 0);
    assert_int_equal(override_wish_read(given_json(&s->arena, body), &w, e), 0);
    if (override_change(s->objects, STR("live"), &w, &s->members,
                        (struct override_author){STR("me"), now_ms}, &r, e))
        return -1;
    objects_unref(s->objects);
    s->objects = r.next;
    *changed = r.changed;
    return 0;
}

static void expect(struct scene *s, const char *member, const char *body, bool change,
                   const char *servers)
{
    uint64_t generation = s->objects->generation;
    bool changed = !change;
    struct err e;

    assert_int_equal(say(s, member, body, 1000, &changed, &e), 0);
    assert_int_equal(changed, change);
    assert_int_equal(s->objects->generation, generation + change);
    assert_string_equal(servers_of(s), servers);
}

static void test_a_word_wins_over_the_registry_until_it_is_taken_back(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    assert_string_equal(servers_of(&s), "1 w5 ready, 2 w5 ready, 3 w5 drain");
    expect(&s, "10.0.0.1:80", "{'state':'drain'}", true, "1 w5 drain!, 2 w5 ready, 3 w5 drain");
    expect(&s, "10.0.0.1:80", "{'state':'drain'}", false, "1 w5 drain!, 2 w5 ready, 3 w5 drain");
    expect(&s, "10.0.0.1:80", "{'weight':0}", true, "1 w0 drain!, 2 w5 ready, 3 w5 drain");
    expect(&s, "10.0.0.1:80", "{'state':null}", true, "1 w0 ready, 2 w5 ready, 3 w5 drain");
    expect(&s, "[fd00:0::3]:80", "{'state':'ready','weight':256}", true,
           "1 w0 ready, 2 w5 ready, 3 w256 ready!");
    expect(&s, "10.0.0.2:80", "{'state':null}", false, "1 w0 ready, 2 w5 ready, 3 w256 ready!");
    expect(&s, "10.0.0.1:80", "{'weight':null}", true, "1 w5 ready, 2 w5 ready, 3 w256 ready!");
    expect(&s, "[fd00::3]:80", "{'state':null,'weight':null}", true,
           "1 w5 ready, 2 w5 ready, 3 w5 drain");
    assert_int_equal(s.objects->override_count, 0);
    scene_fini(&s);
}

static void test_who_and_when_are_of_the_last_word_that_changed_anything(void **state)
{
    const struct override *o;
    struct scene s;
    bool changed;
    struct err e;

    (void)state;
    scene_init(&s);
    assert_int_equal(say(&s, "10.0.0.1:80", "{'state':'drain'}", 1, &changed, &e), 0);
    assert_int_equal(say(&s, "10.0.0.1:80", "{'state':'drain'}", 2, &changed, &e), 0);
    o = override_find(objects_overrides(s.objects, STR("live")), STR("10.0.0.1"), 80);
    assert_int_equal(o->since_ms, 1);
    assert_int_equal(say(&s, "10.0.0.1:80", "{'weight':3}", 3, &changed, &e), 0);
    o = override_find(objects_overrides(s.objects, STR("live")), STR("10.0.0.1"), 80);
    assert_int_equal(o->since_ms, 3);
    assert_true(str_eq_z(o->by, "me"));
    scene_fini(&s);
}

static void test_only_members_and_what_was_said_of_former_ones(void **state)
{
    struct scene s;
    bool changed;
    struct err e;

    (void)state;
    scene_init(&s);
    assert_int_equal(say(&s, "10.0.0.9:80", "{'state':'drain'}", 1, &changed, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_int_equal(say(&s, "10.0.0.1:81", "{'state':null}", 1, &changed, &e), -1);
    assert_int_equal(say(&s, "10.0.0.1:80", "{'state':'maint'}", 1, &changed, &e), 0);
    s.members.list.items++; /* it is gone */
    s.members.list.count--;
    assert_string_equal(servers_of(&s), "2 w5 ready, 3 w5 drain");
    assert_int_equal(s.desired->backends[0].kept_out_count, 1);
    assert_true(str_eq_z(s.desired->backends[0].kept_out[0], "live_10.0.0.1:80"));
    assert_int_equal(say(&s, "10.0.0.1:80", "{'weight':3}", 1, &changed, &e), 0);
    s.members.list.items--; /* and back */
    s.members.list.count++;
    assert_string_equal(servers_of(&s), "1 w3 maint!, 2 w5 ready, 3 w5 drain");
    objects_del_backend(s.objects, STR("live"));
    assert_int_equal(s.objects->override_count, 0);
    assert_int_equal(say(&s, "10.0.0.1:80", "{'state':null}", 1, &changed, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    scene_fini(&s);
}

static void test_there_is_room_for_so_many_and_the_gone_ones_go_first(void **state)
{
    struct scene s;
    bool changed;
    struct err e;

    (void)state;
    scene_init(&s);
    for (unsigned i = 0; i < LIMIT_OVERRIDES; i++)
        add_member(&s, arena_printf(&s.arena, "10.1.%u.%u", i / 200, i % 200).p, MEMBER_PASSING);
    for (unsigned i = 0; i < LIMIT_OVERRIDES; i++)
        assert_int_equal(say(&s, arena_printf(&s.arena, "10.1.%u.%u:80", i / 200, i % 200).p,
                             "{'state':'drain'}", 100 + i, &changed, &e),
                         0);
    assert_int_equal(say(&s, "10.0.0.1:80", "{'state':'drain'}", 1, &changed, &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_int_equal(say(&s, "10.1.0.0:80", "{'weight':1}", 5000, &changed, &e), 0);
    s.members.list.count -= 2; /* 10.1.4.198 and .199 are gone */
    assert_int_equal(say(&s, "10.0.0.1:80", "{'state':'drain'}", 1, &changed, &e), 0);
    assert_int_equal(objects_overrides(s.objects, STR("live"))->count, LIMIT_OVERRIDES);
    assert_null(override_find(objects_overrides(s.objects, STR("live")), STR("10.1.4.198"), 80));
    assert_non_null(
        override_find(objects_overrides(s.objects, STR("live")), STR("10.1.4.199"), 80));
    scene_fini(&s);
}

/* The warnings of a wish once it is done, parted by '|'. */
static const char *warnings_of(struct scene *s, const char *member, const char *body)
{
    static char text[512];
    struct override_wish w;
    struct str_list list = {0};
    bool changed;
    struct err e;

    assert_int_equal(say(s, member, body, 1, &changed, &e), 0);
    assert_int_equal(endpoint_parse(&s->arena, str_z(member), &w.member, &e), 0);
    assert_int_equal(override_wish_read(given_json(&s->arena, body), &w, &e), 0);
    (void)servers_of(s);
    override_warn(&s->arena, s->desired, s->have, STR("live"), &w, &list);
    text[0] = 0;
    for (size_t i = 0; i < list.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s" STR_FMT, i ? "|" : "",
                       STR_ARG(list.items[i]));
    return text;
}

static void test_warnings(void **state)
{
    struct have_server down = {.name = STR("live_10.0.0.2:80"), .op = HAVE_STOPPED};
    struct have_backend *b;
    struct scene s;

    (void)state;
    scene_init(&s);
    assert_string_equal(warnings_of(&s, "10.0.0.1:80", "{'state':'drain'}"), "");
    assert_string_equal(warnings_of(&s, "10.0.0.2:80", "{'weight':0}"),
                        "no member of backend \"live\" takes traffic now");
    assert_string_equal(warnings_of(&s, "10.0.0.2:80", "{'weight':null}"), "");
    assert_string_equal(
        warnings_of(&s, "[fd00::3]:80", "{'state':null}"),
        "the registry does not call member [fd00::3]:80 healthy: it stays in drain");
    s.have = have_new(); /* the one that is left is DOWN */
    b = ARENA_NEW(&s.have->arena, struct have_backend);
    *b = (struct have_backend){.name = STR("live"), .servers = &down, .count = 1};
    s.have->backends = b;
    s.have->backend_count = 1;
    assert_string_equal(warnings_of(&s, "10.0.0.1:80", "{'weight':7}"),
                        "no member of backend \"live\" takes traffic now");
    scene_fini(&s);
}

static struct plan_hand hand(const char *host, enum server_admin state)
{
    return (struct plan_hand){.backend = STR("live"),
                              .proxy = STR("live"),
                              .server = STR("s"),
                              .host = str_z(host),
                              .port = 80,
                              .state = state};
}

static void adopt(struct scene *s, struct plan_hand *hands, size_t count, const char *servers)
{
    struct plan p = {.hands = hands, .hand_count = count};
    struct objects *next;
    bool taken[4];

    next = override_adopt(s->objects, &p, 77, taken);
    assert_non_null(next);
    assert_int_equal(next->generation, s->objects->generation + 1);
    for (size_t i = 0; i < count; i++)
        assert_true(taken[i]);
    objects_unref(s->objects);
    s->objects = next;
    assert_string_equal(servers_of(s), servers);
}

static void test_hands_become_words_and_ready_takes_them_back(void **state)
{
    struct plan_hand out[] = {hand("10.0.0.1", ADMIN_DRAIN), hand("FD00:0::3", ADMIN_MAINT)};
    struct plan_hand back[] = {hand("10.0.0.1", ADMIN_READY), hand("fd00::3", ADMIN_READY)};
    struct plan_hand forced = hand("fd00::3", ADMIN_READY);
    struct plan_hand none[] = {hand("10.0.0.1", ADMIN_DRAIN), hand("", ADMIN_DRAIN),
                               hand("10.0.0.2", ADMIN_MAINT)};
    struct plan p = {.hands = none, .hand_count = 3};
    const struct override *o;
    struct scene s;
    bool changed, taken[3];
    struct err e;

    (void)state;
    scene_init(&s);
    assert_int_equal(say(&s, "10.0.0.1:80", "{'weight':9}", 1, &changed, &e), 0);
    adopt(&s, out, 2, "1 w9 drain!, 2 w5 ready, 3 w5 maint!");
    o = override_find(objects_overrides(s.objects, STR("live")), STR("fd00::3"), 80);
    assert_true(str_eq_z(o->by, "haproxy"));
    assert_int_equal(o->since_ms, 77);
    adopt(&s, back, 2, "1 w9 ready, 2 w5 ready, 3 w5 drain");
    adopt(&s, &forced, 1, "1 w9 ready, 2 w5 ready, 3 w5 ready!");
    none[0].agrees = true;           /* is so already */
    none[2].backend = STR("nosuch"); /* gone meanwhile */
    assert_null(override_adopt(s.objects, &p, 78, taken));
    assert_false(taken[0] || taken[1] || taken[2]);
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_wins_over_the_registry_until_it_is_taken_back),
        cmocka_unit_test(test_who_and_when_are_of_the_last_word_that_changed_anything),
        cmocka_unit_test(test_only_members_and_what_was_said_of_former_ones),
        cmocka_unit_test(test_there_is_room_for_so_many_and_the_gone_ones_go_first),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_hands_become_words_and_ready_takes_them_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
