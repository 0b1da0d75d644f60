/* SPDX-License-Identifier: Apache-2.0 */
/* Splits of the API: which of the targets gets the share, refusals that name the field, and the
 * entry that HAProxy looks up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "refusals.h"

#define TARGETS(live, staged)                                                                      \
    "{'backend':'live','weight':" #live "},{'backend':'staged','weight':" #staged "}"
#define SPLIT(targets) "{'targets':[" targets "]}"

static void test_defaults(void **state)
{
    struct split *s = given_split("live", SPLIT(TARGETS(9500, 500)));
    struct arena a = ARENA_INIT;

    (void)state;
    assert_true(str_eq(s->other, STR("staged")));
    assert_int_equal(s->share, 500);
    assert_string_equal(split_sticky_name(s->sticky), "cookie");
    assert_string_equal(given_split_text(&a, s).p,
                        "{\"id\":\"split/live\",\"_type\":\"split\",\"key\":\"live\","
                        "\"targets\":[{\"backend\":\"live\",\"weight\":9500},"
                        "{\"backend\":\"staged\",\"weight\":500}],\"sticky\":\"cookie\"}");
    assert_string_equal(split_entry(&a, s).p, "500/staged/cookie");
    arena_free(&a);
    split_unref(s);
}

static void test_order_of_targets_makes_no_difference(void **state)
{
    struct split *a = given_split("live", SPLIT(TARGETS(9500, 500)));
    struct split *b = given_split("live", "{'targets':[{'weight':'500','backend':'staged'},"
                                          "{'backend':'live','weight':9500}],'sticky':'cookie'}");

    (void)state;
    assert_true(split_equal(a, b));
    split_unref(a);
    split_unref(b);
}

static void test_whole_and_nothing_are_shares(void **state)
{
    struct split *none = given_split("live", SPLIT(TARGETS(10000, 0)));
    struct split *whole =
        given_split("live", "{'targets':[" TARGETS(0, 10000) "],'sticky':'none'}");
    struct arena a = ARENA_INIT;

    (void)state;
    assert_string_equal(split_entry(&a, none).p, "0/staged/cookie");
    assert_string_equal(split_entry(&a, whole).p, "10000/staged/none");
    assert_false(split_equal(none, whole));
    split_unref(none);
    split_unref(whole);
    arena_free(&a);
}

static const struct refusal_case refusals[] = {
    {"{}", "targets", "required"},
    {"[]", "", "an object wanted"},
    {"{'targets':{}}", "targets", "a list wanted"},
    {SPLIT("{'backend':'live','weight':10000}"), "targets",
     "two wanted, the backend itself and another one; these are 1"},
    {SPLIT(TARGETS(9500, 500) ",{'backend':'c','weight':0}"), "targets", "these are 3"},
    {SPLIT("1,2"), "targets[0]", "an object wanted"},
    {SPLIT("{'backend':'live'},{'backend':'b','weight':1}"), "targets[0].weight", "required"},
    {SPLIT("{'backend':'live','weight':1},{'weight':9999}"), "targets[1].backend", "empty"},
    {SPLIT("{'backend':'live','weight':1,'x':1},{}"), "targets[0].x", "unknown field"},
    {SPLIT("{'backend':'thalassa.x','weight':1},{}"), "targets[0].backend", "reserved"},
    {SPLIT(TARGETS(9500, 501)), "targets", "make 10001, not 10000"},
    {SPLIT(TARGETS(9500, 10001)), "targets[1].weight", "not within 0 and 10000"},
    {SPLIT(TARGETS(9500, -500)), "targets[1].weight", "not a whole number"},
    {SPLIT("{'backend':'live','weight':1},{'backend':'live','weight':9999}"), "targets[1].backend",
     "given twice"},
    {SPLIT("{'backend':'a','weight':1},{'backend':'b','weight':9999}"), "targets",
     "one of them must be \"live\" itself"},
    {"{'targets':[" TARGETS(9500, 500) "],'sticky':'ip'}", "sticky", "none of cookie, src, none"},
    {"{'targets':[" TARGETS(9500, 500) "],'share':1}", "share", "unknown field"},
    {"{'key':'staged','targets':[" TARGETS(9500, 500) "]}", "key", "agree with the path"},
    {0}};

static void test_refusals_name_the_field(void **state)
{
    (void)state;
    refusals_split(refusals);
    refuse_split("thalassa.x", SPLIT(TARGETS(9500, 500)), "key", "reserved");
}

static void test_what_is_shown_can_be_put_back(void **state)
{
    struct split *s = given_split("live", "{'targets':[" TARGETS(1, 9999) "],'sticky':'src'}");
    struct arena a = ARENA_INIT;
    struct split *again = given_split("live", given_split_text(&a, s).p);

    (void)state;
    assert_true(split_equal(s, again));
    split_unref(split_ref(s));
    split_unref(s);
    split_unref(again);
    split_unref(NULL);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_order_of_targets_makes_no_difference),
        cmocka_unit_test(test_whole_and_nothing_are_shares),
        cmocka_unit_test(test_refusals_name_the_field),
        cmocka_unit_test(test_what_is_shown_can_be_put_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
