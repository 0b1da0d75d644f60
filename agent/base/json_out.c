/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

static void print(void *ctx, const char *text, size_t n)
{
    buf_add(ctx, text, n);
}

void json_out_init(struct json_out *o, struct buf *to, bool beautify)
{
    yajl_gen g = yajl_gen_alloc(NULL);

    if (!g)
        abort();
    yajl_gen_config(g, yajl_gen_print_callback, print, to);
    yajl_gen_config(g, yajl_gen_beautify, beautify ? 1 : 0);
    yajl_gen_config(g, yajl_gen_indent_string, "  ");
    o->gen = g;
    o->to = to;
}

void json_out_fini(struct json_out *o)
{
    yajl_gen_free(o->gen);
    o->gen = NULL;
}

static void gen_string(struct json_out *o, struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    unsigned char *clean = NULL;
    size_t i = 0;

    while (i < s.n) {
        size_t step = utf8_length((struct str){s.p + i, s.n - i});
        if (step) {
            i += step;
            continue;
        }
        if (!clean) {
            clean = malloc(s.n);
            if (!clean)
                abort();
            memcpy(clean, s.p, s.n);
            p = clean;
        }
        clean[i++] = '?';
    }
    yajl_gen_string(o->gen, p ? p : (const unsigned char *)"", s.n);
    free(clean);
}

static void put_key(struct json_out *o, const char *key)
{
    if (key)
        gen_string(o, str_z(key));
}

void json_key_str(struct json_out *o, struct str key)
{
    gen_string(o, key);
}

void json_open_object(struct json_out *o, const char *key)
{
    put_key(o, key);
    yajl_gen_map_open(o->gen);
}

void json_close_object(struct json_out *o)
{
    yajl_gen_map_close(o->gen);
}

void json_open_array(struct json_out *o, const char *key)
{
    put_key(o, key);
    yajl_gen_array_open(o->gen);
}

void json_close_array(struct json_out *o)
{
    yajl_gen_array_close(o->gen);
}

void json_put_str(struct json_out *o, const char *key, struct str value)
{
    put_key(o, key);
    gen_string(o, value);
}

void json_put_z(struct json_out *o, const char *key, const char *value)
{
    if (value)
        json_put_str(o, key, str_z(value));
    else
        json_put_null(o, key);
}

void json_put_int(struct json_out *o, const char *key, int64_t value)
{
    put_key(o, key);
    yajl_gen_integer(o->gen, value);
}

void json_put_decimal(struct json_out *o, const char *key, double value)
{
    char text[400];
    int n = snprintf(text, sizeof text, "%.2f", value);
    size_t end = n > 0 && (size_t)n < sizeof text ? (size_t)n : 0;

    while (end > 1 && text[end - 1] == '0')
        end--;
    if (end > 1 && text[end - 1] == '.')
        end--;
    put_key(o, key);
    yajl_gen_number(o->gen, text, end);
}

void json_put_bool(struct json_out *o, const char *key, bool value)
{
    put_key(o, key);
    yajl_gen_bool(o->gen, value);
}

void json_put_null(struct json_out *o, const char *key)
{
    put_key(o, key);
    yajl_gen_null(o->gen);
}

static void put_children(struct json_out *o, const struct json *parent, bool keys)
{
    JSON_EACH(child, parent) {
        if (keys)
            gen_string(o, child->key);
        json_put_tree(o, NULL, child);
    }
}

void json_put_tree(struct json_out *o, const char *key, const struct json *value)
{
    put_key(o, key);
    switch (value->type) {
    case JSON_NULL: yajl_gen_null(o->gen); break;
    case JSON_BOOL: yajl_gen_bool(o->gen, value->boolean); break;
    case JSON_NUMBER: yajl_gen_number(o->gen, value->text.p, value->text.n); break;
    case JSON_STRING: gen_string(o, value->text); break;
    case JSON_ARRAY:
        yajl_gen_array_open(o->gen);
        put_children(o, value, false);
        yajl_gen_array_close(o->gen);
        break;
    case JSON_OBJECT:
        yajl_gen_map_open(o->gen);
        put_children(o, value, true);
        yajl_gen_map_close(o->gen);
        break;
    }
}
