/* SPDX-License-Identifier: Apache-2.0 */
/* Renders cases for the comparisons beside: stdin is a JSON array of {"template", "data",
 * "partials":{}, "html", "strict", "lookAround"}, stdout one of {"output"} or {"error"}. The
 * helpers are those of helpers.js. */
#include "base/json_out.h"
#include "render/template.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_PARTIALS = 16, MAX_BYTES = 256 * 1024 * 1024 };

struct partials {
    struct str names[MAX_PARTIALS];
    struct template *items[MAX_PARTIALS];
    size_t count;
};

static const struct template *find_partial(void *ctx, struct str name)
{
    const struct partials *partials = ctx;

    for (size_t i = 0; i < partials->count; i++) {
        if (str_eq(partials->names[i], name))
            return partials->items[i];
    }
    return NULL;
}

static int escape_html(void *ctx, struct str value, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)e;
    for (size_t i = 0; i < value.n; i++) {
        switch (value.p[i]) {
        case '&': buf_add_z(out, "&amp;"); break;
        case '"': buf_add_z(out, "&quot;"); break;
        case '<': buf_add_z(out, "&lt;"); break;
        case '>': buf_add_z(out, "&gt;"); break;
        default: buf_add_char(out, value.p[i]);
        }
    }
    return 0;
}

static void put(struct buf *out, const struct json *v)
{
    if (v->type == JSON_BOOL)
        buf_add_z(out, v->boolean ? "true" : "false");
    else if (v->type == JSON_NULL)
        buf_add_z(out, "null");
    else
        buf_add_str(out, v->text);
}

/* {{join a b sep=","}} */
static int help_join(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
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

/* {{show a b x=c}}: the types and names of everything */
static int help_show(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)e;
    for (size_t i = 0; i < args->count; i++)
        buf_printf(out, "<%s>", json_type_name(args->values[i]->type));
    for (size_t i = 0; i < args->hash_count; i++) {
        buf_printf(out, "<" STR_FMT ":%s>", STR_ARG(args->hash[i].name),
                   json_type_name(args->hash[i].value->type));
    }
    return 0;
}

/* {{keyOf this}}: a field of the argument, or of the context */
static int help_key_of(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    const struct json *of = args->count ? args->values[0] : args->context;
    const struct json *key = json_get(of, "key");

    (void)ctx;
    (void)e;
    if (key)
        put(out, key);
    return 0;
}

/* {{lines 3}}: several lines in one value */
static int help_lines(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    (void)ctx;
    if (args->count != 1 || !args->values[0]->is_integer)
        return err_set(e, ERR_INVALID, "a number is expected");
    for (int64_t i = 1; i <= args->values[0]->integer; i++)
        buf_printf(out, "line %d\n", (int)i);
    return 0;
}

static const struct template_helper helpers[] = {
    {"join", false, help_join},
    {"show", false, help_show},
    {"keyOf", false, help_key_of},
    {"lines", true, help_lines},
    {0},
};

static struct str text_of(const struct json *one, const char *key)
{
    const struct json *v = json_get(one, key);

    return v ? v->text : STR("");
}

static bool flag(const struct json *one, const char *key)
{
    const struct json *v = json_get(one, key);

    return v && v->boolean;
}

static int parse_partials(const struct json *list, struct partials *out, struct err *e)
{
    char name[64];

    if (!list || list->type != JSON_OBJECT)
        return 0;
    JSON_EACH(child, list) {
        if (out->count == MAX_PARTIALS)
            return err_set(e, ERR_INVALID, "too many partials");
        str_copy(name, sizeof name, child->key);
        if (template_parse(name, child->text, &out->items[out->count], e))
            return -1;
        out->names[out->count++] = child->key;
    }
    return 0;
}

static int render(const struct json *one, struct buf *out, struct err *e)
{
    static const struct json nothing = {.type = JSON_NULL};
    const struct json *data = json_get(one, "data");
    struct partials partials = {0};
    struct template *t = NULL;
    struct template_env env = {
        .partial = find_partial,
        .helpers = helpers,
        .escape = flag(one, "html") ? escape_html : NULL,
        .ctx = &partials,
        .strict = flag(one, "strict"),
        .look_around = flag(one, "lookAround"),
    };
    int rc = parse_partials(json_get(one, "partials"), &partials, e);

    rc = rc ? rc : template_parse("case", text_of(one, "template"), &t, e);
    rc = rc ? rc : template_render(t, &env, data ? data : &nothing, out, e);
    template_free(t);
    for (size_t i = 0; i < partials.count; i++)
        template_free(partials.items[i]);
    return rc;
}

static void run_case(const struct json *one, struct json_out *o)
{
    struct err e;
    struct buf out;

    buf_init(&out, MAX_BYTES);
    json_open_object(o, NULL);
    if (render(one, &out, &e))
        json_put_z(o, "error", e.text);
    else
        json_put_str(o, "output", buf_str(&out));
    json_close_object(o);
    buf_free(&out);
}

static void read_all(struct buf *in)
{
    size_t n, room = 0;
    char *p;

    while ((p = buf_room(in, 65536, &room)) != NULL && (n = fread(p, 1, room, stdin)) > 0)
        buf_grown(in, n);
}

int main(void)
{
    struct arena arena = ARENA_INIT;
    struct buf in, text;
    struct json *cases;
    struct json_out o;
    struct err e;
    int rc = 1;

    buf_init(&in, MAX_BYTES);
    buf_init(&text, MAX_BYTES);
    read_all(&in);
    if (json_parse(&arena, buf_str(&in), 200, &cases, &e)) {
        (void)fprintf(stderr, "template-driver: %s\n", e.text);
    } else {
        json_out_init(&o, &text, false);
        json_open_array(&o, NULL);
        JSON_EACH(one, cases)
            run_case(one, &o);
        json_close_array(&o);
        json_out_fini(&o);
        rc = fwrite(text.p, 1, text.n, stdout) != text.n || buf_failed(&text);
    }
    arena_free(&arena);
    buf_free(&in);
    buf_free(&text);
    return rc;
}
