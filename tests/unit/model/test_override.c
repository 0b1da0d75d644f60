/* SPDX-License-Identifier: Apache-2.0 */
/* Members named by people, and what operators say of them: reading, finding, writing back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"
#include "model/override.h"

#include <string.h>

static void test_members_are_named_by_host_and_port(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned port;
        const char *again;
    } cases[] = {
        {"10.0.0.1:80", "10.0.0.1", 80, "10.0.0.1:80"},
        {"[::1]:80", "::1", 80, "[::1]:80"},
        {"::1:80", "::1", 80, "[::1]:80"},
        {"[FD00:0:0::0001]:65535", "fd00::1", 65535, "[fd00::1]:65535"},
        {"A.Example:8080", "a.example", 8080, "a.example:8080"},
        {"some_host:1", "some_host", 1, "some_host:1"},
    };
    static const char *const bad[] = {
        "",           "10.0.0.1",       ":80",           "10.0.0.1:",    "10.0.0.1:0",
        "10.0.0.1:x", "10.0.0.1:65536", "[10.0.0.1]:80", "[::1:80",      "::1]:80",
        "[]:80",      "a/b:80",         "10.0.0.1:80 ",  "10.0.0.1:-80", "10.0.0.1:+80",
        "-a:80",      "[a.example]:80", "::1",           "a b:80",
    };
    struct arena a = ARENA_INIT;
    struct endpoint e;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(endpoint_parse(&a, str_z(cases[i].text), &e, &err), 0);
        assert_true(str_eq_z(e.host, cases[i].host));
        assert_int_equal(e.port, cases[i].port);
        assert_string_equal(endpoint_text(&a, e.host, e.port).p, cases[i].again);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (endpoint_parse(&a, str_z(bad[i]), &e, &err) == 0)
            fail_msg("taken: \"%s\"", bad[i]);
        assert_string_equal(err.field, "member");
    }
    arena_free(&a);
}

static void test_a_wish_keeps_sets_or_takes_back(void **state)
{
    static const struct {
        const char *text;
        enum override_word state_word, weight_word;
        unsigned state, weight;
    } cases[] = {
        {"{'state':'drain'}", OVERRIDE_SET, OVERRIDE_KEEP, ADMIN_DRAIN, 0},
        {"{'state':null,'weight':'256'}", OVERRIDE_TAKE_BACK, OVERRIDE_SET, ADMIN_READY, 256},
        {"{'state':'maint','weight':null}", OVERRIDE_SET, OVERRIDE_TAKE_BACK, ADMIN_MAINT, 0},
        {"{'weight':0}", OVERRIDE_KEEP, OVERRIDE_SET, ADMIN_READY, 0},
        {"{'state':'ready'}", OVERRIDE_SET, OVERRIDE_KEEP, ADMIN_READY, 0},
    };
    static const struct {
        const char *text, *field;
    } bad[] = {
        {"{}", "state"},
        {"{'state':'down'}", "state"},
        {"{'state':1}", "state"},
        {"{'weight':257}", "weight"},
        {"{'weight':-1}", "weight"},
        {"{'weight':'x'}", "weight"},
        {"{'weight':true}", "weight"},
        {"{'wait':1}", "wait"},
        {"[]", ""},
    };
    struct arena a = ARENA_INIT;
    struct override_wish w;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(override_wish_read(given_json(&a, cases[i].text), &w, &e), 0);
        assert_int_equal(w.state_word, cases[i].state_word);
        assert_int_equal(w.weight_word, cases[i].weight_word);
        assert_int_equal(w.state, cases[i].state);
        assert_int_equal(w.weight, cases[i].weight);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e = (struct err){0};
        assert_int_equal(override_wish_read(given_json(&a, bad[i].text), &w, &e), -1);
        assert_string_equal(e.field, bad[i].field);
    }
    arena_free(&a);
}

#define LIST                                                                                       \
    "[{'member':'[::1]:80','state':'drain','weight':null,'by':'10.0.0.9','since':7},"              \
    "{'member':'a.example:80','state':null,'weight':5,'by':'uid 0','since':1700000000000},"        \
    "{'member':'a.example:443','state':'maint','weight':0,'by':'haproxy','since':8}]"

static struct override_set *read_list(struct arena *a, const char *text, size_t problems)
{
    struct str_list found = {0};
    struct override_set *s = override_set_read(STR("live"), given_json(a, text), a, &found);

    assert_int_equal(found.count, problems);
    return s;
}

static const char *text_of(struct arena *a, const struct override_set *s)
{
    struct json_out o;
    struct buf text;
    const char *copy;

    buf_init(&text, 1 << 20);
    json_out_init(&o, &text, false);
    override_set_put(&o, NULL, s);
    json_out_fini(&o);
    copy = arena_str(a, buf_str(&text)).p;
    buf_free(&text);
    return copy;
}

static void test_a_set_is_found_in_any_spelling_and_comes_back_from_its_text(void **state)
{
    struct arena a = ARENA_INIT;
    struct override_set *s = read_list(&a, LIST, 0), *again;
    const char *text = text_of(&a, s);
    struct str_list none = {0};
    struct json *list;

    (void)state;
    assert_int_equal(s->count, 3);
    assert_int_equal(override_find(s, STR("0:0:0:0::1"), 80)->state, ADMIN_DRAIN);
    assert_int_equal(override_find(s, STR("A.Example"), 80)->weight, 5);
    assert_false(override_find(s, STR("a.example"), 80)->has_state);
    assert_int_equal(override_find(s, STR("a.example"), 443)->state, ADMIN_MAINT);
    assert_true(override_find(s, STR("a.example"), 443)->has_weight);
    assert_null(override_find(s, STR("a.example"), 81));
    assert_null(override_find(NULL, STR("a.example"), 80));
    assert_int_equal(json_parse(&a, str_z(text), 32, &list, NULL), 0);
    again = override_set_read(STR("live"), list, &a, &none);
    assert_int_equal(none.count, 0);
    assert_string_equal(text_of(&a, again), text);
    override_set_unref(s);
    override_set_unref(again);
    arena_free(&a);
}

static void test_what_does_not_read_is_told_and_the_rest_counts(void **state)
{
    struct arena a = ARENA_INIT;
    struct override_set *s =
        read_list(&a,
                  "[{'member':'x'},{'member':'a:1'},7,{'member':'b:1','state':'up'},"
                  "{'member':'c:1','weight':300},{'member':'d:1','state':'drain'}]",
                  5);

    (void)state;
    assert_int_equal(s->count, 1);
    assert_non_null(override_find(s, STR("d"), 1));
    override_set_unref(s);
    s = read_list(&a, "{}", 1);
    assert_int_equal(s->count, 0);
    override_set_unref(s);
    arena_free(&a);
}

static void test_a_word_replaces_the_old_one_and_nothing_takes_it_out(void **state)
{
    struct arena a = ARENA_INIT;
    struct override_set *s = read_list(&a, LIST, 0), *other, *less;
    struct override o = {
        .member = {STR("A.example"), 80}, .has_state = true, .state = ADMIN_DRAIN, .by = STR("me")};

    (void)state;
    o.member.host = endpoint_host(&a, o.member.host);
    other = override_set_with(s, STR("live"), &o);
    assert_int_equal(s->count, 3); /* the old one is as it was */
    assert_int_equal(override_find(s, STR("a.example"), 80)->weight, 5);
    assert_int_equal(other->count, 3);
    assert_false(override_find(other, STR("a.example"), 80)->has_weight);
    o.has_state = false;
    less = override_set_with(other, STR("live"), &o);
    assert_int_equal(less->count, 2);
    assert_null(override_find(less, STR("a.example"), 80));
    override_set_unref(s);
    override_set_unref(other);
    override_set_unref(less);
    o.has_state = true;
    s = override_set_with(NULL, STR("live"), &o);
    assert_int_equal(s->count, 1);
    assert_true(str_eq_z(s->backend, "live"));
    override_set_unref(s);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_named_by_host_and_port),
        cmocka_unit_test(test_a_wish_keeps_sets_or_takes_back),
        cmocka_unit_test(test_a_set_is_found_in_any_spelling_and_comes_back_from_its_text),
        cmocka_unit_test(test_what_does_not_read_is_told_and_the_rest_counts),
        cmocka_unit_test(test_a_word_replaces_the_old_one_and_nothing_takes_it_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
