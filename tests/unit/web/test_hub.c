/* SPDX-License-Identifier: Apache-2.0 */
/* Topics, hub: who is told what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json_in.h"
#include "web/hub.h"
#include "web/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 1000 };

static const struct hub_limits small = {
    .ring_messages = 8, .ring_bytes = 100000, .backlog_bytes = 2000, .activity = 3};

static struct hub *new_hub(const struct hub_limits *limits)
{
    return hub_new(limits, FIRST, STR("e1"), STR("\"version\":\"1\""));
}

static void set(struct hub *h, const char *id, int value)
{
    char object[64];

    (void)snprintf(object, sizeof object, "{\"v\":%d}", value);
    assert_true(hub_set(h, HUB_BACKEND, str_z(id), str_z(object), (uint64_t)value));
}

/* The front message of the outbox, which leaves. */
static struct str take(struct viewer *v, struct arena *a)
{
    struct str text;

    assert_true(v->out.count > 0);
    text = arena_str(a, message_text(outbox_message(&v->out, 0)));
    hub_sent(v, outbox_piece(&v->out, 0).n);
    return text;
}

static void assert_takes(struct viewer *v, const char *wanted)
{
    struct arena a = ARENA_INIT;

    assert_string_equal(take(v, &a).p, wanted);
    arena_free(&a);
}

/* --- what is told --- */

static void test_a_viewer_is_greeted_and_told_changes(void **state)
{
    struct hub *h = new_hub(&small);
    struct viewer v = {0};

    (void)state;
    set(h, "backend/b", 1);
    set(h, "backend/a", 2);
    assert_true(hub_set(h, HUB_FRONTEND, STR("frontend/f"), STR("{}"), 1));
    assert_true(hub_set(h, HUB_STATUS, STR(""), STR("{\"s\":1}"), 1));
    assert_false(
        hub_set(h, HUB_BACKEND, STR("backend/a"), STR("{\"v\":3}"), 2)); /* it looks the same */
    hub_note_activity(h, STR("{\"seq\":1}"));
    hub_join(h, &v);
    set(h, "backend/c", 1); /* joined, and not greeted */
    assert_int_equal(v.out.count, 0);
    assert_true(hub_del(h, HUB_BACKEND, STR("backend/c")));
    assert_false(hub_del(h, HUB_BACKEND, STR("backend/c")));
    hub_greet(h, &v, NULL);
    assert_takes(&v, "{\"type\":\"hello\",\"op\":\"set\",\"seq\":1006,\"version\":\"1\","
                     "\"epoch\":\"e1\",\"resumed\":false}");
    assert_takes(&v, "{\"type\":\"frontend\",\"op\":\"set\",\"seq\":1002,\"id\":\"frontend/f\","
                     "\"object\":{}}");
    assert_takes(&v, "{\"type\":\"backend\",\"op\":\"set\",\"seq\":1001,\"id\":\"backend/a\","
                     "\"object\":{\"v\":2}}");
    assert_takes(&v, "{\"type\":\"backend\",\"op\":\"set\",\"seq\":1000,\"id\":\"backend/b\","
                     "\"object\":{\"v\":1}}");
    assert_takes(&v, "{\"type\":\"status\",\"op\":\"set\",\"seq\":1003,\"object\":{\"s\":1}}");
    assert_takes(&v, "{\"type\":\"activity\",\"op\":\"set\",\"seq\":1004,\"object\":{\"seq\":1}}");
    assert_takes(&v, "{\"type\":\"ready\",\"op\":\"set\",\"seq\":1006}");
    assert_true(hub_del(h, HUB_BACKEND, STR("backend/a")));
    assert_takes(&v, "{\"type\":\"backend\",\"op\":\"del\",\"seq\":1007,\"id\":\"backend/a\"}");
    hub_answer(h, &v, "error", STR("\"error\":\"no\",\"request\":null"));
    assert_takes(&v, "{\"type\":\"error\",\"op\":\"set\",\"seq\":1007,\"error\":\"no\","
                     "\"request\":null}");
    assert_ptr_equal(hub_next_due(h), &v);
    assert_null(hub_next_due(h));
    hub_leave(h, &v);
    hub_free(h);
}

static void test_the_snapshot_has_the_last_entries_of_the_activity(void **state)
{
    struct hub *h = new_hub(&small);
    struct viewer v = {0};
    struct arena a = ARENA_INIT;

    (void)state;
    hub_remember_activity(h, STR("{\"seq\":1}")); /* of a former life: no number of its own */
    assert_int_equal(hub_seq(h), FIRST - 1);
    for (int i = 2; i < 6; i++) {
        char entry[32];
        (void)snprintf(entry, sizeof entry, "{\"seq\":%d}", i);
        hub_note_activity(h, str_z(entry));
    }
    hub_join(h, &v);
    hub_greet(h, &v, NULL);
    (void)take(&v, &a);
    assert_non_null(strstr(take(&v, &a).p, "{\"seq\":3}"));
    assert_non_null(strstr(take(&v, &a).p, "{\"seq\":4}"));
    assert_non_null(strstr(take(&v, &a).p, "{\"seq\":5}"));
    assert_non_null(strstr(take(&v, &a).p, "ready"));
    arena_free(&a);
    hub_leave(h, &v);
    hub_free(h);
}

static void test_who_is_too_far_behind_is_lost(void **state)
{
    struct hub *h = new_hub(&small);
    struct viewer slow = {0}, good = {0};
    int i = 0;

    (void)state;
    hub_join(h, &slow);
    hub_join(h, &good);
    hub_greet(h, &slow, NULL);
    hub_greet(h, &good, NULL);
    while (good.out.count)
        hub_sent(&good, outbox_piece(&good.out, 0).n);
    hub_sent(&slow, 5); /* a frame is under way */
    while (!slow.lost && i < 1000) {
        set(h, "backend/a", i++);
        assert_int_equal(good.out.count, 1);
        hub_sent(&good, outbox_piece(&good.out, 0).n);
    }
    assert_true(slow.lost);
    assert_in_range(i, 20, 60); /* 2000 bytes, and the greeting */
    assert_int_equal(slow.out.count, 1);
    set(h, "backend/a", 5000);
    assert_int_equal(slow.out.count, 1);
    hub_leave(h, &slow);
    hub_leave(h, &good);
    hub_free(h);
}

static void test_a_snapshot_may_be_larger_than_the_backlog(void **state)
{
    struct hub *h = new_hub(&small);
    struct viewer v = {0};
    char id[32];

    (void)state;
    for (int i = 0; i < 100; i++) {
        (void)snprintf(id, sizeof id, "backend/b%d", i);
        set(h, id, i);
    }
    hub_join(h, &v);
    hub_greet(h, &v, NULL);
    assert_int_equal(v.out.count, 102);
    assert_true(v.out.bytes > small.backlog_bytes);
    set(h, "backend/x", 1);
    assert_false(v.lost);
    while (v.out.count)
        hub_sent(&v, outbox_piece(&v.out, 0).n);
    assert_int_equal(v.allowed_bytes, small.backlog_bytes); /* from here on */
    hub_leave(h, &v);
    hub_free(h);
}

static void test_resume_by_message_keeps_answers(void **state)
{
    struct hub *h = new_hub(&small);
    struct hub_resume resume = {FIRST - 1, STR("e1")};
    struct viewer v = {0};
    struct arena a = ARENA_INIT;

    (void)state;
    hub_join(h, &v);
    hub_greet(h, &v, NULL);
    while (v.out.count)
        hub_sent(&v, outbox_piece(&v.out, 0).n);
    set(h, "backend/a", 1);
    hub_answer(h, &v, "switch", STR("\"status\":200"));
    hub_greet(h, &v, &resume);
    assert_non_null(strstr(take(&v, &a).p, "switch"));
    assert_non_null(strstr(take(&v, &a).p, "\"resumed\":true"));
    assert_non_null(strstr(take(&v, &a).p, "backend/a"));
    assert_non_null(strstr(take(&v, &a).p, "ready"));
    assert_int_equal(v.out.count, 0);
    arena_free(&a);
    hub_leave(h, &v);
    hub_free(h);
}

/* --- statistics --- */

/* How often `what` is in what the viewer is told, of which there may be several frames at once. */
static size_t drain(struct viewer *v, const char *what)
{
    size_t found = 0;
    struct arena a = ARENA_INIT;

    while (v->out.count) {
        const char *at = arena_str(&a, outbox_piece(&v->out, 0)).p;
        size_t left = outbox_piece(&v->out, 0).n, n = strlen(what);
        for (; left >= n && n; at++, left--)
            found += memcmp(at, what, n) == 0;
        hub_sent(v, outbox_piece(&v->out, 0).n);
    }
    arena_free(&a);
    return found;
}

static void tell_all(struct hub *h, size_t count)
{
    struct topics *t = hub_topics(h);

    topics_begin(t);
    for (size_t i = 0; i < t->count; i++) {
        struct str name = str_z(t->items[i]->name);
        for (size_t k = 0; k < count; k++) {
            char id[40];
            (void)snprintf(id, sizeof id, "stat/backend/b%zu", k);
            if (str_eq_z(name, "stat/backend/*") || str_eq_z(name, id))
                hub_stat(h, t->items[i], NULL, str_z(id), STR("{}"));
        }
        hub_stat_end(h, t->items[i], NULL);
    }
}

static void test_statistics_go_to_those_who_subscribed(void **state)
{
    struct hub *h = new_hub(&small);
    struct viewer one = {0}, group = {0}, none = {0}, *all[] = {&one, &group, &none};
    struct err e;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        hub_join(h, all[i]);
        hub_greet(h, all[i], NULL);
        (void)drain(all[i], "");
    }
    assert_int_equal(topics_join(hub_topics(h), &one.topics, &one, STR("stat/backend/b1"), &e), 0);
    assert_int_equal(topics_join(hub_topics(h), &one.topics, &one, STR("stat/backend/b1"), &e), 0);
    assert_int_equal(topics_join(hub_topics(h), &group.topics, &group, STR("stat/backend/*"), &e),
                     0);
    assert_int_equal(topics_join(hub_topics(h), &group.topics, &group, STR("stat/backend/b0"), &e),
                     0);
    assert_int_equal(topics_join(hub_topics(h), &one.topics, &one, STR("backend/b1"), &e), -1);
    tell_all(h, 3);
    assert_int_equal(drain(&one, "\"id\":\"stat/backend/b1\",\"object\":{}"), 1);
    assert_int_equal(drain(&group, "\"op\":\"set\""), 3); /* b0 once */
    assert_int_equal(none.out.count, 0);
    tell_all(h, 1);
    assert_int_equal(drain(&one, "\"type\":\"stat\",\"op\":\"del\""), 1);
    assert_int_equal(drain(&group, "\"op\":\"del\""), 2);
    topics_leave(hub_topics(h), &group.topics, &group, STR("stat/backend/*"));
    topics_leave(hub_topics(h), &group.topics, &group, STR("stat/backend/*"));
    tell_all(h, 1);
    assert_int_equal(drain(&group, "\"op\":\"set\""), 1);
    for (size_t i = 0; i < 3; i++)
        hub_leave(h, all[i]);
    assert_int_equal(hub_topics(h)->count, 0);
    hub_free(h);
}

/* More than the backlog in one round: it is told; not taken, the next round is left out. */
static void test_statistics_lose_nobody(void **state)
{
    struct hub *h = new_hub(&small);
    struct viewer v = {0};
    struct err e;

    (void)state;
    hub_join(h, &v);
    hub_greet(h, &v, NULL);
    (void)drain(&v, "x");
    assert_int_equal(topics_join(hub_topics(h), &v.topics, &v, STR("stat/backend/*"), &e), 0);
    tell_all(h, 1000);
    assert_true(v.out.bytes > 10 * small.backlog_bytes);
    tell_all(h, 999);
    tell_all(h, 999);
    set(h, "backend/a", 1); /* this counts */
    assert_false(v.lost);
    assert_int_equal(drain(&v, "\"type\":\"stat\",\"op\":\"set\""), 1000);
    tell_all(h, 998);
    assert_int_equal(drain(&v, "\"type\":\"stat\",\"op\":\"set\""), 998);
    hub_leave(h, &v);
    hub_free(h);
}

static void test_subscriptions_are_limited(void **state)
{
    struct hub *h = new_hub(&small);
    struct viewer v = {0};
    struct err e;
    char name[64];

    (void)state;
    hub_join(h, &v);
    for (int i = 0; i <= TOPICS_OF_ONE_MAX; i++) {
        (void)snprintf(name, sizeof name, "stat/backend/b%d", i);
        assert_int_equal(topics_join(hub_topics(h), &v.topics, &v, str_z(name), &e),
                         i < TOPICS_OF_ONE_MAX ? 0 : -1);
    }
    hub_leave(h, &v);
    hub_free(h);
}

/* --- what is worth telling --- */

static void test_a_look_leaves_fleeting_numbers_out(void **state)
{
    static const char *const fleeting[] = {"age", "n", NULL};
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"{\"age\":1,\"x\":2}", "{\"age\":77,\"x\":2}", true},
        {"{\"x\":[{\"n\":1},{\"n\":2}]}", "{\"x\":[{\"n\":9},{\"n\":8}]}", true},
        {"{\"age\":1,\"x\":2}", "{\"age\":1,\"x\":3}", false},
        {"{\"age\":1}", "{\"age\":null}", false},
        {"{\"age\":1.5}", "{\"age\":-2}", true},
        {"{\"page\":1}", "{\"page\":2}", false},
        {"{\"x\":\"\\\"age\\\":1\"}", "{\"x\":\"\\\"age\\\":2\"}", false},
        {"{\"x\":\"age\",\"y\":1}", "{\"x\":\"age\",\"y\":2}", false},
        {"{\"age\":1,\"n\":1}", "{\"n\":1,\"age\":1}", false},
        {"{\"age\":12}", "{\"age\":1}", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if ((look_of(str_z(cases[i].a), fleeting) == look_of(str_z(cases[i].b), fleeting)) !=
            cases[i].same)
            fail_msg("%s %s", cases[i].a, cases[i].b);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_viewer_is_greeted_and_told_changes),
        cmocka_unit_test(test_the_snapshot_has_the_last_entries_of_the_activity),
        cmocka_unit_test(test_who_is_too_far_behind_is_lost),
        cmocka_unit_test(test_a_snapshot_may_be_larger_than_the_backlog),
        cmocka_unit_test(test_resume_by_message_keeps_answers),
        cmocka_unit_test(test_statistics_go_to_those_who_subscribed),
        cmocka_unit_test(test_statistics_lose_nobody),
        cmocka_unit_test(test_subscriptions_are_limited),
        cmocka_unit_test(test_a_look_leaves_fleeting_numbers_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
