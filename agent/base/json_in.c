/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_in.h"

#include "base/utf8.h"

#include <yajl/yajl_parse.h>

struct level {
    struct json *node, *last;
};

struct parser {
    struct arena *arena;
    struct level stack[256];
    unsigned depth, max_depth;
    struct str key;
    struct json *root;
    const char *problem;
};

static struct json *add(struct parser *p, enum json_type type)
{
    struct json *v = ARENA_NEW(p->arena, struct json);

    v->type = type;
    if (!p->depth) {
        p->root = v;
        return v;
    }
    struct level *top = &p->stack[p->depth - 1];
    if (top->node->type == JSON_OBJECT)
        v->key = p->key;
    if (top->last)
        top->last->next = v;
    else
        top->node->first = v;
    top->last = v;
    top->node->count++;
    return v;
}

static int push(struct parser *p, enum json_type type)
{
    struct json *v;

    if (p->depth == p->max_depth) {
        p->problem = "nested too deeply";
        return 0;
    }
    v = add(p, type);
    p->stack[p->depth++] = (struct level){v, NULL};
    return 1;
}

static int on_null(void *ctx)
{
    (void)add(ctx, JSON_NULL);
    return 1;
}

static int on_boolean(void *ctx, int value)
{
    add(ctx, JSON_BOOL)->boolean = value != 0;
    return 1;
}

static int on_number(void *ctx, const char *text, size_t n)
{
    struct parser *p = ctx;
    struct json *v = add(p, JSON_NUMBER);

    v->text = arena_str(p->arena, (struct str){text, n});
    v->is_integer = str_i64(v->text, &v->integer) == 0;
    return 1;
}

static int on_string(void *ctx, const unsigned char *text, size_t n)
{
    struct parser *p = ctx;

    add(p, JSON_STRING)->text = arena_str(p->arena, (struct str){(const char *)text, n});
    return 1;
}

static int on_key(void *ctx, const unsigned char *text, size_t n)
{
    struct parser *p = ctx;

    p->key = arena_str(p->arena, (struct str){(const char *)text, n});
    return 1;
}

static int on_map(void *ctx)
{
    return push(ctx, JSON_OBJECT);
}

static int on_array(void *ctx)
{
    return push(ctx, JSON_ARRAY);
}

static int on_end(void *ctx)
{
    struct parser *p = ctx;

    p->depth--;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_end,
};

static int error_at(struct str text, size_t at, struct str why, struct err *e)
{
    size_t line = 1, column = 1;

    for (size_t i = 0; i < at && i < text.n; i++) {
        column++;
        if (text.p[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return err_set(e, ERR_INVALID, "JSON: line %zu, column %zu: " STR_FMT, line, column,
                   STR_ARG(why));
}

static int syntax_error(yajl_handle h, struct parser *p, struct str text, size_t at, struct err *e)
{
    unsigned char *words;

    if (p->problem)
        return error_at(text, at, str_z(p->problem), e);
    words = yajl_get_error(h, 0, (const unsigned char *)text.p, text.n);
    (void)error_at(text, at, str_trim(str_z((const char *)words)), e);
    yajl_free_error(h, words);
    return -1;
}

int json_parse(struct arena *a, struct str text, unsigned max_depth, struct json **out,
               struct err *e)
{
    struct parser p = {.arena = a, .max_depth = max_depth > 256 ? 256 : max_depth};
    size_t valid = utf8_valid(text);
    yajl_handle h;
    int rc = 0;

    if (str_trim(text).n == 0)
        return err_set(e, ERR_INVALID, "JSON: the text is empty");
    if (valid < text.n) /* yajl takes surrogates and overlong forms */
        return error_at(text, valid, STR("not UTF-8"), e);
    h = yajl_alloc(&callbacks, NULL, &p);
    if (yajl_parse(h, (const unsigned char *)text.p, text.n) != yajl_status_ok)
        rc = syntax_error(h, &p, text, yajl_get_bytes_consumed(h), e);
    else if (yajl_complete_parse(h) != yajl_status_ok)
        rc = syntax_error(h, &p, text, text.n, e); /* more was to come */
    else
        *out = p.root;
    yajl_free(h);
    return rc;
}

const struct json *json_get(const struct json *o, const char *key)
{
    if (!o || o->type != JSON_OBJECT)
        return NULL;
    JSON_EACH(child, o) {
        if (str_eq_z(child->key, key))
            return child;
    }
    return NULL;
}

const char *json_type_name(enum json_type type)
{
    switch (type) {
    case JSON_NULL: return "null";
    case JSON_BOOL: return "a boolean";
    case JSON_NUMBER: return "a number";
    case JSON_STRING: return "a string";
    case JSON_ARRAY: return "an array";
    case JSON_OBJECT: return "an object";
    }
    return "?";
}
