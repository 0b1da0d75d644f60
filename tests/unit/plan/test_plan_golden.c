/* SPDX-License-Identifier: Apache-2.0 */
/* Two states and the commands between them, as text: tests/golden/plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden_scene.h"

/* Weights do not grow. */
static void check(const char *file, const char *have, const char *want, unsigned sessions)
{
    golden_check(file, have, want, sessions, 0);
}

#define LIVE "{'type':'dynamic','name':'app','version':'1.0.0'}"
#define LIVE_2 "{'type':'dynamic','name':'app','version':'2.0.0'}"
#define MEMBER(n) "{'host':'10.0.0." n "','port':80}"

static void test_members_come_and_go(void **state)
{
    (void)state;
    check("tests/golden/plan/members.txt",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("2") "," MEMBER("3") "]}}",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[{'host':'10.0.0.1','port':80,'weight':7},\n"
          "  {'host':'10.0.0.2','port':80,'health':'critical'},\n"
          "  {'host':'fd00::4','port':8080}]}}",
          2);
}

static void test_switch_of_versions(void **state)
{
    (void)state;
    check("tests/golden/plan/switch.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
          "{'backends':{'live':" LIVE_2 "},'members':{'live':[" MEMBER("2") "," MEMBER("3") "]}}",
          1);
}

static void test_switch_to_a_version_without_members(void **state)
{
    (void)state;
    check("tests/golden/plan/switch-to-nobody.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}",
          "{'backends':{'live':" LIVE_2 "}}", 1);
}

static void test_sessions_that_last_are_cut(void **state)
{
    (void)state;
    check("tests/golden/plan/drain-timeout.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}", 100);
}

static void test_static_members(void **state)
{
    (void)state;
    check("tests/golden/plan/static.txt",
          "{'backends':{'db':{'type':'static','mode':'tcp','members':[\n"
          " {'host':'10.0.0.1','port':5432}]}}}",
          "{'backends':{'db':{'type':'static','mode':'tcp','members':[\n"
          " {'host':'10.0.0.1','port':5432,'weight':3},\n"
          " {'host':'10.0.0.2','port':5432,'backup':true}]}}}",
          0);
}

static void test_rules_and_default(void **state)
{
    (void)state;
    check("tests/golden/plan/rules.txt",
          "{'frontends':{'web':{'bind':'*:80','backend':'live','rules':[\n"
          " {'operation':'path_beg','value':'/api','backend':'api'}]}},\n"
          " 'backends':{'live':{'type':'static'},'api':{'type':'static','host':'a.example'}}}",
          "{'frontends':{'web':{'bind':'*:80','backend':'api','rules':[\n"
          " {'operation':'hdr_dom','header':'host','value':'old.example','backend':'live'},\n"
          " {'operation':'path_beg','value':'/api /v2;x','backend':'live'}]}},\n"
          " 'backends':{'live':{'type':'static'},'api':{'type':'static','host':'b.example'}}}",
          0);
}

static void test_options_of_servers(void **state)
{
    (void)state;
    check("tests/golden/plan/options.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}",
          "{'backends':{'live':{'type':'dynamic','name':'app','version':'1.0.0',\n"
          " 'health':{'interval':500}}},'members':{'live':[" MEMBER("1") "]}}",
          0);
}

static void test_options_one_after_the_other(void **state)
{
    (void)state;
    check("tests/golden/plan/options-in-turn.txt",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("2") "," MEMBER("3") "]}}",
          "{'backends':{'live':{'type':'dynamic','name':'app','version':'1.0.0',\n"
          " 'server':['maxconn 100']}},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("2") "," MEMBER("3") "]}}",
          1);
}

static void test_sticky_members_get_their_cookie(void **state)
{
    (void)state;
    check("tests/golden/plan/sticky.txt",
          "{'backends':{'live':{'type':'dynamic','name':'app','version':'1.0.0','cookie':'SRV'}},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
          "{'backends':{'live':{'type':'dynamic','name':'app','version':'1.0.0','cookie':'SRV'}},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER("3") "]}}",
          100);
}

static void test_a_switch_with_growing_weights(void **state)
{
    (void)state;
    golden_check(
        "tests/golden/plan/warmup.txt",
        "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
        "{'backends':{'live':" LIVE_2 "},'members':{'live':[" MEMBER("2") "," MEMBER("3") "]}}", 1,
        1000);
}

/* The last that serves, too, and at once; taken back, the registry decides. */
static void test_words_of_the_operator(void **state)
{
    (void)state;
    check("tests/golden/plan/overrides.txt",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER(
              "2") ",\n"
                   "  {'host':'10.0.0.3','port':80,'health':'critical'}," MEMBER(
                       "4") "]},\n"
                            " 'overrides':{'live':[{'member':'10.0.0.4:80','state':'drain'}]}}",
          "{'backends':{'live':" LIVE "},\n"
          " 'members':{'live':[" MEMBER("1") "," MEMBER(
              "2") ",\n"
                   "  {'host':'10.0.0.3','port':80,'health':'critical'}," MEMBER(
                       "4") "]},\n"
                            " 'overrides':{'live':[{'member':'10.0.0.1:80','state':'maint'},\n"
                            "  {'member':'10.0.0.2:80','state':'drain','weight':9},\n"
                            "  {'member':'10.0.0.3:80','state':'ready'}]}}",
          2);
}

/* Those of the new version come as the operator wants them, and only the others follow. */
static void test_switch_to_members_with_words(void **state)
{
    (void)state;
    check("tests/golden/plan/overrides-switch.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "," MEMBER("2") "]}}",
          "{'backends':{'live':" LIVE_2 "},\n"
          " 'members':{'live':[" MEMBER("3") "," MEMBER("4") "," MEMBER(
              "5") "]},\n"
                   " 'overrides':{'live':[{'member':'10.0.0.3:80','state':'maint'},\n"
                   "  {'member':'10.0.0.4:80','state':'drain'}]}}",
          1);
}

static void test_switch_to_members_in_maintenance_waits(void **state)
{
    (void)state;
    check("tests/golden/plan/overrides-switch-to-nobody.txt",
          "{'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}",
          "{'backends':{'live':" LIVE_2 "},'members':{'live':[" MEMBER(
              "2") "]},\n"
                   " 'overrides':{'live':[{'member':'10.0.0.2:80','state':'maint'}]}}",
          1);
}

static void test_nothing_changed(void **state)
{
    const char *both = "{'frontends':{'web':{'bind':'*:80','backend':'live','rules':[\n"
                       " {'operation':'path','value':'/a','backend':'live'}]}},\n"
                       " 'backends':{'live':" LIVE "},'members':{'live':[" MEMBER("1") "]}}";

    (void)state;
    check("tests/golden/plan/nothing.txt", both, both, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_come_and_go),
        cmocka_unit_test(test_switch_of_versions),
        cmocka_unit_test(test_switch_to_a_version_without_members),
        cmocka_unit_test(test_sessions_that_last_are_cut),
        cmocka_unit_test(test_static_members),
        cmocka_unit_test(test_rules_and_default),
        cmocka_unit_test(test_options_of_servers),
        cmocka_unit_test(test_options_one_after_the_other),
        cmocka_unit_test(test_sticky_members_get_their_cookie),
        cmocka_unit_test(test_a_switch_with_growing_weights),
        cmocka_unit_test(test_words_of_the_operator),
        cmocka_unit_test(test_switch_to_members_with_words),
        cmocka_unit_test(test_switch_to_members_in_maintenance_waits),
        cmocka_unit_test(test_nothing_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
