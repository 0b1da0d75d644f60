/* SPDX-License-Identifier: Apache-2.0 */
/* What templates give. tests/template compares far more of them with handlebars.js and the Mustache
 * specification; here is what neither of the two has, and one case of everything else. */
#include "template_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct template_env plain = {.helpers = template_case_helpers,
                                          .partial = template_case_find};
static const struct template_env around = {.helpers = template_case_helpers, .look_around = true};
static const struct template_env strict = {.helpers = template_case_helpers,
                                           .escape = template_escape_haproxy,
                                           .strict = true,
                                           .refuse_control = true};

static void test_values(void **state)
{
    static const struct template_case cases[] = {
        {.text = "a{{x}}b{{{x}}}c{{& x}}", .data = "{\"x\":\"-\"}", .want = "a-b-c-"},
        {.text = "{{a}} {{b}} {{c}} {{d}}|",
         .data = "{\"a\":1.50,\"b\":true,\"c\":false,\"d\":null}",
         .want = "1.50 true false |"},
        {.text = "{{l.length}}{{l.0}}{{l.[1]}}{{l.7}}", .data = "{\"l\":[8,9]}", .want = "289"},
        {.text = "{{[a b].c}}{{a/c}}", .data = "{\"a b\":{\"c\":1},\"a\":{\"c\":2}}", .want = "12"},
        {.text = "\\{{x}} \\\\{{x}}", .data = "{\"x\":1}", .want = "{{x}} \\1"},
        {.text = "a {{~x~}} \n b", .data = "{\"x\":1}", .want = "a1b"},
    };

    (void)state;
    template_case_check_all(cases, COUNT(cases), &plain);
}

static void test_blocks(void **state)
{
    static const struct template_case cases[] = {
        {.text = "{{#each l}}{{@index}}{{@key}}{{@first}}{{@last}} {{/each}}",
         .data = "{\"l\":[7,8]}",
         .want = "00truefalse 11falsetrue "},
        {.text = "{{#each o}}{{@key}}={{this}}{{#unless @last}},{{/unless}}{{/each}}",
         .data = "{\"o\":{\"b\":1,\"a\":2}}",
         .want = "b=1,a=2"},
        {.text = "{{#each a}}{{#each b}}{{../n}}{{../../n}}{{@../index}} {{/each}}{{/each}}",
         .data = "{\"n\":0,\"a\":[{\"n\":1,\"b\":[0]},{\"n\":2,\"b\":[0]}]}",
         .want = "100 201 "},
        {.text = "{{#if a}}1{{else if b}}2{{else unless c}}3{{else}}4{{/if}}",
         .data = "{\"c\":0}",
         .want = "3"},
        {.text = "{{#if x}}1{{/if}}{{#with x}}2{{/with}}{{#x}}3{{/x}}",
         .data = "{\"x\":0}",
         .want = "23"},
        {.text = "{{#if x}}1{{/if}}{{#with x}}2{{/with}}{{#x}}3{{/x}}",
         .data = "{\"x\":\"\"}",
         .want = "3"},
        {.text = "{{^x}}a{{else}}b{{/x}}{{^if x}}c{{/if}}", .data = "{\"x\":[]}", .want = "ac"},
        {.text = "{{#each no}}x{{else}}none{{/each}}", .data = "{}", .want = "none"},
        {.text = "{{#with a}}{{@root.n}}{{#with this}}{{../n}}{{/with}}{{/with}}",
         .data = "{\"n\":1,\"a\":{}}",
         .want = "11"},
    };

    (void)state;
    template_case_check_all(cases, COUNT(cases), &plain);
}

static void test_names_are_looked_for_around_only_if_asked(void **state)
{
    static const char text[] = "{{#a}}{{n}}{{this.n}}{{b.n}}{{/a}}";
    static const char data[] = "{\"n\":1,\"a\":{\"b\":{}}}";

    (void)state;
    template_case_check(&(struct template_case){.text = text, .data = data, .want = ""}, &plain);
    template_case_check(&(struct template_case){.text = text, .data = data, .want = "1"}, &around);
}

static void test_helpers_get_arguments_hash_and_context(void **state)
{
    static const struct template_case cases[] = {
        {.text = "{{join x \"a b\" 'c\\'d' -1.5 true null y sep=\"/\"}}",
         .data = "{\"x\":1}",
         .want = "1/a b/c'd/-1.5/true/null/null"},
        {.text = "{{join x x sep=s}}", .data = "{\"x\":1,\"s\":\"+\"}", .want = "1+1"},
        {.text = "{{#a}}{{where}}{{/a}}", .data = "{\"a\":[1]}", .want = "a number in an object"},
        {.text = "{{join}}{{this.join}}", .data = "{\"join\":\"data\"}", .want = "data"},
        {.text = "{{#each l}}{{join @index ../x}} {{/each}}",
         .data = "{\"x\":1,\"l\":[0,0]}",
         .want = "01 11 "},
    };

    (void)state;
    template_case_check_all(cases, COUNT(cases), &plain);
}

static void test_lines_of_partials_and_helpers_are_indented(void **state)
{
    static const struct template_case cases[] = {
        {.text = "x\n  {{> two}}\ny", .want = "x\n  one\n  two\ny"},
        {.text = "x {{> two}}y", .want = "x one\ntwo\ny"},
        {.text = "  {{> outer}}\n", .want = "  a\n     one\n     two\n  b\n"},
        {.text = "  {{> many}}\n", .want = "  line 1\n  line 2\n"},
        {.text = "  {{> value}}\n", .data = "{\"v\":\"1\\n2\"}", .want = "  1\n2\n  -\n"},
        {.text = "{{#l}}\n  {{> two .}}\n{{/l}}\n",
         .data = "{\"l\":[0]}",
         .want = "  one\n  two\n"},
        {.text = "{{> none}}{{> two}}", .want = "one\ntwo\n"},
        {.text = "   {{> silent}}\n     {{> two}}", .want = "   x     one\n     two\n"},
    };

    (void)state;
    template_case_partial("two", "one\ntwo\n");
    template_case_partial("silent", "x{{> before}}");
    template_case_partial("before", "  {{> empty}}");
    template_case_partial("empty", "");
    template_case_partial("outer", "a\n   {{> two}}\nb\n");
    template_case_partial("many", "{{lines 2}}");
    template_case_partial("value", "{{{v}}}\n-\n");
    template_case_check_all(cases, COUNT(cases), &plain);
    template_case_reset();
}

static void test_haproxy_escape_passes_words_and_refuses_the_rest(void **state)
{
    static const struct template_case cases[] = {
        {.text = "server {{n}} {{h}}:{{p}}\n",
         .data = "{\"n\":\"web_10.0.0.1:80\",\"h\":\"[::1]\",\"p\":80}",
         .want = "server web_10.0.0.1:80 [::1]:80\n"},
        {.text = "{{name}}",
         .data = "{\"name\":\"s2\\n server evil\"}",
         .error = "t:1:1: value of 'name' refused: control character"},
        {.text = "{{x}}", .data = "{\"x\":\"a b\"}", .error = "t:1:1: value of 'x' refused: blank"},
        {.text = "{{x}}", .data = "{\"x\":\"a'b\"}", .error = "t:1:1: value of 'x' refused: quote"},
        {.text = "{{x}}",
         .data = "{\"x\":\"\\\"\"}",
         .error = "t:1:1: value of 'x' refused: quote"},
        {.text = "{{x}}", .data = "{\"x\":\"#\"}", .error = "t:1:1: value of 'x' refused: '#'"},
        {.text = "{{x}}", .data = "{\"x\":\"\\\\\"}", .error = "t:1:1: value of 'x' refused: '\\'"},
        {.text = "{{x}}",
         .data = "{\"x\":\"\\u007f\"}",
         .error = "t:1:1: value of 'x' refused: control character"},
        {.text = "\n {{join a b}}",
         .data = "{\"a\":\"x\",\"b\":\" y\"}",
         .error = "t:2:2: output of helper 'join' refused: blank"},
        {.text = "{{quote x}}|{{{join x x}}}", .data = "{\"x\":\"a b\"}", .want = "'a b'|a ba b"},
    };

    (void)state;
    template_case_check_all(cases, COUNT(cases), &strict);
}

static void test_raw_data_brings_no_control_character(void **state)
{
    static const struct template_case cases[] = {
        {.text = "{{{x}}}",
         .data = "{\"x\":\"acl a path '/x y' # z\"}",
         .want = "acl a path '/x y' # z"},
        {.text = "{{{x}}}",
         .data = "{\"x\":\"a\\nb\"}",
         .error = "t:1:1: value of 'x' refused: control character"},
        {.text = "{{& x}}",
         .data = "{\"x\":\"a\\tb\"}",
         .error = "t:1:1: value of 'x' refused: control character"},
        {.text = "{{lines 2}}{{{lines 1}}}", .want = "line 1\nline 2\nline 1\n"},
        {.text = "{{bell}}", .error = "t:1:1: output of helper 'bell' refused: control character"},
        {.text = "{{{bell}}}",
         .error = "t:1:1: output of helper 'bell' refused: control character"},
    };

    (void)state;
    template_case_check_all(cases, COUNT(cases), &strict);
    template_case_check(
        &(struct template_case){.text = "{{{x}}}", .data = "{\"x\":\"a\\nb\"}", .want = "a\nb"},
        &plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_names_are_looked_for_around_only_if_asked),
        cmocka_unit_test(test_helpers_get_arguments_hash_and_context),
        cmocka_unit_test(test_lines_of_partials_and_helpers_are_indented),
        cmocka_unit_test(test_haproxy_escape_passes_words_and_refuses_the_rest),
        cmocka_unit_test(test_raw_data_brings_no_control_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
