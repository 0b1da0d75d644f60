/* SPDX-License-Identifier: Apache-2.0 */
#include "render/template_scope.h"

#include <stdio.h>

static const struct json *make_number(struct value *v, size_t n)
{
    int digits = snprintf(v->digits, sizeof v->digits, "%zu", n);

    v->made = (struct json){.type = JSON_NUMBER, .is_integer = true, .integer = (int64_t)n};
    v->made.text = (struct str){v->digits, (size_t)digits};
    return &v->made;
}

static const struct json *make_bool(struct value *v, bool boolean)
{
    v->made = (struct json){.type = JSON_BOOL, .boolean = boolean};
    return &v->made;
}

static const struct json *make_string(struct value *v, struct str text)
{
    v->made = (struct json){.type = JSON_STRING, .text = text};
    return &v->made;
}

static const struct json *item(const struct json *array, struct str index)
{
    const struct json *child = array->first;
    uint64_t n;

    if (str_u64(index, &n) || n >= array->count)
        return NULL;
    while (n--)
        child = child->next;
    return child;
}

static const struct json *member(const struct json *of, struct str name, struct value *v)
{
    if (of->type == JSON_ARRAY)
        return str_eq_z(name, "length") ? make_number(v, of->count) : item(of, name);
    if (of->type == JSON_OBJECT) {
        JSON_EACH(child, of) {
            if (str_eq(child->key, name))
                return child;
        }
    }
    return NULL;
}

static const struct json *first_part(const struct scope *s, const struct path *path,
                                     struct value *v)
{
    const struct context *c = s->context;
    const struct json *found = NULL;

    for (unsigned up = path->up; up && c; up--)
        c = c->up;
    if (!c)
        return NULL;
    if (!path->part_count)
        return c->value;
    found = member(c->value, path->parts[0], v);
    while (!found && s->look_around && !path->is_scoped && (c = c->up))
        found = member(c->value, path->parts[0], v);
    return found;
}

static const struct json *loop_data(const struct scope *s, const struct path *path, struct value *v)
{
    const struct loop *loop = s->loop;
    struct str name = path->parts[0];

    if (str_eq_z(name, "root"))
        return s->root;
    for (unsigned up = path->up; up && loop; up--)
        loop = loop->up;
    if (!loop)
        return NULL;
    if (str_eq_z(name, "first"))
        return make_bool(v, loop->index == 0);
    if (str_eq_z(name, "last"))
        return make_bool(v, loop->is_last);
    if (str_eq_z(name, "key") && loop->key.p)
        return make_string(v, loop->key);
    if (str_eq_z(name, "index") || str_eq_z(name, "key"))
        return make_number(v, loop->index);
    return NULL;
}

void template_resolve(const struct scope *s, const struct expr *x, struct value *out)
{
    const struct path *path = &x->path;
    const struct json *found;

    if (x->is_literal) {
        out->json = &x->literal;
        return;
    }
    found = path->is_data ? loop_data(s, path, out) : first_part(s, path, out);
    for (size_t i = 1; found && i < path->part_count; i++)
        found = member(found, path->parts[i], out);
    out->json = found;
}

static bool is_zero(struct str number)
{
    for (size_t i = 0; i < number.n && number.p[i] != 'e' && number.p[i] != 'E'; i++) {
        if (number.p[i] >= '1' && number.p[i] <= '9')
            return false;
    }
    return true;
}

bool template_is_true(const struct json *v, bool like_if)
{
    if (!v)
        return false;
    switch (v->type) {
    case JSON_NULL: return false;
    case JSON_BOOL: return v->boolean;
    case JSON_ARRAY: return v->count > 0;
    case JSON_NUMBER: return !like_if || !is_zero(v->text);
    case JSON_STRING: return !like_if || v->text.n > 0;
    case JSON_OBJECT: return true;
    }
    return false;
}

bool template_text(const struct json *v, struct str *out)
{
    switch (v->type) {
    case JSON_NULL: *out = STR(""); return true;
    case JSON_BOOL: *out = v->boolean ? STR("true") : STR("false"); return true;
    case JSON_NUMBER:
    case JSON_STRING: *out = v->text; return true;
    case JSON_ARRAY:
    case JSON_OBJECT: return false;
    }
    return false;
}
