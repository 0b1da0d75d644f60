/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as lines for Lua: golden, bounded, made of harmless bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "asking.h"
#include "policy/line.h"
#include "policy/maps.h"

#include <string.h>

static const char *const samples[] = {
    WEB("{}"),
    "{'frontend':'web','match':{'path':'/'},'action':{'set':{'variant':'b c','a':'50%,'}}}",
    WEB("{'host':'a.example','path':{'prefix':'/a b'},'method':['PUT','GET']}"),
    WEB("{'header':{'x-a':'','x-b':{'in':['1','2,3']}},'cookie':{'u':{'absent':true}}}"),
    WEB("{'query':{'a=b':{'present':true},'\\u00e9':{'suffix':'\\\\;#<'}}}"),
    WEB("{'src':['10.0.0.0/8','11.0.0.0/8','10.1.0.0/16','::1','fe80::/10']}"),
    WEB("{'percent':{'share':500,'by':'cookie:uid'},'path':{'contains':'x'}}"),
    WEB("{'any':[{'percent':{'share':1}},{'percent':{'share':2,'by':'header:X'},'path':'/'},{}]}"),
    WEB("{'not':{'host':{'regex':'^a'}},'path':{'regex':'b$'}}"),
    WEB("{'not':{'host':'a','any':[{'not':{'path':'/'}}]}}"),
    NULL};

static void test_lines(void **state)
{
    struct buf all;
    struct err e;

    (void)state;
    buf_init(&all, 1 << 16);
    for (size_t i = 0; samples[i]; i++) {
        struct policy *p = given_policy("p", samples[i]);
        assert_int_equal(policy_line(p, &all, &e), 0);
        buf_add_char(&all, '\n');
        policy_unref(p);
    }
    given_golden("tests/golden/policy/lines.txt", buf_str(&all));
    for (size_t i = 0; i < all.n; i++) /* what no word of the socket and no map entry minds */
        assert_true(all.p[i] == '\n' || (all.p[i] > ' ' && all.p[i] <= '~'));
    assert_null(strpbrk(all.p, "\\;# <\"'"));
    buf_free(&all);
}

/* `count` values of 100 bytes each. */
static struct policy *long_policy(struct arena *a, unsigned count)
{
    char value[101];
    struct str texts = STR("");

    memset(value, 'v', sizeof value);
    value[97] = 0;
    for (unsigned i = 0; i < count; i++)
        texts = arena_printf(a, STR_FMT "%s'%03u%s'", STR_ARG(texts), i ? "," : "", i, value);
    return given_policy("p",
                        arena_printf(a, WEB("{'path':{'in':[" STR_FMT "]}}"), STR_ARG(texts)).p);
}

static void test_a_line_is_at_most_12_kib(void **state)
{
    struct arena a = ARENA_INIT;
    struct policy *fits = long_policy(&a, 121), *more = long_policy(&a, 122);
    struct buf text;
    struct err e = {0};

    (void)state;
    buf_init(&text, 1 << 16);
    assert_int_equal(policy_line(fits, &text, &e), 0);
    assert_in_range(text.n, POLICY_LINE_BYTES - 100, POLICY_LINE_BYTES);
    buf_reset(&text);
    assert_int_equal(policy_line(more, &text, &e), -1);
    assert_int_equal(text.n, 0);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_string_equal(e.field, "match");
    assert_non_null(strstr(e.text, "more than 12288 bytes"));
    assert_int_equal(policy_line(more, &text, NULL), -1);
    policy_unref(fits);
    policy_unref(more);
    buf_free(&text);
    arena_free(&a);
}

static void test_names_come_in_the_order_of_decision(void **state)
{
    struct policy *list[] = {
        given_policy("b", WEB("{}")),
        given_policy("z", WEB_AT(1, "{}")),
        given_policy("a", WEB("{}")),
        given_policy("off",
                     "{'frontend':'web','enabled':false,'match':{},'action':{'backend':'b'}}"),
        given_policy("other", "{'frontend':'api','match':{},'action':{'backend':'b'}}"),
    };
    const struct policy *const *all = (const struct policy *const *)list;
    struct buf text;
    struct err e;

    (void)state;
    buf_init(&text, 1 << 16);
    assert_int_equal(policy_names(all, 5, STR("web"), &text, &e), 0);
    assert_string_equal(text.p, "z,a,b");
    buf_reset(&text);
    assert_int_equal(policy_names(all, 5, STR("none"), &text, &e), 0);
    assert_int_equal(text.n, 0);
    buf_free(&text);
    for (size_t i = 0; i < 5; i++)
        policy_unref(list[i]);
}

static void test_names_are_at_most_12_kib(void **state)
{
    struct arena a = ARENA_INIT;
    struct policy *list[97];
    const struct policy *const *all = (const struct policy *const *)list;
    struct buf text;
    struct err e = {0};

    (void)state;
    for (unsigned i = 0; i < 97; i++)
        list[i] = given_policy(arena_printf(&a, "p%0126u", i).p, WEB("{}"));
    buf_init(&text, 1 << 16);
    assert_int_equal(policy_names(all, 96, STR("web"), &text, &e), 0);
    assert_int_equal(text.n, 96 * 128 - 1);
    buf_reset(&text);
    assert_int_equal(policy_names(all, 97, STR("web"), &text, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_string_equal(e.field, "frontend");
    assert_int_equal(text.n, 0);
    buf_free(&text);
    for (size_t i = 0; i < 97; i++)
        policy_unref(list[i]);
    arena_free(&a);
}

static void test_maps_have_an_entry_for_each(void **state)
{
    struct policy *list[] = {
        given_policy("b", WEB("{}")),
        given_policy("c", "{'frontend':'api','match':{},'action':{'backend':'b'}}"),
        given_policy("off",
                     "{'frontend':'tcp','enabled':false,'match':{},'action':{'backend':'b'}}"),
        given_policy("a", WEB("{'path':'/'}")),
    };
    const struct policy *const *all = (const struct policy *const *)list;
    struct arena a = ARENA_INIT;
    struct policy_maps maps;
    struct err e;

    (void)state;
    assert_int_equal(policy_maps_build(&a, all, 4, &maps, &e), 0);
    assert_string_equal(maps.policies.name.p, "maps/policies.map");
    assert_int_equal(maps.policies.count, 2);
    assert_string_equal(maps.policies.entries[0].key.p, "api");
    assert_string_equal(maps.policies.entries[0].value.p, "c");
    assert_string_equal(maps.policies.entries[1].key.p, "web");
    assert_string_equal(maps.policies.entries[1].value.p, "a,b");
    assert_int_equal(maps.lines.count, 3);
    assert_string_equal(maps.lines.entries[0].key.p, "a");
    assert_string_equal(maps.lines.entries[0].value.p, "1,b,0,p,e,/");
    assert_string_equal(maps.lines.entries[2].value.p, "1,b,0,a,0");
    assert_int_equal(policy_maps_build(&a, all, 0, &maps, &e), 0);
    assert_int_equal(maps.policies.count + maps.lines.count, 0);
    for (size_t i = 0; i < 4; i++)
        policy_unref(list[i]);
    arena_free(&a);
}

static void test_maps_name_what_is_too_long(void **state)
{
    struct arena a = ARENA_INIT;
    struct policy *more = long_policy(&a, 122);
    const struct policy *list[] = {more};
    struct policy_maps maps;
    struct err e = {0};

    (void)state;
    assert_int_equal(policy_maps_build(&a, list, 1, &maps, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_non_null(strstr(e.text, "policy p: match:"));
    policy_unref(more);
    arena_free(&a);
}

static void test_too_many_policies_are_refused(void **state)
{
    struct policy *p = given_policy("p", WEB("{}"));
    const struct policy *list[LIMIT_POLICIES + 1];
    struct policy_set *set;
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i <= LIMIT_POLICIES; i++)
        list[i] = p;
    assert_null(policy_set_new(list, LIMIT_POLICIES + 1, &e));
    assert_non_null(strstr(e.text, "more than 1000"));
    set = policy_set_new(list, LIMIT_POLICIES, &e);
    assert_non_null(set);
    policy_set_free(set);
    policy_unref(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_a_line_is_at_most_12_kib),
        cmocka_unit_test(test_names_come_in_the_order_of_decision),
        cmocka_unit_test(test_names_are_at_most_12_kib),
        cmocka_unit_test(test_maps_have_an_entry_for_each),
        cmocka_unit_test(test_maps_name_what_is_too_long),
        cmocka_unit_test(test_too_many_policies_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
