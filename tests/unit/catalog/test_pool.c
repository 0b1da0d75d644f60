/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that keep traffic alive, as a table of readings and what is served after each. */
#include "step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define TEN "a b c d e f g h i j"

static void run(const char *name, const struct step *steps)
{
    struct pool *p = step_pool();
    char wanted[4096];

    for (size_t i = 0; steps[i].kind; i++) {
        step_apply(p, &steps[i], (int64_t)i * 1000);
        step_expand(wanted, sizeof wanted, steps[i].members);
        if (strcmp(step_members(p), wanted) != 0)
            fail_msg("%s, step %zu\n  gave   \"%s\"\n  wanted \"%s\"", name, i + 1, step_members(p),
                     wanted);
        if (pool_wants_confirm(p) != steps[i].confirm)
            fail_msg("%s, step %zu: confirm wanted: %d", name, i + 1, pool_wants_confirm(p));
    }
    pool_free(p);
}

static const struct {
    const char *name;
    struct step steps[9]; /* the last one is empty */
} cases[] = {
    {"the first reading is taken whatever its trust", {{'d', "a b", "a b", false}}},
    {"a service without instances is known and empty", {{'d', "", "", false}}},
    {"one of ten goes at once on an unbroken watch",
     {{'d', TEN, TEN, false}, {'u', "a b c d e f g h i", "a b c d e f g h i", false}}},
    {"half of the pool goes at once, more does not",
     {{'d', TEN, TEN, false},
      {'u', "a b c d e", "a b c d e", false},
      {'u', "a b", "a b c~shrink d~shrink e~shrink", true}}},
    {"a large loss goes when the catalog is sound",
     {{'d', TEN, TEN, false},
      {'u', "a b", "a b c~shrink d~shrink e~shrink f~shrink g~shrink h~shrink i~shrink j~shrink",
       true},
      {'C', "a b", "a b", false}}},
    {"a large loss stays while the catalog is not sound, and returns",
     {{'d', "a b c", "a b c", false},
      {'u', "", "a~shrink b~shrink c~shrink", true},
      {'N', "", "a~shrink b~shrink c~shrink", true},
      {'u', "", "a~shrink b~shrink c~shrink", true},
      {'u', "a b c", "a b c", false}}},
    {"a large loss that shrinks to a small one goes",
     {{'d', "a b c d", "a b c d", false},
      {'u', "a", "a b~shrink c~shrink d~shrink", true},
      {'u', "a b c", "a b c", false}}},
    {"the last member waits even if it is the only one",
     {{'d', "a", "a", false}, {'u', "", "a~shrink", true}, {'C', "", "", false}}},
    {"the last usable member waits though an unusable one stays",
     {{'d', "a b c:0", "a b 10.0.0.2:0?", false},
      {'u', "c:0", "a~shrink b~shrink 10.0.0.2:0?", true}}},
    {"replaced members are no loss",
     {{'d', "a b", "a b", false}, {'u', "c d", "c d", false}, {'u', "c d e", "c d e", false}}},
    {"unusable newcomers replace nobody",
     {{'d', "a b", "a b", false},
      {'u', "a:0 b:0", "10.0.0.0:0? a~shrink 10.0.0.1:0? b~shrink", true}}},
    {"after a disturbance nobody goes unconfirmed",
     {{'d', TEN, TEN, false},
      {'d', "a b c d e f g h i", "a b c d e f g h i j~unconfirmed", true},
      {'d', "a b c d e f g h", "a b c d e f g h i~unconfirmed j~unconfirmed", true},
      {'u', "a b c d e f g h", "a b c d e f g h i~unconfirmed j~unconfirmed", true},
      {'D', "a b c d e f g h i", "a b c d e f g h i", false}}},
    {"a large loss in a disturbance stays until they return",
     {{'d', "a b c", "a b c", false},
      {'d', "", "a~unconfirmed b~unconfirmed c~unconfirmed", true},
      {'D', "", "a~disturbed b~disturbed c~disturbed", false},
      {'u', "", "a~disturbed b~disturbed c~disturbed", false},
      {'u', "b", "a~disturbed b c~disturbed", false},
      {'C', "b", "a~disturbed b c~disturbed", false},
      {'u', "a b c", "a b c", false}}},
    {"a large loss in a disturbance stays until it is accepted",
     {{'d', "a b c", "a b c", false},
      {'d', "c", "a~unconfirmed b~unconfirmed c", true},
      {'D', "c", "a~disturbed b~disturbed c", false},
      {'A', "", "c", false}}},
    {"accepting works before the confirming read",
     {{'d', "a b", "a b", false}, {'u', "", "a~shrink b~shrink", true}, {'A', "", "", false}}},
    {"a lower index or another server: even a small loss stays",
     {{'d', TEN, TEN, false},
      {'d', "a b c d e f g h i", "a b c d e f g h i j~unconfirmed", true},
      {'R', "a b c d e f g h i", "a b c d e f g h i j~disturbed", false}}},
    {"members held in a disturbance do not hold the others",
     {{'d', "a b c d", "a b c d", false},
      {'R', "a b", "a b c~disturbed d~disturbed", false},
      {'u', "a", "a c~disturbed d~disturbed", false},
      {'u', "", "a~shrink c~disturbed d~disturbed", true},
      {'C', "", "c~disturbed d~disturbed", false}}},
    {"a disturbance while a large loss waits",
     {{'d', "a b c", "a b c", false},
      {'u', "", "a~shrink b~shrink c~shrink", true},
      {'d', "", "a~unconfirmed b~unconfirmed c~unconfirmed", true},
      {'D', "", "a~disturbed b~disturbed c~disturbed", false}}},
    {"gains and health apply with any reading",
     {{'d', "a b", "a b", false},
      {'d', "b!c c", "a~unconfirmed b:c:1 c", true},
      {'R', "b!w*9/4 c!m d", "a~disturbed b:w:4 c:m:1 d", false},
      {'N', "b c d e", "a~disturbed b c d e", false}}},
    {"held members keep the state they had",
     {{'d', "a!w*8/5 b!c", "a:w:5 b:c:1", false}, {'u', "", "a:w:5~shrink b:c:1~shrink", true}}},
    {"held members count for the panic",
     {{'d', "a b", "a b", false},
      {'d', "b!c", "a~unconfirmed b:c:1", true},
      {'A', "", "panic b:c:1", false}}},
    {"another version is no loss",
     {{'d', "a b c@2.0.0", "a b", false},
      {'u', "a", "a", false},
      {'V', "c@2.0.0", "c", false},
      {'u', "a b c@2.0.0", "c", false}}},
    {"an instance that changes its version in place is a loss",
     {{'d', "a b c d", "a b c d", false},
      {'u', "a b c d@2.0.0", "a b c", false},
      {'u', "a@2.0.0 b@2.0.0 c@2.0.0", "a~shrink b~shrink c~shrink", true}}},
};

static void test_table_of_losses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run(cases[i].name, cases[i].steps);
}

static void test_max_shrink_is_the_operators(void **state)
{
    static const struct {
        unsigned percent;
        const char *after;
        bool held;
    } table[] = {{0, "a b c d e f g h i", true},
                 {10, "a b c d e f g h i", false},
                 {10, "a b c d e f g h", true},
                 {90, "a", false},
                 {100, "a", false},
                 {100, "", true},
                 {89, "a", true}};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct pool *p =
            pool_new(&(struct pool_options){table[i].percent, true}, STR("web"), STR("1.0.0"));
        step_feed(p, 'd', TEN, 0);
        step_feed(p, 'u', table[i].after, 0);
        assert_int_equal(pool_view(p)->held_count > 0, table[i].held);
        pool_free(p);
    }
}

static void test_held_since_the_first_reading_without_them(void **state)
{
    struct pool *p = step_pool();

    (void)state;
    step_feed(p, 'd', "a", 100);
    step_feed(p, 'u', "", 200);
    step_feed(p, 'N', "", 300);
    const struct pool_view *v = pool_view(p);
    assert_int_equal(v->held[0].since_ms, 200);
    assert_int_equal(v->members.items[0].last_known_ms, 100);
    assert_true(*hold_reason(v->held[0].hold));
    pool_free(p);
}

static void test_equal_readings_change_nothing(void **state)
{
    struct pool *p = step_pool();
    struct service_read *r = reading_of("web", "10.0.0.1:80 10.0.0.2:80!w");
    struct evidence e = step_evidence('u', 5);

    (void)state;
    assert_true(pool_read(p, r, NULL, &e));
    e.now_ms = 6;
    assert_false(pool_read(p, r, NULL, &e));
    assert_int_equal(pool_view(p)->members.items[0].last_known_ms, 6);
    service_read_unref(r);
    r = reading_of("web", "10.0.0.2:80!c 10.0.0.1:80");
    assert_true(pool_read(p, r, NULL, &e));
    service_read_unref(r);
    assert_false(pool_subscribe(p, STR("web"), STR("1.0.0")));
    pool_free(p);
}

static void test_a_view_outlives_the_pools_changes(void **state)
{
    struct pool *p = step_pool();
    struct pool_view *old;

    (void)state;
    step_feed(p, 'd', "a b", 0);
    old = pool_view_ref(pool_view(p));
    step_feed(p, 'u', "c", 0);
    pool_free(p);
    assert_int_equal(old->members.count, 2);
    assert_true(str_eq_z(old->members.items[1].host, "10.0.0.1"));
    pool_view_unref(old);
}

static void test_names_that_resolve_and_that_stop_to(void **state)
{
    struct pool *p = step_pool();
    struct resolved known = {STR("a.example"), STR("10.1.1.1"), STR_NONE};
    struct service_read *r = reading_of("web", "a.example:80");
    struct evidence e = step_evidence('u', 0);

    (void)state;
    pool_read(p, r, NULL, &e);
    assert_true(pool_view(p)->members.items[0].unusable.n > 0);
    assert_true(pool_resolve(p, &(struct name_table){&known, 1}));
    assert_true(str_eq_z(pool_view(p)->members.items[0].address, "10.1.1.1"));
    assert_false(pool_resolve(p, &(struct name_table){&known, 1}));
    pool_read(p, r, NULL, &e); /* a table that does not know it (yet) takes nothing away */
    assert_true(str_eq_z(pool_view(p)->members.items[0].address, "10.1.1.1"));
    known = (struct resolved){STR("a.example"), STR_NONE, STR("no such name")};
    assert_true(pool_resolve(p, &(struct name_table){&known, 1}));
    assert_false(pool_view(p)->members.items[0].address.n);
    service_read_unref(r);
    pool_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_of_losses),
        cmocka_unit_test(test_max_shrink_is_the_operators),
        cmocka_unit_test(test_held_since_the_first_reading_without_them),
        cmocka_unit_test(test_equal_readings_change_nothing),
        cmocka_unit_test(test_a_view_outlives_the_pools_changes),
        cmocka_unit_test(test_names_that_resolve_and_that_stop_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
