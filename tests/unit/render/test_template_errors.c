/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of the template engine, with the place it names. */
#include "template_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct template_env strict = {
    .helpers = template_case_helpers, .partial = template_case_find, .strict = true};
static const struct template_env lax = {.helpers = template_case_helpers,
                                        .partial = template_case_find};

static void test_blocks_that_do_not_match(void **state)
{
    static const struct template_case cases[] = {
        {.name = "bad.tmpl",
         .text = "a\n{{#frontends}}\nb\n",
         .error = "bad.tmpl:2:1: block {{#frontends}} is never closed"},
        {.text = "a {{^x}}{{#if y}}{{/if}}", .error = "t:1:3: block {{^x}} is never closed"},
        {.text = "{{#each a}}{{#if b}}x", .error = "t:1:12: block {{#if}} is never closed"},
        {.text = "{{#if a}}{{else if b}}x", .error = "t:1:1: block {{#if}} is never closed"},
        {.text = "x\n{{#if a}}\n  {{/each}}",
         .error = "t:3:3: {{/each}} closes {{#if}} opened at line 2"},
        {.text = "{{#a}}\n{{/b}}", .error = "t:2:1: {{/b}} closes {{#a}} opened at line 1"},
        {.text = "{{^a}}{{/b}}", .error = "t:1:7: {{/b}} closes {{^a}} opened at line 1"},
        {.text = "x{{/if}}", .error = "t:1:2: {{/if}} closes nothing"},
        {.text = "{{else}}", .error = "t:1:1: {{else}} outside of a block"},
        {.text = "{{^}}", .error = "t:1:1: {{else}} outside of a block"},
        {.text = "{{#a}}{{else}}\n{{else}}{{/a}}",
         .error = "t:2:1: second {{else}} in {{#a}} opened at line 1"},
    };

    (void)state;
    template_case_check_all(cases, COUNT(cases), &lax);
}

static void test_tags_that_cannot_be_read(void **state)
{
    static const struct template_case cases[] = {
        {.text = "a\n b{{x", .error = "t:2:3: tag is never closed"},
        {.text = "{{{x}}", .error = "t:1:1: tag is never closed"},
        {.text = "{{!-- x }}", .error = "t:1:1: tag is never closed"},
        {.text = "{{join \"x}}", .error = "t:1:1: tag is never closed"},
        {.text = "{{=| =}}", .error = "t:1:1: two delimiters of at most 16 bytes are expected"},
        {.text = "{{=a= b=}}", .error = "t:1:1: two delimiters of at most 16 bytes are expected"},
        {.text = "{{=<12345678901234567 > =}}",
         .error = "t:1:1: two delimiters of at most 16 bytes are expected"},
        {.text = "{{}}", .error = "t:1:1: a name is expected"},
        {.text = "{{a..b}}", .error = "t:1:1: '.' inside a path"},
        {.text = "{{a.}}", .error = "t:1:1: a name is expected"},
        {.text = "{{a.this}}", .error = "t:1:1: 'this' inside a path"},
        {.text = "{{a/../b}}", .error = "t:1:1: '..' inside a path"},
        {.text = "{{[a}}", .error = "t:1:1: '[' is never closed"},
        {.text = "{{@this}}", .error = "t:1:1: '@this' names nothing"},
        {.text = "{{a*}}", .error = "t:1:1: a name is expected instead of '*'"},
        {.text = "{{\"a\"}}", .error = "t:1:1: a name is expected instead of '\"'"},
        {.text = "{{join \"a\"b}}", .error = "t:1:1: a name is expected instead of 'b'"},
        {.text = "{{join a=1 b}}", .error = "t:1:1: a value without a name behind 'a='"},
        {.text = "{{join 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17}}",
         .error = "t:1:1: more than 16 arguments"},
        {.text = "{{> }}", .error = "t:1:1: {{>}} names no partial"},
        {.text = "{{#if}}{{/if}}", .error = "t:1:1: {{#if}} takes one value"},
        {.text = "{{#each a b}}{{/each}}", .error = "t:1:1: {{#each}} takes one value"},
        {.text = "{{#unless a=1}}{{/unless}}", .error = "t:1:1: {{#unless}} takes one value"},
    };

    (void)state;
    template_case_check_all(cases, COUNT(cases), &lax);
}

static void test_parts_of_handlebars_that_are_not_there(void **state)
{
    static const struct template_case cases[] = {
        {.text = "{{join (join a) b}}", .error = "t:1:1: sub-expressions are not supported"},
        {.text = "{{> (x) }}", .error = "t:1:1: sub-expressions are not supported"},
        {.text = "{{#each a as |x i|}}{{/each}}",
         .error = "t:1:1: block parameters are not supported"},
        {.text = "{{#> layout}}{{/layout}}", .error = "t:1:1: partial blocks are not supported"},
        {.text = "{{#*inline \"x\"}}{{/inline}}",
         .error = "t:1:1: a name is expected instead of '*'"},
        {.text = "{{#list a}}{{/list}}", .error = "t:1:1: unknown block helper 'list'"},
        {.text = "{{> p x=1}}", .error = "t:1:1: {{>p}} takes one context and no name=value"},
        {.text = "{{> p a b}}", .error = "t:1:1: {{>p}} takes one context and no name=value"},
        {.text = "{{{{raw}}}}", .error = "t:1:1: a name is expected instead of '{'"},
    };

    (void)state;
    template_case_check_all(cases, COUNT(cases), &lax);
}

static void test_unknown_names_are_errors_if_strict(void **state)
{
    static const struct template_case cases[] = {
        {.text = "a\n  {{nosuch}}", .error = "t:2:3: unknown name 'nosuch'"},
        {.text = "{{a.b.c}}", .data = "{\"a\":{}}", .error = "t:1:1: unknown name 'a.b.c'"},
        {.text = "{{../x}}", .error = "t:1:1: unknown name '../x'"},
        {.text = "{{@index}}", .error = "t:1:1: unknown name '@index'"},
        {.text = "{{#each nosuch}}{{/each}}", .error = "t:1:1: unknown name 'nosuch'"},
        {.text = "{{join nosuch}}", .error = "t:1:1: unknown name 'nosuch'"},
        {.text = "{{> part nosuch}}", .error = "t:1:1: unknown name 'nosuch'"},
        {.text = "{{> nosuch}}", .error = "t:1:1: unknown partial 'nosuch'"},
        {.text = "x {{> part}}", .error = "part:2:2: unknown name 'deep'"},
        {.text = "{{#a}}{{b}}{{/a}}",
         .data = "{\"b\":1,\"a\":{}}",
         .error = "t:1:7: unknown name 'b'"},
        {.text = "{{#if a}}1{{/if}}{{#a}}2{{/a}}{{^a}}3{{/a}}{{#with a}}4{{/with}}{{n}}.",
         .data = "{\"n\":null}",
         .want = "3."},
    };

    (void)state;
    template_case_partial("part", "\n {{deep}}");
    template_case_check_all(cases, COUNT(cases), &strict);
    template_case_check(&(struct template_case){.text = "{{nosuch}}{{> nosuch}}.", .want = "."},
                        &lax);
    template_case_reset();
}

static void test_values_and_helpers_that_fail(void **state)
{
    static const struct template_case cases[] = {
        {.text = "{{foo bar}}", .error = "t:1:1: unknown helper 'foo'"},
        {.text = "{{foo x=1}}", .error = "t:1:1: unknown helper 'foo'"},
        {.text = "{{this.join 1}}", .error = "t:1:1: unknown helper 'this.join'"},
        {.text = "{{a}}", .data = "{\"a\":[1]}", .error = "t:1:1: 'a' is an array, not a text"},
        {.text = "{{{this}}}", .data = "{}", .error = "t:1:1: 'this' is an object, not a text"},
        {.text = "x\n{{fail}}", .error = "t:2:1: helper 'fail': no luck"},
    };
    struct template *t;
    struct buf out;
    struct err e;

    (void)state;
    template_case_check_all(cases, COUNT(cases), &lax);
    buf_init(&out, 100);
    assert_int_equal(template_parse("t", STR("{{fail}}"), &t, &e), 0);
    assert_int_equal(template_render(t, &lax, &(struct json){.type = JSON_NULL}, &out, &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_int_equal(template_render(t, &lax, &(struct json){.type = JSON_NULL}, &out, NULL), -1);
    template_free(t);
    buf_free(&out);
}

static void test_messages_stay_one_line_and_short(void **state)
{
    static const char want[] = "t:1:1: unknown name '[?\?xx";
    char text[400] = "{{[\x01\n";
    struct template *t = NULL;
    struct err e;
    struct buf out;

    (void)state;
    memset(text + 5, 'x', 300);
    memcpy(text + 305, "]}}", sizeof "]}}");
    buf_init(&out, 100);
    assert_int_equal(template_parse("t", str_z(text), &t, &e), 0);
    assert_int_equal(template_render(t, &strict, &(struct json){.type = JSON_NULL}, &out, &e), -1);
    assert_memory_equal(e.text, want, strlen(want));
    assert_true(strlen(e.text) == strlen("t:1:1: unknown name ''") + 80);
    template_free(t);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_that_do_not_match),
        cmocka_unit_test(test_tags_that_cannot_be_read),
        cmocka_unit_test(test_parts_of_handlebars_that_are_not_there),
        cmocka_unit_test(test_unknown_names_are_errors_if_strict),
        cmocka_unit_test(test_values_and_helpers_that_fail),
        cmocka_unit_test(test_messages_stay_one_line_and_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
