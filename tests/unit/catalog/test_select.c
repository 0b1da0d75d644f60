/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct selection_case {
    const char *words, *members;
};

static const struct resolved resolved[] = {
    {{"a.example", 9}, {"10.9.9.9", 8}, {NULL, 0}},
    {{"gone.example", 12}, {NULL, 0}, {"not found", 9}},
};
static const struct name_table names = {resolved, 2};

static const char *select_text(const char *words, const char *version, bool may_panic)
{
    static char text[1 << 14];
    struct arena a = ARENA_INIT;
    struct service_read *r = reading_of("web", words);
    struct candidate_list candidates;
    struct member_list members;
    bool panic;

    select_candidates(&a, r, str_z(version), &names, 77, &candidates);
    panic = select_members(&a, &candidates, may_panic, &members);
    snprintf(text, sizeof text, "%s", members_text(&members, panic));
    service_read_unref(r);
    arena_free(&a);
    return text;
}

static void run(const struct selection_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = select_text(cases[i].words, "1.0.0", true);
        if (strcmp(got, cases[i].members) != 0)
            fail_msg("\"%s\"\n  gave   \"%s\"\n  wanted \"%s\"", cases[i].words, got,
                     cases[i].members);
    }
}

#define RUN(cases) run(cases, sizeof(cases) / sizeof *(cases))

static void test_version_health_and_order(void **state)
{
    static const struct selection_case cases[] = {
        {"", ""},
        {"10.0.0.2:80 10.0.0.1:81 10.0.0.1:80", "10.0.0.1:80:p:1 10.0.0.1:81:p:1 10.0.0.2:80:p:1"},
        {"a:80@2.0.0 10.0.0.1:80@ 10.0.0.2:80@1.0 10.0.0.3:80", "10.0.0.3:80:p:1"},
        {"10.0.0.1:80*10/3 10.0.0.2:80!w*10/3", "10.0.0.1:80:p:10 10.0.0.2:80:w:3"},
        {"10.0.0.1:80 10.0.0.2:80!c*7/1 10.0.0.3:80!m", /* what they would have in a panic */
         "10.0.0.1:80:p:1 10.0.0.2:80:c:7 10.0.0.3:80:m:1"},
    };

    (void)state;
    RUN(cases);
    assert_string_equal(select_text("10.0.0.1:80@2.0.0 10.0.0.2:80", "2.0.0", true),
                        "10.0.0.1:80:p:1");
    assert_string_equal(select_text("10.0.0.1:80@", "", true), ""); /* no version is no match */
}

static void test_weights_keep_their_proportions(void **state)
{
    static const struct selection_case cases[] = {
        {"10.0.0.1:80*256/1 10.0.0.2:80*128/1", "10.0.0.1:80:p:256 10.0.0.2:80:p:128"},
        {"10.0.0.1:80*512/1 10.0.0.2:80*128/1", "10.0.0.1:80:p:256 10.0.0.2:80:p:64"},
        {"10.0.0.1:80*65535/1 10.0.0.2:80*1/1", "10.0.0.1:80:p:256 10.0.0.2:80:p:1"},
        {"10.0.0.1:80*1000/0 10.0.0.2:80!w*1000/0", "10.0.0.1:80:p:256 10.0.0.2:80:w:0"},
        /* health does not move the factor: the second keeps its weight when the first warns */
        {"10.0.0.1:80!w*512/2 10.0.0.2:80*100/1", "10.0.0.1:80:w:1 10.0.0.2:80:p:50"},
    };

    (void)state;
    RUN(cases);
}

static void test_one_member_for_each_host_and_port(void **state)
{
    static const struct selection_case cases[] = {
        {"10.0.0.1:80!c=a/1 10.0.0.1:80=b/1", "10.0.0.1:80:p:1"},
        {"10.0.0.1:80=a/1 10.0.0.1:80!c=b/1", "10.0.0.1:80:p:1"},
        {"10.0.0.1:80!m=a/1 10.0.0.1:80!c=b/1 10.0.0.1:80!w*5/2=c/1", "10.0.0.1:80:w:2"},
        {"10.0.0.1:80*3/1=b/1 10.0.0.1:80*2/1=a/2 10.0.0.1:80*1/1=a/1", "10.0.0.1:80:p:1"},
    };

    (void)state;
    RUN(cases);
}

static void test_unusable_members_stay_with_their_reason(void **state)
{
    static const struct selection_case cases[] = {
        {"10.0.0.1:0 10.0.0.2:70000 10.0.0.3:65535 10.0.0.4:-1",
         "10.0.0.1:0:p:1? 10.0.0.2:0:p:1? 10.0.0.3:65535:p:1 10.0.0.4:0:p:1?"},
        {"0.0.0.0:80 :::80 2001:db8::1:80", "0.0.0.0:80:p:1? 2001:db8::1:80:p:1 :::80:p:1?"},
        {"a.example:80 gone.example:80 new.example:80",
         "a.example:80:p:1 gone.example:80:p:1? new.example:80:p:1?"},
        {"a;b:80 :80 300.1.1.1.:80", ":80:p:1? 300.1.1.1.:80:p:1? a;b:80:p:1?"},
    };

    (void)state;
    RUN(cases);
}

static void test_every_unusable_member_says_why(void **state)
{
    struct arena a = ARENA_INIT;
    struct service_read *r =
        reading_of("web", "10.0.0.1:0 0.0.0.0:1 gone.example:1 new.example:1 a;b:1 a.example:1 :1");
    static const char *const reasons[] = {"no address", "unspecified", "port 0",      NULL,
                                          "neither",    "not found",   "not resolved"};
    struct candidate_list list;

    (void)state;
    select_candidates(&a, r, STR("1.0.0"), &names, 0, &list);
    assert_int_equal(list.count, 7);
    for (size_t i = 0; i < list.count; i++) {
        const struct member *m = &list.items[i].member;
        char why[256];
        assert_int_equal(m->address.n > 0, !m->unusable.n);
        if (reasons[i])
            assert_non_null(strstr(str_copy(why, sizeof why, m->unusable), reasons[i]));
        else
            assert_true(str_eq_z(m->address, "10.9.9.9"));
    }
    service_read_unref(r);
    arena_free(&a);
}

static void test_health_alone_never_empties_a_pool(void **state)
{
    static const struct selection_case cases[] = {
        {"10.0.0.1:80!c 10.0.0.2:80!c*5/1", "panic 10.0.0.1:80:c:1 10.0.0.2:80:c:5"},
        {"10.0.0.1:80!c 10.0.0.2:80!m", "panic 10.0.0.1:80:c:1 10.0.0.2:80:m:1"},
        {"10.0.0.1:80!m 10.0.0.2:80!m", "10.0.0.1:80:m:1 10.0.0.2:80:m:1"},
        {"10.0.0.1:80!c 10.0.0.2:80!w", "10.0.0.1:80:c:1 10.0.0.2:80:w:1"},
        {"10.0.0.1:80!c 10.0.0.2:0", "panic 10.0.0.1:80:c:1 10.0.0.2:0:p:1?"},
        {"10.0.0.1:80!c 10.0.0.2:80!w*4/0", "panic 10.0.0.1:80:c:1 10.0.0.2:80:w:1"},
        {"10.0.0.1:0!c", "10.0.0.1:0:c:1?"},
    };

    (void)state;
    RUN(cases);
    assert_string_equal(select_text("10.0.0.1:80!c", "1.0.0", false), "10.0.0.1:80:c:1");
}

static void test_who_serves(void **state)
{
    static const struct {
        enum member_status status;
        const char *unusable;
        bool panic, serves;
    } cases[] = {
        {MEMBER_PASSING, "", false, true},     {MEMBER_WARNING, "", false, true},
        {MEMBER_CRITICAL, "", false, false},   {MEMBER_CRITICAL, "", true, true},
        {MEMBER_MAINTENANCE, "", true, false}, {MEMBER_PASSING, "why", true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct member m = {.status = cases[i].status, .unusable = str_z(cases[i].unusable)};
        assert_int_equal(member_serves(&m, cases[i].panic), cases[i].serves);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_health_and_order),
        cmocka_unit_test(test_weights_keep_their_proportions),
        cmocka_unit_test(test_one_member_for_each_host_and_port),
        cmocka_unit_test(test_unusable_members_stay_with_their_reason),
        cmocka_unit_test(test_every_unusable_member_says_why),
        cmocka_unit_test(test_health_alone_never_empties_a_pool),
        cmocka_unit_test(test_who_serves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
