/* SPDX-License-Identifier: Apache-2.0 */
/* Where a switch stands, told from what is wanted and observed: each state, its reason, and what is
 * remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"
#include "world.h"

#include "plan/switches.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 60000 };

struct scene {
    struct world w;
    struct switches *switches;
    char told[2048]; /* "STATE: REASON" of each change, a line each */
};

static void on_changed(void *ctx, const struct switch_record *r)
{
    struct scene *s = ctx;
    size_t n = strlen(s->told);

    (void)snprintf(s->told + n, sizeof s->told - n, "%s: %s\n", switch_state_name(r->state),
                   r->reason);
}

static struct switch_times times(const struct scene *s)
{
    return (struct switch_times){s->w.now_ms + 1000000, s->w.now_ms, TIMEOUT_MS};
}

static void look(struct scene *s)
{
    struct switch_times t = times(s);
    struct have *have;
    struct plan p = world_plan(&s->w, &have);
    struct plan_input in = world_input(&s->w, have);

    switches_update(s->switches, &in, &p, &t, on_changed, s);
    world_send(&s->w, &p, p.count, NULL);
    plan_free(&p);
    have_free(have);
}

static void pass_checks(struct scene *s, enum have_check result)
{
    for (size_t i = 0; i < s->w.sim->backends[0].count; i++)
        s->w.sim->backends[0].servers[i].check = result;
}

static void want(struct scene *s, const char *host, const char *source)
{
    struct desired_backend *b = world_want_backend(&s->w);

    if (host)
        world_add_wanted(&s->w, b, host, 80, 1, ADMIN_READY, source);
    b->source = str_z(source);
}

static void begin(struct scene *s, const char *from, const char *to)
{
    struct switch_times t = times(s);

    switches_begin(s->switches, STR("live"), str_z(from), str_z(to), &t);
}

static void scene_init(struct scene *s)
{
    *s = (struct scene){.switches = switches_new()};
    world_init(&s->w);
    sim_add_backend(s->w.sim, "live");
    want(s, "10.0.0.1", "app@1");
    world_settle(&s->w);
    pass_checks(s, HAVE_CHECK_PASSED);
    look(s);
    assert_string_equal(s->told, "");
}

static void scene_fini(struct scene *s)
{
    switches_free(s->switches);
    world_fini(&s->w);
}

static const struct switch_record *the_switch(const struct scene *s)
{
    const struct switch_record *r = switches_find(s->switches, STR("live"));

    assert_non_null(r);
    return r;
}

static void test_a_switch_is_told_from_its_begin_to_its_end(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    begin(&s, "app@1", "app@2");
    want(&s, NULL, "app@2");
    look(&s);
    look(&s);
    assert_string_equal(s.told, "waiting: the registry knows no instance of the new version\n");
    want(&s, "10.0.0.2", "app@2");
    look(&s);
    look(&s);
    sim_server(s.w.sim, "live", "live_10.0.0.1:80")->sessions = 1;
    pass_checks(&s, HAVE_CHECK_PASSED);
    for (int i = 0; i < 4; i++)
        look(&s);
    assert_false(the_switch(&s)->over);
    sim_server(s.w.sim, "live", "live_10.0.0.1:80")->sessions = 0;
    for (int i = 0; i < 4; i++)
        look(&s);
    assert_string_equal(s.told, "waiting: the registry knows no instance of the new version\n"
                                "warming: 0 of 1 new members serve, 1 have to\n"
                                "draining: 1 new members serve, 1 old ones finish their sessions\n"
                                "done: 1 members serve\n");
    assert_true(the_switch(&s)->over);
    scene_fini(&s);
}

static void test_members_that_do_not_come_up_in_time_are_refused_and_may_still_come(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    begin(&s, "app@1", "app@2");
    want(&s, "10.0.0.2", "app@2");
    look(&s);
    pass_checks(&s, HAVE_CHECK_FAILED);
    sim_server(s.w.sim, "live", "live_10.0.0.1:80")->check = HAVE_CHECK_PASSED;
    s.w.now_ms += TIMEOUT_MS - 1;
    look(&s);
    assert_int_equal(the_switch(&s)->state, SWITCH_WARMING);
    s.w.now_ms += 1;
    for (int i = 0; i < 3; i++)
        look(&s);
    assert_string_equal(s.told, "warming: 0 of 1 new members serve, 1 have to\n"
                                "refused: in time only 0 of 1 new members serve, 1 have to; 1 old "
                                "ones serve on\n");
    assert_int_equal(sim_serving(s.w.sim, "live"), 1);
    pass_checks(&s, HAVE_CHECK_PASSED);
    for (int i = 0; i < 6; i++)
        look(&s);
    assert_int_equal(the_switch(&s)->state, SWITCH_DONE);
    scene_fini(&s);
}

static void test_a_switch_back_in_the_middle_is_another_switch(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    begin(&s, "app@1", "app@2");
    want(&s, "10.0.0.2", "app@2");
    look(&s);
    begin(&s, "app@2", "app@1");
    want(&s, "10.0.0.1", "app@1");
    for (int i = 0; i < 6; i++)
        look(&s);
    assert_true(str_eq_z(the_switch(&s)->to, "app@1"));
    assert_int_equal(the_switch(&s)->state, SWITCH_DONE);
    assert_null(switches_each(s.switches, 1)); /* one for each backend */
    scene_fini(&s);
}

static void test_a_switch_that_nobody_recorded_is_found(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    want(&s, "10.0.0.2", "app@2");
    look(&s);
    assert_true(str_eq_z(the_switch(&s)->from, "app@1"));
    assert_true(str_eq_z(the_switch(&s)->to, "app@2"));
    assert_int_equal(the_switch(&s)->state, SWITCH_WARMING);
    scene_fini(&s);
}

static void test_a_refused_wish_is_shown_unless_a_switch_is_under_way(void **state)
{
    struct switch_times t;
    struct scene s;

    (void)state;
    scene_init(&s);
    t = times(&s);
    assert_non_null(
        switches_refuse(s.switches, STR("live"), STR("app@1"), STR("app@9"), STR("nobody"), &t));
    assert_int_equal(the_switch(&s)->state, SWITCH_REFUSED);
    begin(&s, "app@1", "app@2");
    assert_null(
        switches_refuse(s.switches, STR("live"), STR("app@1"), STR("app@9"), STR("nobody"), &t));
    assert_true(str_eq_z(the_switch(&s)->to, "app@2"));
    scene_fini(&s);
}

static void count_gone(void *ctx, const struct switch_record *r)
{
    *(size_t *)ctx += r->gone;
}

static void test_what_is_over_is_shown_for_a_while(void **state)
{
    struct switch_times t;
    struct scene s;
    size_t gone = 0;

    (void)state;
    scene_init(&s);
    t = times(&s);
    (void)switches_refuse(s.switches, STR("live"), STR("app@1"), STR("app@9"), STR("no"), &t);
    s.w.now_ms += SWITCH_SHOWN_MS;
    look(&s);
    assert_non_null(switches_find(s.switches, STR("live")));
    s.w.now_ms += 1;
    look(&s);
    assert_null(switches_find(s.switches, STR("live")));
    switches_each_dirty(s.switches, count_gone, &gone);
    assert_int_equal(gone, 1);
    assert_null(switches_each(s.switches, 0));
    scene_fini(&s);
}

static struct str text_of(struct arena *a, const struct switch_record *r, int64_t now_ms)
{
    struct json_out o;
    struct buf to;
    struct str text;

    buf_init(&to, 65536);
    json_out_init(&o, &to, false);
    switches_put(&o, r, now_ms);
    json_out_fini(&o);
    text = arena_str(a, buf_str(&to));
    buf_free(&to);
    return text;
}

static void test_a_switch_survives_a_restart_of_the_agent(void **state)
{
    struct switches *again = switches_new();
    struct arena a = ARENA_INIT;
    struct scene s;
    struct str text;
    struct err e;

    (void)state;
    scene_init(&s);
    begin(&s, "app@1", "app@2");
    want(&s, "10.0.0.2", "app@2");
    look(&s);
    text = text_of(&a, the_switch(&s), s.w.now_ms + 20000);
    assert_int_equal(switches_load(again, given_json(&a, text.p), 500, &e), 0);
    assert_string_equal(text_of(&a, switches_find(again, STR("live")), 500).p, text.p);
    assert_int_equal(switches_find(again, STR("live"))->deadline_ms, 500 + TIMEOUT_MS - 20000);
    assert_int_equal(switches_load(again, given_json(&a, "{'to':'x'}"), 500, &e), -1);
    assert_int_equal(switches_load(again, given_json(&a, "{'backend':'x','state':9}"), 500, &e),
                     -1);
    switches_free(again);
    arena_free(&a);
    scene_fini(&s);
}

static void test_the_version_of_a_source(void **state)
{
    (void)state;
    assert_true(str_eq_z(switch_version(STR("site@1.0.0")), "1.0.0"));
    assert_true(str_eq_z(switch_version(STR("static")), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_switch_is_told_from_its_begin_to_its_end),
        cmocka_unit_test(test_members_that_do_not_come_up_in_time_are_refused_and_may_still_come),
        cmocka_unit_test(test_a_switch_back_in_the_middle_is_another_switch),
        cmocka_unit_test(test_a_switch_that_nobody_recorded_is_found),
        cmocka_unit_test(test_a_refused_wish_is_shown_unless_a_switch_is_under_way),
        cmocka_unit_test(test_what_is_over_is_shown_for_a_while),
        cmocka_unit_test(test_a_switch_survives_a_restart_of_the_agent),
        cmocka_unit_test(test_the_version_of_a_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
