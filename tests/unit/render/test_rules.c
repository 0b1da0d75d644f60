/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "render/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct frontend *parse(const char *rules)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct buf text;
    struct json *o;
    struct frontend *f;

    buf_init(&text, 1 << 20);
    buf_printf(&text, "{'bind':'*:80','backend':'d','rules':[%s]}", rules);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            text.p[i] = '"';
    }
    if (json_parse(&a, buf_str(&text), JSON_MAX_DEPTH, &o, &e))
        fail_msg("%s", e.text);
    f = frontend_parse(STR("web"), o, &e);
    if (!f)
        fail_msg("%s", e.text);
    buf_free(&text);
    arena_free(&a);
    return f;
}

#define RULE(op, value, backend)                                                                   \
    "{'operation':'" op "','value':'" value "','backend':'" backend "'}"
#define HEADER(name, value, backend)                                                               \
    "{'operation':'hdr_dom','header':'" name "','value':'" value "','backend':'" backend "'}"

/* "key=value key=value" of the map called `name`. */
static void check_map(const struct ruleset *r, const char *name, const char *want)
{
    struct buf got;

    buf_init(&got, 4096);
    buf_add_z(&got, "");
    for (size_t i = 0; i < r->kind_count + 1; i++) {
        const struct map_file *m = i < r->kind_count ? &r->kinds[i] : &r->ranks;
        if (!str_eq_z(m->name, name))
            continue;
        for (size_t k = 0; k < m->count; k++)
            buf_printf(&got, "%s" STR_FMT "=" STR_FMT, k ? " " : "", STR_ARG(m->entries[k].key),
                       STR_ARG(m->entries[k].value));
        assert_string_equal(got.p ? got.p : "", want);
        buf_free(&got);
        return;
    }
    fail_msg("no map %s", name);
}

static void test_seven_kinds_are_always_there(void **state)
{
    static const char *const names[] = {"web.path",         "web.path_beg",    "web.path_reg",
                                        "web.url",          "web.url_beg",     "web.url_reg",
                                        "web.hdr_dom.host", "web.hdr_dom.x-a", "web.hdr_dom.x-b"};
    struct arena a = ARENA_INIT;
    struct frontend *f = parse("");
    struct ruleset r;

    (void)state;
    rules_compile(&a, f, &r);
    assert_int_equal(r.kind_count, 7);
    frontend_unref(f);
    f = parse(
        HEADER("X-B", "v", "one") "," HEADER("x-a", "v", "two") "," HEADER("x-b", "w", "two"));
    rules_compile(&a, f, &r);
    assert_int_equal(r.kind_count, 9);
    for (size_t i = 0; i < 9; i++)
        assert_true(str_eq_z(r.kinds[i].name, names[i]));
    assert_string_equal(r.ranks.name.p, "web.rank");
    frontend_unref(f);
    arena_free(&a);
}

static void test_ranks_count_from_one_and_patterns_share_them(void **state)
{
    struct arena a = ARENA_INIT;
    struct frontend *f = parse(RULE("path", "/b /a", "one") "," RULE("path", "/c", "two"));
    struct ruleset r;

    (void)state;
    rules_compile(&a, f, &r);
    check_map(&r, "web.path", "/a=1 /b=1 /c=2");
    check_map(&r, "web.rank", "1=one 2=two");
    frontend_unref(f);
    arena_free(&a);
}

static void test_duplicate_key_keeps_the_lowest_rank(void **state)
{
    struct arena a = ARENA_INIT;
    struct frontend *f = parse(RULE("path", "/x", "one") "," RULE("path", "/y /x /x", "two"));
    struct ruleset r;

    (void)state;
    rules_compile(&a, f, &r);
    check_map(&r, "web.path", "/x=1 /y=2");
    frontend_unref(f);
    arena_free(&a);
}

static void test_longer_prefix_behind_a_shorter_one_gets_its_rank(void **state)
{
    struct arena a = ARENA_INIT;
    struct frontend *f =
        parse(RULE("path_beg", "/b/c/", "first") "," RULE("path_beg", "/b", "second") "," RULE(
            "path_beg", "/b/d /b/c/e", "third") "," RULE("path_beg", "/bc", "fourth"));
    struct ruleset r;

    (void)state;
    rules_compile(&a, f, &r);
    check_map(&r, "web.path_beg", "/b=2 /b/c/=1 /b/c/e=1 /b/d=2 /bc=2");
    frontend_unref(f);
    arena_free(&a);
}

static void test_lists_are_in_the_order_of_ranks(void **state)
{
    struct arena a = ARENA_INIT;
    struct frontend *f =
        parse(RULE("path_reg", "z$", "one") "," RULE("path_reg", "a$ z$", "two") "," HEADER(
            "Host", "WWW.b.com", "one") "," HEADER("host", "a.com www.B.com",
                                                   "two") "," HEADER("x-t", "Blue", "two"));
    struct ruleset r;

    (void)state;
    rules_compile(&a, f, &r);
    check_map(&r, "web.path_reg", "z$=1 a$=2");
    check_map(&r, "web.hdr_dom.host", "www.b.com=3 a.com=4");
    check_map(&r, "web.hdr_dom.x-t", "Blue=5");
    assert_true(r.kinds[2].ordered);
    assert_false(r.kinds[1].ordered);
    frontend_unref(f);
    arena_free(&a);
}

static void test_hash_in_front_of_a_regex_is_no_comment(void **state)
{
    struct arena a = ARENA_INIT;
    struct frontend *f = parse(RULE("url_reg", "#a+", "one"));
    struct ruleset r;
    struct err e = {0};

    (void)state;
    assert_int_equal(rules_check(f, &e), 0);
    rules_compile(&a, f, &r);
    check_map(&r, "web.url_reg", "[#]a+=1");
    frontend_unref(f);
    arena_free(&a);
}

static void test_empty_value_matches_nothing_and_is_told(void **state)
{
    struct arena a = ARENA_INIT;
    struct frontend *f = parse(RULE("path_beg", "", "one"));
    struct str_list told = rules_warnings(&a, f);
    struct ruleset r;

    (void)state;
    rules_compile(&a, f, &r);
    check_map(&r, "web.path_beg", "");
    assert_int_equal(told.count, 1);
    assert_string_equal(told.items[0].p, "rules[0].value: an empty value matches nothing");
    frontend_unref(f);
    arena_free(&a);
}

static void test_what_can_never_match_is_told(void **state)
{
    struct arena a = ARENA_INIT;
    struct frontend *f = parse(
        RULE("url_beg", "http://x/ /y", "one") "," RULE("url_reg", "^HTTPS://x", "one") "," RULE(
            "url", "/go?to=http://x", "one") "," RULE("path", "favicon.ico *",
                                                      "one") "," RULE("path_reg", "ico$",
                                                                      "one") "," HEADER("host", "x",
                                                                                        "one"));
    struct str_list told = rules_warnings(&a, f);

    (void)state;
    assert_int_equal(told.count, 3);
    assert_true(str_starts(told.items[0], STR("rules[0].value: \"http://x/\" can never match")));
    assert_true(str_starts(told.items[1], STR("rules[1].value: \"^HTTPS://x\"")));
    assert_true(str_starts(told.items[2], STR("rules[3].value: \"favicon.ico\"")));
    frontend_unref(f);
    arena_free(&a);
}

static void check_refused(const char *rules, const char *field)
{
    struct frontend *f = parse(rules);
    struct err e = {0};

    assert_int_equal(rules_check(f, &e), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_string_equal(e.field, field);
    frontend_unref(f);
}

static void test_what_cannot_be_written_is_refused(void **state)
{
    struct arena a = ARENA_INIT;
    struct str many = STR("");

    (void)state;
    check_refused(RULE("path", "/ok", "one") "," RULE("path_reg", "/ok ^/(bad", "one"),
                  "rules[1].value");
    check_refused(RULE("url_reg", "*", "one"), "rules[0].value");
    check_refused(RULE("path_beg", "/a #b", "one"), "rules[0].value");
    check_refused(HEADER("host", "#b", "one"), "rules[0].value");
    check_refused(HEADER("x:y", "b", "one"), "rules[0].header");
    for (int i = 0; i < 33; i++)
        many = arena_printf(&a,
                            STR_FMT "%s{'operation':'hdr_dom','header':'h%d','value':'v',"
                                    "'backend':'b'}",
                            STR_ARG(many), i ? "," : "", i);
    check_refused(many.p, "rules[32].header");
    arena_free(&a);
}

static void test_kind_names_are_taken_apart(void **state)
{
    enum rule_op op;
    struct str header;

    (void)state;
    assert_int_equal(rules_kind(STR("web"), STR("web.url_beg"), &op, &header), 0);
    assert_int_equal(op, RULE_URL_BEG);
    assert_int_equal(header.n, 0);
    assert_int_equal(rules_kind(STR("a.b"), STR("a.b.hdr_dom.x.y"), &op, &header), 0);
    assert_int_equal(op, RULE_HDR_DOM);
    assert_true(str_eq_z(header, "x.y"));
    assert_int_equal(rules_kind(STR("web"), STR("web.hdr_dom"), &op, &header), -1);
    assert_int_equal(rules_kind(STR("web"), STR("web.path.x"), &op, &header), -1);
    assert_int_equal(rules_kind(STR("web"), STR("web.rank"), &op, &header), -1);
    assert_int_equal(rules_kind(STR("web"), STR("website"), &op, &header), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seven_kinds_are_always_there),
        cmocka_unit_test(test_ranks_count_from_one_and_patterns_share_them),
        cmocka_unit_test(test_duplicate_key_keeps_the_lowest_rank),
        cmocka_unit_test(test_longer_prefix_behind_a_shorter_one_gets_its_rank),
        cmocka_unit_test(test_lists_are_in_the_order_of_ranks),
        cmocka_unit_test(test_hash_in_front_of_a_regex_is_no_comment),
        cmocka_unit_test(test_empty_value_matches_nothing_and_is_told),
        cmocka_unit_test(test_what_can_never_match_is_told),
        cmocka_unit_test(test_what_cannot_be_written_is_refused),
        cmocka_unit_test(test_kind_names_are_taken_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
