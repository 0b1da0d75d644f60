/* SPDX-License-Identifier: Apache-2.0 */
/* Frontends of the API: fields, defaults, limits, refusals that name the field, and that what is
 * shown can be put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "refusals.h"

#include <stdio.h>
#include <string.h>

#define SHORT "{'bind':'*:80','backend':'live'}"

static void test_defaults(void **state)
{
    struct frontend *f = given_frontend("web", SHORT);
    struct arena a = ARENA_INIT;

    (void)state;
    assert_true(str_eq(f->name, STR("web")));
    assert_int_equal(f->bind.count, 1);
    assert_true(str_eq(f->bind.items[0], STR("*:80")));
    assert_int_equal(f->bind_params.n, 0);
    assert_int_equal(f->mode, MODE_HTTP);
    assert_int_equal(f->keepalive, KEEPALIVE_DEFAULT);
    assert_int_equal(f->rule_count, 0);
    assert_int_equal(f->natives.count, 0);
    assert_string_equal(given_frontend_text(&a, f).p,
                        "{\"id\":\"frontend/web\",\"_type\":\"frontend\",\"key\":\"web\","
                        "\"name\":\"web\",\"bind\":\"*:80\",\"backend\":\"live\",\"mode\":\"http\","
                        "\"keepalive\":\"default\",\"rules\":[],\"natives\":[]}");
    arena_free(&a);
    frontend_unref(f);
}

static void test_every_field(void **state)
{
    struct frontend *f = given_frontend(
        "web", "{'id':'frontend/web','_type':'frontend','key':'web','name':'web',"
               "'bind':'10.0.0.1:80,[::1]:8080','backend':'live','mode':'http',"
               "'keepalive':'server-close','rules':["
               "{'type':'path','operation':'path','value':'/a /b','backend':'a'},"
               "{'type':'path','operation':'path_beg','value':'/c','backend':'b'},"
               "{'type':'path','operation':'path_reg','value':'^/d$','backend':'c'},"
               "{'type':'url','operation':'url','value':'/e?x=1','backend':'d'},"
               "{'type':'url','operation':'url_beg','value':'/f','backend':'e'},"
               "{'type':'url','operation':'url_reg','value':'g+','backend':'f'},"
               "{'type':'header','header':'Host','operation':'hdr_dom','value':'Ex.org',"
               "'backend':'g'}],'natives':['timeout client 5s']}");

    (void)state;
    assert_int_equal(f->bind.count, 2);
    assert_int_equal(f->keepalive, KEEPALIVE_SERVER_CLOSE);
    assert_int_equal(f->rule_count, 7);
    for (unsigned i = 0; i < f->rule_count; i++) {
        assert_int_equal(f->rules[i].op, i); /* the table's order */
        assert_int_equal(f->rules[i].backend.p[0], 'a' + (int)i);
    }
    assert_true(str_eq(f->rules[0].value, STR("/a /b")));
    assert_true(str_eq(f->rules[6].header, STR("host"))); /* compared without case */
    assert_true(str_eq(f->rules[6].value, STR("Ex.org")));
    assert_int_equal(f->natives.count, 1);
    frontend_unref(f);
}

static void test_names_of_the_words(void **state)
{
    (void)state;
    assert_string_equal(rule_op_name(RULE_URL_BEG), "url_beg");
    assert_string_equal(rule_op_type(RULE_URL_BEG), "url");
    assert_string_equal(rule_op_type(RULE_HDR_DOM), "header");
    assert_string_equal(keepalive_name(KEEPALIVE_CLOSE), "close");
    assert_string_equal(mode_name(MODE_TCP), "tcp");
}

static void test_null_is_absent(void **state)
{
    struct frontend *f = given_frontend("web", "{'id':null,'key':null,'bind':'*:80','backend':"
                                               "'live','mode':null,'keepalive':null,'rules':null,"
                                               "'natives':null}");
    struct frontend *same = given_frontend("web", SHORT);

    (void)state;
    assert_true(frontend_equal(f, same));
    frontend_unref(f);
    frontend_unref(same);
}

static void test_empty_rule_value_is_stored(void **state)
{
    struct frontend *f = given_frontend(
        "web",
        "{'bind':'*:80','backend':'live','rules':["
        "{'operation':'path','value':'','backend':'a'},{'operation':'path','backend':'a'}]}");

    (void)state;
    assert_int_equal(f->rules[0].value.n, 0);
    assert_int_equal(f->rules[1].value.n, 0);
    frontend_unref(f);
}

#define RULE(text)                                                                                 \
    "{'bind':'*:80','backend':'live','rules':[{'operation':'path','value':'/',"                    \
    "'backend':'a'}," text "]}"

static const struct refusal_case refusals[] = {
    {"{'backend':'live'}", "bind", "required"},
    {"{'bind':'  ','backend':'live'}", "bind", "required"},
    {"{'bind':'*:80'}", "backend", "required"},
    {"{'bind':'*:80','backend':''}", "backend", "required"},
    {"{'bind':['*:80'],'backend':'live'}", "bind", "a string wanted, this is an array"},
    {"{'bind':'*:80','backend':'li ve'}", "backend", "allowed in a name"},
    {"{'bind':'*:80','backend':7}", "backend", "a string wanted"},
    {"{'bind':'*:80','backend':'live','mode':'tpc'}", "mode", "none of http, tcp"},
    {"{'bind':'*:80','backend':'live','mode':1}", "mode", "a string wanted"},
    {"{'bind':'*:80','backend':'live','keepalive':'on'}", "keepalive",
     "none of default, close, server-close"},
    {"{'bind':'*:80','backend':'live','colour':'red'}", "colour", "unknown field \"colour\""},
    {"{'bind':'*:80','backend':'live','id':'frontend/api'}", "id", "agree with the path"},
    {"{'bind':'*:80','backend':'live','_type':'backend'}", "_type", "agree with the path"},
    {"{'bind':'*:80','backend':'live','key':'api'}", "key", "agree with the path"},
    {"{'bind':'*:80','backend':'live','name':'api'}", "name", "agree with the path"},
    {"{'bind':'*:80','backend':'live','name':3}", "name", "agree with the path"},
    {"{'bind':'*:80','backend':'live','rules':{}}", "rules", "a list wanted"},
    {"{'bind':'*:80','backend':'live','natives':{}}", "natives", "a list of strings wanted"},
    {"{'bind':'*:80','backend':'live','natives':['option x',5]}", "natives[1]", "a string wanted"},
    {"{'bind':'*:80','backend':'live','natives':['a\\nb']}", "natives[0]", "control characters"},
    {"{'bind':'*:80\\u0000','backend':'live'}", "bind", "control characters"},
    {"[]", "", "an object wanted, this is an array"},
    {"'text'", "", "an object wanted"},
    {"{'bind':'*:80','backend':'live','mode':'tcp','rules':[{'operation':'path','value':'/',"
     "'backend':'a'}]}",
     "rules", "takes no rules"},
    {RULE("7"), "rules[1]", "an object wanted"},
    {RULE("{'value':'/','backend':'a'}"), "rules[1].operation", "required"},
    {RULE("{'operation':'path_end','value':'/','backend':'a'}"), "rules[1].operation",
     "none of path, path_beg"},
    {RULE("{'operation':'path','type':'url','value':'/','backend':'a'}"), "rules[1].type",
     "operation path is of type path"},
    {RULE("{'operation':'path','header':'host','value':'/','backend':'a'}"), "rules[1].header",
     "only rules of type header"},
    {RULE("{'operation':'hdr_dom','value':'x','backend':'a'}"), "rules[1].header",
     "must not be empty"},
    {RULE("{'operation':'hdr_dom','header':'a b','value':'x','backend':'a'}"), "rules[1].header",
     "allowed in a name"},
    {RULE("{'operation':'path','value':'-i /x','backend':'a'}"), "rules[1].value", "\"-i\""},
    {RULE("{'operation':'path','value':' -f /etc/passwd','backend':'a'}"), "rules[1].value",
     "\"-f\""},
    {RULE("{'operation':'path','value':'/\\r','backend':'a'}"), "rules[1].value",
     "control characters"},
    {RULE("{'operation':'path','value':'/'}"), "rules[1].backend", "must not be empty"},
    {RULE("{'operation':'path','value':'/','backend':'a/b'}"), "rules[1].backend",
     "allowed in a name"},
    {RULE("{'operation':'path','value':'/','backend':'a','then':1}"), "rules[1].then", "unknown"},
    {0}};

static void test_refusals_name_the_field(void **state)
{
    (void)state;
    refusals_frontend(refusals);
}

static void test_names(void **state)
{
    char name[LIMIT_NAME + 2];

    (void)state;
    memset(name, 'n', sizeof name);
    name[LIMIT_NAME + 1] = 0;
    refuse_frontend(name, SHORT, "name", "longer than 128");
    name[LIMIT_NAME] = 0;
    frontend_unref(given_frontend(name, SHORT));
    frontend_unref(given_frontend("a.B_9:-z", SHORT));
    refuse_frontend("", SHORT, "name", "must not be empty");
    refuse_frontend("a b", SHORT, "name", "allowed in a name");
    refuse_frontend("a/b", SHORT, "name", "allowed in a name");
    refuse_frontend("thalassa.web", SHORT, "name", "reserved");
    frontend_unref(given_frontend("thalassa", SHORT));
}

static void test_limits(void **state)
{
    struct arena a = ARENA_INIT;
    const char *open = "{'bind':'*:80','backend':'live','rules':[";
    const char *rule = "{'operation':'path','backend':'b'}";
    const char *natives = "{'bind':'*:80','backend':'live','natives':[";
    char value[LIMIT_VALUE + 2], *text = arena_alloc(&a, LIMIT_VALUE + 200);

    (void)state;
    frontend_unref(given_frontend("web", given_many(&a, open, rule, LIMIT_RULES, "]}")));
    refuse_frontend("web", given_many(&a, open, rule, LIMIT_RULES + 1, "]}"), "rules",
                    "more than 10000");
    frontend_unref(given_frontend("web", given_many(&a, natives, "'a'", LIMIT_NATIVES, "]}")));
    refuse_frontend("web", given_many(&a, natives, "'a'", LIMIT_NATIVES + 1, "]}"), "natives",
                    "more than 1000");
    memset(value, 'v', sizeof value);
    value[LIMIT_VALUE] = 0;
    (void)snprintf(text, LIMIT_VALUE + 200, "%s'%s']}", natives, value);
    frontend_unref(given_frontend("web", text));
    value[LIMIT_VALUE] = 'v';
    value[LIMIT_VALUE + 1] = 0;
    (void)snprintf(text, LIMIT_VALUE + 200, "%s'%s']}", natives, value);
    refuse_frontend("web", text, "natives[0]", "longer than 4096");
    arena_free(&a);
}

static const char *const samples[] = {
    SHORT,
    "{'bind':' 10.0.0.1:80 , ,*:8080 ssl crt /x.pem alpn h2,http/1.1 ','backend':'live'}",
    "{'bind':'*:25','backend':'mail','mode':'tcp','natives':['  tcp-request inspect-delay 1s ']}",
    "{'bind':'/run/web.sock','backend':'live','keepalive':'close','natives':['','# x']}",
    RULE("{'operation':'hdr_dom','header':'X-Tenant','value':'Blue \\u00e9','backend':'a'}"),
    NULL};

static void test_what_is_shown_can_be_put_back(void **state)
{
    (void)state;
    for (size_t i = 0; samples[i]; i++) {
        struct arena a = ARENA_INIT;
        struct frontend *f = given_frontend("web", samples[i]), *again;
        struct str text = given_frontend_text(&a, f);

        again = given_frontend("web", text.p);
        assert_true(frontend_equal(f, again));
        assert_string_equal(given_frontend_text(&a, again).p, text.p);
        frontend_unref(f);
        frontend_unref(again);
        arena_free(&a);
    }
}

static void test_each_field_makes_a_difference(void **state)
{
    static const char *const others[] = {
        "{'bind':'*:81','backend':'live'}",
        "{'bind':'*:80,*:81','backend':'live'}",
        "{'bind':'*:80 transparent','backend':'live'}",
        "{'bind':'*:80','backend':'other'}",
        "{'bind':'*:80','backend':'live','mode':'tcp'}",
        "{'bind':'*:80','backend':'live','keepalive':'close'}",
        "{'bind':'*:80','backend':'live','natives':['option x']}",
        "{'bind':'*:80','backend':'live','rules':[{'operation':'path','backend':'a'}]}"};
    struct frontend *f = given_frontend("web", SHORT);

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct frontend *other = given_frontend("web", others[i]);
        assert_false(frontend_equal(f, other));
        frontend_unref(other);
    }
    frontend_unref(f);
}

static void test_references_are_counted(void **state)
{
    struct frontend *f = given_frontend("web", SHORT);

    (void)state;
    assert_ptr_equal(frontend_ref(f), f);
    assert_int_equal(f->refs, 2);
    frontend_unref(f);
    assert_true(str_eq(f->name, STR("web")));
    frontend_unref(f);
    frontend_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_names_of_the_words),
        cmocka_unit_test(test_null_is_absent),
        cmocka_unit_test(test_empty_rule_value_is_stored),
        cmocka_unit_test(test_refusals_name_the_field),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_what_is_shown_can_be_put_back),
        cmocka_unit_test(test_each_field_makes_a_difference),
        cmocka_unit_test(test_references_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
