/* SPDX-License-Identifier: Apache-2.0 */
#include "template_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { MAX_PARTIALS = 8, MAX_BYTES = 1024 * 1024 };

static struct {
    const char *name;
    struct template *t;
} partials[MAX_PARTIALS];
static size_t partial_count;

static void put(struct buf *out, const struct json *v)
{
    if (v->type == JSON_BOOL)
        buf_add_z(out, v->boolean ? "true" : "false");
    else
        buf_add_str(out, v->type == JSON_NULL ? STR("null") : v->text);
}

static int call_join(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    const struct json *sep = template_args_get(args, "sep");

    (void)ctx;
    (void)e;
    for (size_t i = 0; i < args->count; i++) {
        if (i && sep)
            put(out, sep);
        put(out, args->values[i]);
    }
    return 0;
}

static int call_quote(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)e;
    buf_printf(out, "'" STR_FMT "'", STR_ARG(args->values[0]->text));
    return 0;
}

static int call_lines(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)e;
    for (int64_t i = 1; i <= args->values[0]->integer; i++)
        buf_printf(out, "line %d\n", (int)i);
    return 0;
}

static int call_fail(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)args;
    buf_add_z(out, "half");
    return err_set(e, ERR_CONFLICT, "no luck");
}

static int call_bell(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)args;
    (void)e;
    buf_add_z(out, "a\a");
    return 0;
}

static int call_where(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)e;
    buf_printf(out, "%s in %s", json_type_name(args->context->type),
               json_type_name(args->root->type));
    return 0;
}

const struct template_helper template_case_helpers[] = {
    {"join", false, call_join},
    {"quote", true, call_quote},
    {"lines", true, call_lines},
    {"fail", false, call_fail},
    {"bell", true, call_bell},
    {"where", true, call_where},
    {0},
};

const struct template *template_case_find(void *ctx, struct str name)
{
    (void)ctx;
    for (size_t i = 0; i < partial_count; i++) {
        if (str_eq_z(name, partials[i].name))
            return partials[i].t;
    }
    return NULL;
}

void template_case_partial(const char *name, const char *text)
{
    struct err e;

    assert_true(partial_count < MAX_PARTIALS);
    partials[partial_count].name = name;
    if (template_parse(name, str_z(text), &partials[partial_count].t, &e))
        fail_msg("%s", e.text);
    partial_count++;
}

void template_case_reset(void)
{
    while (partial_count)
        template_free(partials[--partial_count].t);
}

void template_case_check(const struct template_case *c, const struct template_env *env)
{
    struct arena arena = ARENA_INIT;
    struct template *t = NULL;
    struct json *data = NULL;
    struct buf out;
    struct err e = {0};
    int rc;

    buf_init(&out, MAX_BYTES);
    buf_add_z(&out, "before|");
    if (json_parse(&arena, str_z(c->data ? c->data : "{}"), JSON_MAX_DEPTH, &data, &e))
        fail_msg("%s", e.text);
    rc = template_parse(c->name ? c->name : "t", str_z(c->text), &t, &e);
    if (!rc)
        rc = template_render(t, env, data, &out, &e);
    if (c->error) {
        if (!rc)
            fail_msg("%s\ngave %s\ninstead of the error %s", c->text, out.p, c->error);
        assert_string_equal(e.text, c->error);
        assert_string_equal(out.p, "before|");
        assert_false(buf_failed(&out));
    } else {
        if (rc)
            fail_msg("%s\ngave the error %s", c->text, e.text);
        assert_string_equal(out.p + strlen("before|"), c->want);
    }
    template_free(t);
    buf_free(&out);
    arena_free(&arena);
}

void template_case_check_all(const struct template_case *cases, size_t count,
                             const struct template_env *env)
{
    for (size_t i = 0; i < count; i++)
        template_case_check(&cases[i], env);
}
