/* SPDX-License-Identifier: Apache-2.0 */
/* What a template must not be able to do, however it is written; and how long a large one takes. */
#include "template_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

enum { BACKENDS = 1000, SERVERS = 50 };

static const struct template_env plain = {.partial = template_case_find};

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* `text` n times. */
static struct str repeated(struct buf *b, const char *text, int n)
{
    for (int i = 0; i < n; i++)
        buf_add_z(b, text);
    return buf_str(b);
}

static void test_nesting_is_bounded(void **state)
{
    struct buf b;
    struct template *t;
    struct err e;

    (void)state;
    buf_init(&b, 1024 * 1024);
    repeated(&b, "{{#a}}", TEMPLATE_MAX_NESTING);
    repeated(&b, "{{/a}}", TEMPLATE_MAX_NESTING);
    assert_int_equal(template_parse("t", buf_str(&b), &t, &e), 0);
    template_free(t);
    buf_reset(&b);
    repeated(&b, "{{#a}}", 50000);
    assert_int_equal(template_parse("t", buf_str(&b), &t, &e), -1);
    assert_string_equal(e.text, "t:1:601: more than 100 blocks inside each other");
    buf_reset(&b);
    buf_add_z(&b, "{{#if a}}");
    repeated(&b, "{{else if a}}", 5000);
    assert_int_equal(template_parse("t", buf_str(&b), &t, &e), -1);
    assert_non_null(strstr(e.text, "more than 100 blocks inside each other"));
    buf_free(&b);
}

static void test_a_partial_that_includes_itself_ends(void **state)
{
    static const struct template_case cases[] = {
        {.text = "{{> self}}",
         .error = "self:1:2: more than 200 blocks and partials inside each other"},
        {.text = "{{> wide}}",
         .error = "wide:1:1: more than 200 blocks and partials inside each other"},
        {.text = "{{> deep}}", .error = "deep:2:31: partials are indented by too many blanks"},
    };

    (void)state;
    template_case_partial("self", "x{{> self}}");
    template_case_partial("wide", "{{> wide}}{{> wide}}");
    template_case_partial("deep", "x\n                              {{> deep}}\n");
    template_case_check_all(cases, sizeof cases / sizeof *cases, &plain);
    template_case_reset();
}

static void test_steps_are_bounded(void **state)
{
    static const struct template_env few = {
        .partial = template_case_find, .look_around = true, .max_steps = 100000};
    struct template_case c = {.data = "{\"l\":[0,1,2,3,4,5,6,7,8,9]}",
                              .error = "t:1:115: the template takes too many steps"};
    struct buf text;

    (void)state;
    buf_init(&text, 100000);
    repeated(&text, "{{#l}}", 20); /* 10^20 empty rounds */
    repeated(&text, "{{/l}}", 20);
    c.text = text.p;
    template_case_check(&c, &few);
    template_case_partial("tree", "{{#if d}}{{> tree d}}{{> tree d}}{{/if}}"); /* 2^30 calls */
    buf_reset(&text);
    repeated(&text, "{\"d\":", 30);
    buf_add_z(&text, "0");
    repeated(&text, "}", 30);
    c = (struct template_case){.text = "{{> tree}}",
                               .data = text.p,
                               .error = "tree:1:22: the template takes too many steps"};
    template_case_check(&c, &few);
    template_case_reset();
    buf_free(&text);
}

static void test_output_is_bounded(void **state)
{
    static const char *const texts[] = {"{{#l}}0123456789{{/l}}", "{{#l}}{{x}}{{/l}}",
                                        "{{#l}}{{{x}}}{{/l}}"};
    struct template_env env = {.look_around = true, .max_out_bytes = 20};
    struct template_case c = {.data = "{\"x\":\"abcdefghij\",\"l\":[1,2,3]}",
                              .error = "t:1:7: the output is longer than 20 bytes"};

    (void)state;
    for (int escape = 0; escape < 2; escape++) {
        env.escape = escape ? template_escape_haproxy : NULL;
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            c.text = texts[i];
            template_case_check(&c, &env);
        }
    }
    env.max_out_bytes = 30;
    c = (struct template_case){
        .text = texts[0], .data = c.data, .want = "012345678901234567890123456789"};
    template_case_check(&c, &env);
}

static void test_the_buffers_own_limit_holds(void **state)
{
    struct template *t;
    struct buf out;
    struct err e;

    (void)state;
    buf_init(&out, 8);
    buf_add_z(&out, "12345");
    assert_int_equal(template_parse("t", STR("abcd"), &t, &e), 0);
    assert_int_equal(template_render(t, &plain, &(struct json){.type = JSON_NULL}, &out, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_string_equal(e.text, "t:1:1: the output is longer than 3 bytes");
    assert_string_equal(out.p, "12345");
    assert_false(buf_failed(&out));
    template_free(t);
    buf_free(&out);
}

static void test_source_is_bounded(void **state)
{
    char *text = calloc(1, TEMPLATE_MAX_SOURCE + 1);
    struct template *t;
    struct err e;

    (void)state;
    memset(text, 'x', TEMPLATE_MAX_SOURCE + 1);
    assert_int_equal(template_parse("t", (struct str){text, TEMPLATE_MAX_SOURCE}, &t, &e), 0);
    template_free(t);
    assert_int_equal(template_parse("t", (struct str){text, TEMPLATE_MAX_SOURCE + 1}, &t, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_string_equal(e.text, "t:1:1: the template is longer than 1048576 bytes");
    free(text);
}

/* Every prefix of a template is parsed and rendered or refused, never more than that. */
static void test_cut_at_every_byte(void **state)
{
    static const char text[] =
        "a {{x}}\n{{#each l}}\n  {{> p @index}}{{else}}{{!-- c --}}\n{{/each}}\n"
        "{{=<% %>=}}<%join \"a\" b=[c d].e%>\\<%={{ }}=%>{{~{x}~}} \\{{x}} é";
    struct json data = {.type = JSON_NULL};
    struct template *t;
    struct buf out;
    struct err e;

    (void)state;
    for (size_t n = 0; n <= strlen(text); n++) {
        char *copy = malloc(n + 1); /* of just this size, so that a byte too far is seen */
        memcpy(copy, text, n);
        buf_init(&out, 1000);
        if (template_parse("t", (struct str){copy, n}, &t, &e) == 0) {
            (void)template_render(t, &plain, &data, &out, &e);
            template_free(t);
        } else {
            assert_memory_equal(e.text, "t:", 2);
        }
        buf_free(&out);
        free(copy);
    }
}

static const char large_template[] =
    "{{#each backends}}\nbackend {{key}}\n  balance {{balance}}\n{{#each members}}\n"
    "  server {{../key}}_{{host}}:{{port}} {{host}}:{{port}} check inter {{../interval}}"
    "{{#if backup}} backup{{/if}}\n{{/each}}\n{{/each}}\n";

static void write_large_data(struct buf *b)
{
    buf_add_z(b, "{\"backends\":[");
    for (int i = 0; i < BACKENDS; i++) {
        buf_printf(
            b,
            "%s{\"key\":\"backend-%d\",\"balance\":\"roundrobin\",\"interval\":2000,\"members\":[",
            i ? "," : "", i);
        for (int j = 0; j < SERVERS; j++)
            buf_printf(b, "%s{\"host\":\"10.0.%d.%d\",\"port\":%d,\"backup\":%s}", j ? "," : "",
                       i % 256, j, 8000 + i, j % 7 ? "false" : "true");
        buf_add_z(b, "]}");
    }
    buf_add_z(b, "]}");
}

static void test_thousand_backends_of_fifty_servers(void **state)
{
    const struct template_env env = {
        .escape = template_escape_haproxy, .strict = true, .refuse_control = true};
    struct arena arena = ARENA_INIT;
    struct template *t;
    struct buf data, out;
    struct json *json;
    struct err e;
    size_t lines = 0;
    double start, parsed, end;

    (void)state;
    buf_init(&data, 64u << 20);
    buf_init(&out, 64u << 20);
    write_large_data(&data);
    assert_int_equal(template_parse("large", str_z(large_template), &t, &e), 0);
    start = now_ms();
    assert_int_equal(json_parse(&arena, buf_str(&data), JSON_MAX_DEPTH, &json, &e), 0);
    parsed = now_ms();
    assert_int_equal(template_render(t, &env, json, &out, &e), 0);
    end = now_ms();
    for (size_t i = 0; i < out.n; i++)
        lines += out.p[i] == '\n';
    assert_int_equal(lines, BACKENDS * (SERVERS + 2));
    print_message("%zu lines, %zu bytes: JSON %.0f ms, template %.0f ms\n", lines, out.n,
                  parsed - start, end - parsed);
    assert_true(end - parsed < 10000);
    template_free(t);
    buf_free(&data);
    buf_free(&out);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_a_partial_that_includes_itself_ends),
        cmocka_unit_test(test_steps_are_bounded),
        cmocka_unit_test(test_output_is_bounded),
        cmocka_unit_test(test_the_buffers_own_limit_holds),
        cmocka_unit_test(test_source_is_bounded),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_thousand_backends_of_fifty_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
