/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots of the stored objects, and the list of those that failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/failed.h"
#include "given.h"

#include <stdio.h>
#include <string.h>

#define FRONTEND(port) "{'bind':'*:" port "','backend':'live'}"
#define BACKEND(version) "{'type':'dynamic','name':'app','version':'" version "'}"

static void put_frontend(struct objects *o, const char *name, const char *json)
{
    struct frontend *f = given_frontend(name, json);

    objects_put_frontend(o, f);
    frontend_unref(f);
}

static void put_backend(struct objects *o, const char *name, const char *json)
{
    struct backend *b = given_backend(name, json);

    objects_put_backend(o, b);
    backend_unref(b);
}

/* "web:80 | live@1" */
static const char *text_of(const struct objects *o)
{
    static char text[512];
    size_t n = 0;

    for (size_t i = 0; i < o->frontend_count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, STR_FMT STR_FMT " ",
                              STR_ARG(o->frontends[i]->name),
                              STR_ARG(o->frontends[i]->bind.items[0]));
    n += (size_t)snprintf(text + n, sizeof text - n, "|");
    for (size_t i = 0; i < o->backend_count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " " STR_FMT "@" STR_FMT,
                              STR_ARG(o->backends[i]->name), STR_ARG(o->backends[i]->version));
    return text;
}

static void test_lists_are_sorted_and_names_unique(void **state)
{
    struct objects *o = objects_new();

    (void)state;
    assert_string_equal(text_of(o), "|");
    put_frontend(o, "m", FRONTEND("1"));
    put_frontend(o, "z", FRONTEND("2"));
    put_frontend(o, "a", FRONTEND("3"));
    put_frontend(o, "m", FRONTEND("4"));
    put_backend(o, "b", BACKEND("1"));
    put_backend(o, "a", BACKEND("2"));
    put_backend(o, "a", BACKEND("3"));
    assert_string_equal(text_of(o), "a*:3 m*:4 z*:2 | a@3 b@1");
    assert_ptr_equal(objects_frontend(o, STR("m")), o->frontends[1]);
    assert_ptr_equal(objects_backend(o, STR("b")), o->backends[1]);
    assert_null(objects_frontend(o, STR("b")));
    assert_null(objects_backend(o, STR("zz")));
    assert_true(objects_del_frontend(o, STR("m")));
    assert_false(objects_del_frontend(o, STR("m")));
    assert_true(objects_del_backend(o, STR("a")));
    assert_false(objects_del_backend(o, STR("a")));
    assert_string_equal(text_of(o), "a*:3 z*:2 | b@1");
    objects_unref(o);
    objects_unref(NULL);
}

static void test_a_copy_is_another_world(void **state)
{
    struct objects *o = objects_new(), *copy;

    (void)state;
    o->generation = 5;
    put_frontend(o, "web", FRONTEND("80"));
    put_backend(o, "live", BACKEND("1"));
    copy = objects_copy(o);
    assert_int_equal(copy->generation, 5);
    assert_ptr_equal(copy->backends[0], o->backends[0]); /* shared until it changes */
    put_backend(copy, "live", BACKEND("2"));
    (void)objects_del_frontend(copy, STR("web"));
    assert_string_equal(text_of(o), "web*:80 | live@1");
    objects_unref(o);
    assert_string_equal(text_of(copy), "| live@2");
    objects_unref(copy);
}

/* "-b +c ~d " */
static struct str differences(struct arena *a, const struct objects *old, const struct objects *now)
{
    struct objects_walk w = {0};
    struct str text = STR("");

    while (objects_next_difference(&w, old, now)) {
        const struct backend *b = w.was ? w.was : w.is;
        if (w.was && w.is)
            assert_true(str_eq(w.was->name, w.is->name));
        text = arena_printf(a, STR_FMT "%s" STR_FMT " ", STR_ARG(text),
                            !w.is    ? "-"
                            : !w.was ? "+"
                                     : "~",
                            STR_ARG(b->name));
    }
    return text;
}

static void test_differences_of_two_snapshots(void **state)
{
    struct objects *none = objects_new(), *old = objects_new(), *now;
    struct arena a = ARENA_INIT;

    (void)state;
    put_backend(old, "b", BACKEND("1"));
    put_backend(old, "d", BACKEND("1"));
    put_backend(old, "e", BACKEND("1"));
    now = objects_copy(old);
    assert_true(str_eq_z(differences(&a, old, now), ""));
    (void)objects_del_backend(now, STR("b"));
    put_backend(now, "a", BACKEND("1"));
    put_backend(now, "c", BACKEND("1"));
    put_backend(now, "d", BACKEND("2"));
    put_backend(now, "f", BACKEND("1"));
    assert_true(str_eq_z(differences(&a, old, now), "+a -b +c ~d +f "));
    assert_true(str_eq_z(differences(&a, now, old), "-a +b -c ~d -f "));
    assert_true(str_eq_z(differences(&a, none, old), "+b +d +e "));
    assert_true(str_eq_z(differences(&a, old, none), "-b -d -e "));
    objects_unref(none);
    objects_unref(old);
    objects_unref(now);
    arena_free(&a);
}

static void test_users_of_a_backend(void **state)
{
    struct objects *o = objects_new();
    struct arena a = ARENA_INIT;

    (void)state;
    put_frontend(o, "web", FRONTEND("80"));
    put_frontend(o, "api",
                 "{'bind':'*:81','backend':'x','rules':["
                 "{'operation':'path','backend':'live'},"
                 "{'operation':'path','backend':'live'}]}");
    assert_true(str_eq(objects_users(o, STR("live"), &a), STR("api, web")));
    assert_true(str_eq(objects_users(o, STR("x"), &a), STR("api")));
    assert_int_equal(objects_users(o, STR("idle"), &a).n, 0);
    arena_free(&a);
    objects_unref(o);
}

/* --- failed.c --- */

struct scene {
    struct objects *stored, *good;
    struct failed_list failed;
};

static const struct failure why = {.error = {"why", 3}, .detail = {"details", 7}};
static const struct failure other = {.error = {"x", 1}, .detail = {"", 0}};

static void scene_init(struct scene *s)
{
    *s = (struct scene){objects_new(), objects_new(), {0}};
    put_frontend(s->good, "web", FRONTEND("80"));
    put_backend(s->good, "live", BACKEND("1"));
    put_frontend(s->stored, "web", FRONTEND("81"));
    put_backend(s->stored, "live", BACKEND("2"));
    put_backend(s->stored, "new", BACKEND("1"));
}

static void scene_fini(struct scene *s)
{
    failed_clear(&s->failed);
    assert_int_equal(s->failed.count, 0);
    objects_unref(s->stored);
    objects_unref(s->good);
}

static void note(struct scene *s, const char *object)
{
    assert_true(failed_note(&s->failed, s->stored, str_z(object), &why));
}

static void assert_effective(const struct scene *s, const struct objects *good, const char *want)
{
    struct objects *o = failed_effective(&s->failed, s->stored, good);

    assert_string_equal(text_of(o), want);
    objects_unref(o);
}

static void test_failed_objects_are_rendered_as_they_were(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    assert_effective(&s, s.good, "web*:81 | live@2 new@1");
    note(&s, "frontend/web");
    assert_effective(&s, s.good, "web*:80 | live@2 new@1");
    note(&s, "backend/live");
    assert_effective(&s, s.good, "web*:80 | live@1 new@1");
    note(&s, "backend/new"); /* never was good: left out */
    assert_effective(&s, s.good, "web*:80 | live@1");
    assert_effective(&s, NULL, "|");
    assert_effective(&s, s.stored, "|"); /* the version that failed is no better one */
    scene_fini(&s);
}

static void test_failed_objects_are_noted_once_with_the_words(void **state)
{
    struct scene s;
    struct arena a = ARENA_INIT;

    (void)state;
    scene_init(&s);
    note(&s, "backend/live");
    assert_false(failed_note(&s.failed, s.stored, STR("backend/live"), &other));
    assert_false(failed_note(&s.failed, s.stored, STR("backend/web"), &other));
    assert_false(failed_note(&s.failed, s.stored, STR("frontend/live"), &other));
    assert_false(failed_note(&s.failed, s.stored, STR("live"), &other));
    assert_false(failed_note(&s.failed, s.stored, STR("haproxy"), &other));
    assert_int_equal(s.failed.count, 1);
    assert_true(str_eq(s.failed.items[0].error, STR("why")));
    assert_true(str_eq(s.failed.items[0].detail, STR("details")));
    assert_true(str_eq(failed_name(&s.failed.items[0], &a), STR("backend/live")));
    note(&s, "frontend/web");
    assert_true(str_eq(failed_name(&s.failed.items[1], &a), STR("frontend/web")));
    arena_free(&a);
    scene_fini(&s);
}

static void test_a_changed_object_gets_its_chance(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    note(&s, "backend/live");
    note(&s, "frontend/web");
    put_backend(s.stored, "live", BACKEND("3"));
    assert_effective(&s, s.good, "web*:80 | live@3 new@1"); /* even before the refresh */
    failed_refresh(&s.failed, s.stored);
    assert_int_equal(s.failed.count, 1);
    assert_true(s.failed.items[0].frontend);
    (void)objects_del_frontend(s.stored, STR("web"));
    failed_refresh(&s.failed, s.stored);
    assert_int_equal(s.failed.count, 0);
    scene_fini(&s);
}

/* An address that another process has: tried again after growing pauses, and meanwhile as before.
 */
static void test_what_may_pass_by_itself_is_tried_again(void **state)
{
    struct failure taken = why;
    struct scene s;
    int64_t pause_ms = 0;

    (void)state;
    scene_init(&s);
    note(&s, "backend/live");
    assert_int_equal(failed_due_ms(&s.failed), FAILED_NEVER);
    taken.passes = true;
    for (int i = 0; i < 10; i++) {
        assert_true(failed_note(&s.failed, s.stored, STR("frontend/web"), &taken));
        assert_effective(&s, s.good, "web*:80 | live@1 new@1");
        assert_false(failed_is_retried(&s.failed, STR("frontend/web")));
        assert_true(failed_due_ms(&s.failed) - taken.now_ms >= pause_ms);
        pause_ms = failed_due_ms(&s.failed) - taken.now_ms;
        assert_false(failed_retry(&s.failed, failed_due_ms(&s.failed) - 1));
        taken.now_ms = failed_due_ms(&s.failed);
        assert_true(failed_retry(&s.failed, taken.now_ms));
        assert_true(failed_is_retried(&s.failed, STR("frontend/web")));
        assert_int_equal(failed_due_ms(&s.failed), FAILED_NEVER); /* it is being tried */
        assert_effective(&s, s.good, "web*:81 | live@1 new@1");
    }
    assert_int_equal(pause_ms, 60000);
    assert_int_equal(s.failed.count, 2);
    failed_taken(&s.failed);
    assert_int_equal(s.failed.count, 1); /* the other one is as bad as it was */
    assert_effective(&s, s.good, "web*:81 | live@1 new@1");
    scene_fini(&s);
}

static void test_nothing_failed_costs_nothing(void **state)
{
    struct scene s;
    struct objects *o;

    (void)state;
    scene_init(&s);
    o = failed_effective(&s.failed, s.stored, s.good);
    assert_ptr_equal(o, s.stored);
    objects_unref(o);
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_are_sorted_and_names_unique),
        cmocka_unit_test(test_a_copy_is_another_world),
        cmocka_unit_test(test_differences_of_two_snapshots),
        cmocka_unit_test(test_users_of_a_backend),
        cmocka_unit_test(test_failed_objects_are_rendered_as_they_were),
        cmocka_unit_test(test_failed_objects_are_noted_once_with_the_words),
        cmocka_unit_test(test_a_changed_object_gets_its_chance),
        cmocka_unit_test(test_what_may_pass_by_itself_is_tried_again),
        cmocka_unit_test(test_nothing_failed_costs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
