/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a template: a byte of flags, the template, and after a NUL the data as JSON. What
 * must hold: no crash, the same input gives the same result, an error leaves the output alone, and
 * a value never brings a control character or a blank past the HAProxy escape. */
#include "render/template.h"

#include <stdlib.h>
#include <string.h>

enum { OUT_BYTES = 64 * 1024, STEPS = 20000, STRICT = 1, LOOK_AROUND = 2, REFUSE = 4, ESCAPE = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char fixed_data[] = "{\"a\":\"x\",\"b\":[1,\"y\\nz\",null,true,{\"a\":\"q "
                                 "r\"}],\"c\":{\"d\":{\"e\":0.5}},\"f\":false,"
                                 "\"g\":\"\",\"h\":[],\"i\":[[1,2],[3]],\"this\":\"t\"}";

static int help_join(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    (void)ctx;
    for (size_t i = 0; i < args->count; i++) {
        if (args->values[i]->type == JSON_OBJECT)
            return err_set(e, ERR_INVALID, "an object");
        buf_add_str(out, args->values[i]->text);
        buf_add_z(out, template_args_get(args, "sep") ? "\n" : "\t");
    }
    return 0;
}

static const struct template_helper helpers[] = {
    {"join", false, help_join}, {"lines", true, help_join}, {0}};

/* The template is its own partial `p`, so that recursion is tried. */
static const struct template *find_partial(void *ctx, struct str name)
{
    return str_eq_z(name, "p") ? ctx : NULL;
}

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* What the template itself says may be anything; without it and without helpers, nothing that the
 * escape refuses may come out. */
static void check_escaped(struct str source, struct str out)
{
    bool plain = !str_has_control(source) && !memchr(source.p, ' ', source.n) &&
                 !memmem(source.p, source.n, "join", 4) && !memmem(source.p, source.n, "lines", 5);

    if (plain && !memchr(source.p, '&', source.n) && !memmem(source.p, source.n, "{{{", 3) &&
        !memmem(source.p, source.n, "~{", 2) && !memmem(source.p, source.n, "=", 1))
        expect(!str_has_control(out) && !memchr(out.p, ' ', out.n));
    if (plain)
        expect(!str_has_control(out));
}

static void try_render(const struct template *t, struct str source, const struct json *data,
                       unsigned flags)
{
    struct template_env env = {
        .partial = find_partial,
        .helpers = helpers,
        .escape = flags & ESCAPE ? template_escape_haproxy : NULL,
        .ctx = (void *)(uintptr_t)t,
        .strict = flags & STRICT,
        .look_around = flags & LOOK_AROUND,
        .refuse_control = flags & REFUSE,
        .max_steps = STEPS,
    };
    struct buf first, second;
    struct err e;
    int rc;

    buf_init(&first, OUT_BYTES);
    buf_init(&second, OUT_BYTES);
    buf_add_z(&second, "kept");
    rc = template_render(t, &env, data, &first, &e);
    expect(rc == 0 || (first.n == 0 && strncmp(e.text, "fuzz:", 5) == 0));
    env.max_out_bytes = first.n ? first.n : 1;
    expect(template_render(t, &env, data, &second, NULL) == rc);
    buf_drop_front(&second, 4);
    expect(str_eq(buf_str(&first), buf_str(&second)));
    if (rc == 0 && flags & ESCAPE && flags & REFUSE)
        check_escaped(source, buf_str(&first));
    buf_free(&first);
    buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct str source, text = str_z(fixed_data);
    struct template *t = NULL;
    struct json *json = NULL;
    struct err e;

    if (size == 0)
        return 0;
    source = (struct str){(const char *)data + 1, size - 1};
    if (memchr(data + 1, 0, size - 1)) {
        text = source;
        source = str_cut(&text, '\0');
    }
    if (json_parse(&arena, text, JSON_MAX_DEPTH, &json, &e) != 0)
        expect(json_parse(&arena, str_z(fixed_data), JSON_MAX_DEPTH, &json, &e) == 0);
    if (template_parse("fuzz", source, &t, &e) == 0)
        try_render(t, source, json, data[0]);
    else
        expect(strncmp(e.text, "fuzz:", 5) == 0);
    template_free(t);
    arena_free(&arena);
    return 0;
}
