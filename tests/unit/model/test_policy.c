/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of the API: fields, defaults, limits, refusals that name the field, and that what is
 * shown can be put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLICY(match, rest)                                                                        \
    "{'frontend':'web','match':" match ",'action':{'backend':'staged'}" rest "}"
#define MATCH(match) POLICY(match, "")
#define ACTION(action) "{'frontend':'web','match':{},'action':" action "}"

static struct str shown(struct arena *a, const char *quoted)
{
    struct policy *p = given_policy("canary", quoted);
    struct str text = given_policy_text(a, p);

    policy_unref(p);
    return text;
}

/* The match as it is shown, with single quotes. */
static void shown_as(const char *match, const char *want)
{
    struct arena a = ARENA_INIT;
    struct str all = shown(&a, arena_printf(&a, MATCH("%s"), match).p);
    const char *from = strstr(all.p, "\"match\":") + strlen("\"match\":");
    const char *to = strstr(from, ",\"action\"");

    assert_string_equal(arena_str(&a, (struct str){from, (size_t)(to - from)}).p,
                        given_text(&a, want).p);
    arena_free(&a);
}

static void test_defaults(void **state)
{
    struct policy *p = given_policy("canary", MATCH("{}"));
    struct arena a = ARENA_INIT;

    (void)state;
    assert_true(p->enabled);
    assert_int_equal(p->priority, 100);
    assert_int_equal(p->match.part_count, 0);
    assert_string_equal(given_policy_text(&a, p).p,
                        "{\"id\":\"policy/canary\",\"_type\":\"policy\",\"key\":\"canary\","
                        "\"name\":\"canary\",\"frontend\":\"web\",\"enabled\":true,"
                        "\"priority\":100,\"match\":{},"
                        "\"action\":{\"backend\":\"staged\",\"set\":{}}}");
    arena_free(&a);
    policy_unref(p);
}

static void test_every_condition_is_shown_in_one_form(void **state)
{
    (void)state;
    shown_as("{'host':'A.Example'}", "{'host':'a.example'}");
    shown_as("{'host':{'in':['B.example','a.example','b.example']}}",
             "{'host':{'in':['a.example','b.example']}}");
    shown_as("{'host':{'suffix':'.A'}}", "{'host':{'suffix':'.a'}}");
    shown_as("{'host':{'regex':'^A'}}", "{'host':{'regex':'^A'}}");
    shown_as("{'path':{'equals':'/A'}}", "{'path':'/A'}");
    shown_as("{'path':{'in':'/a'}}", "{'path':{'in':['/a']}}");
    shown_as("{'method':'GET'}", "{'method':['GET']}");
    shown_as("{'method':['PUT','GET','PUT']}", "{'method':['GET','PUT']}");
    shown_as("{'header':{'X-B':{'present':true},'X-A':'v'}}",
             "{'header':{'x-a':'v','x-b':{'present':true}}}");
    shown_as("{'cookie':{'b':'1','B':{'absent':true}}}",
             "{'cookie':{'B':{'absent':true},'b':'1'}}");
    shown_as("{'query':{'a b':{'contains':'x'}}}", "{'query':{'a b':{'contains':'x'}}}");
    shown_as("{'src':['::1','10.1.2.3/8','10.0.0.0/8']}", "{'src':['10.0.0.0/8','::1']}");
    shown_as("{'percent':{'share':'500'}}", "{'percent':{'share':500,'by':'src'}}");
    shown_as("{'percent':{'by':'header:X-U','share':1}}",
             "{'percent':{'share':1,'by':'header:x-u'}}");
    shown_as("{'percent':{'share':1,'by':'cookie:U'}}", "{'percent':{'share':1,'by':'cookie:U'}}");
    shown_as("{'not':{'path':'/a'},'any':[{'path':'/b'},{}],'host':'h'}",
             "{'host':'h','any':[{'path':'/b'},{}],'not':{'path':'/a'}}");
    shown_as("{'host':null,'any':null}", "{}");
    shown_as("{'header':{'x':''}}", "{'header':{'x':''}}");
}

static const struct refusal_case refusals[] = {
    {"[]", "", "an object wanted"},
    {"{'match':{},'action':{'backend':'b'}}", "frontend", "required"},
    {"{'frontend':'a b','match':{},'action':{'backend':'b'}}", "frontend", "allowed in a name"},
    {"{'frontend':'web','action':{'backend':'b'}}", "match", "required"},
    {"{'frontend':'web','match':{}}", "action", "required"},
    {POLICY("{}", ",'priority':-1"), "priority", "not a whole number"},
    {POLICY("{}", ",'priority':1000001"), "priority", "not within 0 and 1000000"},
    {POLICY("{}", ",'enabled':1"), "enabled", "true or false"},
    {POLICY("{}", ",'weight':1"), "weight", "unknown field"},
    {POLICY("{}", ",'name':'other'"), "name", "agree with the path"},
    {MATCH("[]"), "match", "an object wanted"},
    {MATCH("{'all':{}}"), "match.all", "unknown field"},
    {MATCH("{'host':'a','host':'b'}"), "match.host", "given twice"},
    {MATCH("{'host':7}"), "match.host", "a string or an object wanted"},
    {MATCH("{'host':{}}"), "match.host", "one comparison wanted, these are 0"},
    {MATCH("{'host':{'equals':'a','prefix':'b'}}"), "match.host", "these are 2"},
    {MATCH("{'host':{'is':'a'}}"), "match.host.is", "unknown field"},
    {MATCH("{'host':{'equals':null}}"), "match.host.equals", "must not be null"},
    {MATCH("{'host':'a.example:80'}"), "match.host.equals", "without its port"},
    {MATCH("{'host':{'in':['a','b:80']}}"), "match.host.in[1]", "without its port"},
    {MATCH("{'host':{'suffix':'example:80'}}"), "match.host.suffix", "without its port"},
    {MATCH("{'path':{'prefix':''}}"), "match.path.prefix", "must not be empty"},
    {MATCH("{'path':{'in':[]}}"), "match.path.in", "must not be empty"},
    {MATCH("{'path':{'in':[1]}}"), "match.path.in[0]", "a string wanted"},
    {MATCH("{'path':{'present':false}}"), "match.path.present", "only true"},
    {MATCH("{'path':{'absent':'yes'}}"), "match.path.absent", "true or false wanted"},
    {MATCH("{'path':'a\\nb'}"), "match.path.equals", "control characters"},
    {MATCH("{'method':[]}"), "match.method", "must not be empty"},
    {MATCH("{'method':['GET','a b']}"), "match.method[1]", "cannot have the name"},
    {MATCH("{'header':'x'}"), "match.header", "an object wanted"},
    {MATCH("{'header':{}}"), "match.header", "must not be empty"},
    {MATCH("{'header':{'':'a'}}"), "match.header", "name must not be empty"},
    {MATCH("{'header':{'a b':'a'}}"), "match.header", "cannot have the name"},
    {MATCH("{'header':{'X-A':'a','x-a':'b'}}"), "match.header.x-a", "given twice"},
    {MATCH("{'header':{'X-Tenant':{'regex':'a(b'}}}"), "match.header.x-tenant.regex",
     "missing closing parenthesis at 3"},
    {MATCH("{'header':{'a':{'regex':'\\\\C'}}}"), "match.header.a.regex", "\\C is disabled"},
    {MATCH("{'cookie':{'a=b':'a'}}"), "match.cookie", "cannot have the name"},
    {MATCH("{'query':{'':'a'}}"), "match.query", "name must not be empty"},
    {MATCH("{'src':[]}"), "match.src", "must not be empty"},
    {MATCH("{'src':['10.0.0.1','10.0.0.0/33']}"), "match.src[1]", "no network: \"10.0.0.0/33\""},
    {MATCH("{'src':7}"), "match.src", "a list of strings wanted"},
    {MATCH("{'percent':5}"), "match.percent", "an object wanted"},
    {MATCH("{'percent':{}}"), "match.percent.share", "required"},
    {MATCH("{'percent':{'share':10001}}"), "match.percent.share", "not within 0 and 10000"},
    {MATCH("{'percent':{'share':1,'by':'user'}}"), "match.percent.by", "none of src"},
    {MATCH("{'percent':{'share':1,'by':'cookie'}}"), "match.percent.by", "none of src"},
    {MATCH("{'percent':{'share':1,'by':'src:1'}}"), "match.percent.by", "none of src"},
    {MATCH("{'percent':{'share':1,'by':'cookie:'}}"), "match.percent.by", "must not be empty"},
    {MATCH("{'any':{}}"), "match.any", "a list wanted"},
    {MATCH("{'any':[]}"), "match.any", "1 to 256 elements"},
    {MATCH("{'any':[{},{'src':'x'}]}"), "match.any[1].src[0]", "no network"},
    {MATCH("{'not':{}}"), "match.not", "must not be empty"},
    {MATCH("{'not':{'not':{'path':{'regex':'['}}}}"), "match.not.not.path.regex", "missing"},
    {ACTION("{}"), "action", "a backend or variables"},
    {ACTION("'b'"), "action", "an object wanted"},
    {ACTION("{'backend':'a b'}"), "action.backend", "allowed in a name"},
    {ACTION("{'backend':'thalassa.spoe'}"), "action.backend", "reserved"},
    {ACTION("{'set':['a']}"), "action.set", "an object wanted"},
    {ACTION("{'set':{'A':'1'}}"), "action.set.A", "starts with a-z"},
    {ACTION("{'set':{'a-b':'1'}}"), "action.set.a-b", "only a-z 0-9 _"},
    {ACTION("{'set':{'done':'1'}}"), "action.set.done", "set by Thalassa itself"},
    {ACTION("{'set':{'a':''}}"), "action.set.a", "1 to 256 bytes"},
    {ACTION("{'set':{'a':1}}"), "action.set.a", "a string wanted"},
    {ACTION("{'set':{'a':'1','a':'2'}}"), "action.set.a", "given twice"},
    {0}};

static void test_refusals_name_the_field(void **state)
{
    (void)state;
    refusals_policy(refusals);
    refuse_policy("a b", MATCH("{}"), "name", "allowed in a name");
}

static const char *nested(struct arena *a, const char *open, const char *close, unsigned levels)
{
    struct str text = STR("{'path':'/'}");

    while (levels--)
        text = arena_printf(a, "%s" STR_FMT "%s", open, STR_ARG(text), close);
    return arena_printf(a, MATCH(STR_FMT), STR_ARG(text)).p;
}

static void test_limits(void **state)
{
    struct arena a = ARENA_INIT;
    char name[LIMIT_NAME + 2], text[1200];

    (void)state;
    policy_unref(given_policy("canary", nested(&a, "{'not':", "}", 8)));
    policy_unref(given_policy("canary", nested(&a, "{'any':[", "]}", 8)));
    refuse_policy("canary", nested(&a, "{'not':", "}", 9),
                  "match.not.not.not.not.not.not.not.not.not", "more than 8 levels");
    refuse_policy("canary", given_many(&a, "{'frontend':'w','match':{'any':[", "{}", 257, "]}}"),
                  "match.any", "1 to 256");
    refuse_policy("canary",
                  given_many(&a, "{'frontend':'w','match':{'any':[", "{'path':'/'}", 128, "]}}"),
                  "match.any[127].path", "more than 256 conditions");
    refuse_policy("canary", given_many(&a, "{'frontend':'w','match':{'src':[", "'::1'", 257, "]}}"),
                  "match.src", "more than 256");
    memset(name, 'n', sizeof name);
    name[LIMIT_NAME + 1] = 0;
    (void)snprintf(text, sizeof text, MATCH("{'header':{'%s':'a'}}"), name);
    refuse_policy("canary", text, "match.header", "longer than 128");
    memset(text, '(', sizeof text);
    text[1025] = 0;
    refuse_policy("canary", arena_printf(&a, MATCH("{'path':{'regex':'%s'}}"), text).p,
                  "match.path.regex", "longer than");
    text[60] = 0;
    refuse_policy("canary", arena_printf(&a, MATCH("{'path':{'regex':'%s'}}"), text).p,
                  "match.path.regex", "too deeply nested");
    refuse_policy("canary",
                  ACTION("{'set':{'a':'1','b':'1','c':'1','d':'1','e':'1','f':'1','g':'1',"
                         "'h':'1','i':'1','j':'1','k':'1','l':'1','m':'1','n':'1',"
                         "'o':'1','p':'1','q':'1'}}"),
                  "action.set", "more than 16");
    arena_free(&a);
}

static const char *const samples[] = {
    MATCH("{}"),
    POLICY("{'host':'a'}", ",'priority':0,'enabled':false"),
    MATCH("{'any':[{'header':{'a':{'regex':'^x$'},'b':{'in':['1','2']}}},{'not':{'src':'::1'}}]}"),
    MATCH("{'percent':{'share':10000,'by':'cookie:uid'},'cookie':{'a':{'suffix':'\\\\'}}}"),
    ACTION("{'set':{'variant':'b','group':'\\u00e9'}}"),
    ACTION("{'backend':'a:b.c','set':{}}"),
    NULL};

static void test_what_is_shown_can_be_put_back(void **state)
{
    (void)state;
    for (size_t i = 0; samples[i]; i++) {
        struct arena a = ARENA_INIT;
        struct policy *p = given_policy("canary", samples[i]);
        struct policy *again = given_policy("canary", given_policy_text(&a, p).p);
        assert_true(policy_equal(p, again));
        for (size_t j = 0; samples[j]; j++) {
            struct policy *other = given_policy("canary", samples[j]);
            assert_int_equal(policy_equal(p, other), i == j);
            policy_unref(other);
        }
        policy_unref(p);
        policy_unref(again);
        arena_free(&a);
    }
}

static void test_variables_are_sorted(void **state)
{
    struct policy *p = given_policy("canary", ACTION("{'set':{'z':'1','variant':'b','a':'2'}}"));

    (void)state;
    assert_int_equal(p->backend.n, 0);
    assert_int_equal(p->set_count, 3);
    assert_string_equal(p->set[0].name.p, "a");
    assert_string_equal(p->set[1].value.p, "b");
    policy_unref(policy_ref(p));
    policy_unref(p);
    policy_unref(NULL);
}

static void test_order_of_decision(void **state)
{
    struct policy *b = given_policy("b", MATCH("{}")), *a = given_policy("a", MATCH("{}"));
    struct policy *first = given_policy("z", POLICY("{}", ",'priority':1"));
    const struct policy *list[] = {b, a, first};

    (void)state;
    qsort(list, 3, sizeof *list, policy_cmp);
    assert_ptr_equal(list[0], first);
    assert_ptr_equal(list[1], a);
    assert_ptr_equal(list[2], b);
    policy_unref(a);
    policy_unref(b);
    policy_unref(first);
}

static void test_whether_a_regular_expression_is_in_it(void **state)
{
    struct policy *with = given_policy(
        "p", MATCH("{'path':'/','any':[{'path':'/'},{'not':{'cookie':{'a':{'regex':'b'}}}}]}"));
    struct policy *without = given_policy("p", MATCH("{'path':'/','not':{'path':'/'}}"));

    (void)state;
    assert_true(match_has_regex(&with->match));
    assert_false(match_has_regex(&without->match));
    policy_unref(with);
    policy_unref(without);
}

static void test_a_host_loses_its_port_only(void **state)
{
    static const char *const cases[][2] = {
        {"a.example:80", "a.example"},
        {"a.example", "a.example"},
        {"a.example:", "a.example"},
        {"[::1]:80", "[::1]"},
        {"[::1]", "[::1]"},
        {"::1", "::1"},
        {"10.0.0.1:8080", "10.0.0.1"},
        {"a:b", "a:b"},
        {"", ""},
        {":80", ""},
        {"a.example:80x", "a.example:80x"},
        {"8080", "8080"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!str_eq_z(match_host(str_z(cases[i][0])), cases[i][1]))
            fail_msg("%s is no %s", cases[i][0], cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_condition_is_shown_in_one_form),
        cmocka_unit_test(test_refusals_name_the_field),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_what_is_shown_can_be_put_back),
        cmocka_unit_test(test_variables_are_sorted),
        cmocka_unit_test(test_order_of_decision),
        cmocka_unit_test(test_whether_a_regular_expression_is_in_it),
        cmocka_unit_test(test_a_host_loses_its_port_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
