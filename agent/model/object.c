/* SPDX-License-Identifier: Apache-2.0 */
#include "model/object.h"

#include <inttypes.h>

const char *mode_name(enum proxy_mode mode)
{
    return mode == MODE_TCP ? "tcp" : "http";
}

/* Member `key` of o, NULL when absent or null. */
static const struct json *get(const struct json *o, const char *key)
{
    const struct json *v = json_get(o, key);

    return v && v->type != JSON_NULL ? v : NULL;
}

static int wrong_type(const struct json *v, const char *key, const char *want, struct err *e)
{
    return err_field(e, key, "%s: %s wanted, this is %s", key, want, json_type_name(v->type));
}

static int check_text(struct str text, const char *key, struct err *e)
{
    if (text.n > LIMIT_VALUE)
        return err_field(e, key, "%s: longer than %d bytes", key, LIMIT_VALUE);
    if (str_has_control(text))
        return err_field(e, key, "%s: control characters are not allowed", key);
    return 0;
}

int read_str(const struct json *o, const char *key, struct arena *a, struct str *out, struct err *e)
{
    const struct json *v = get(o, key);

    if (!v)
        return 0;
    if (v->type != JSON_STRING)
        return wrong_type(v, key, "a string", e);
    if (check_text(v->text, key, e))
        return -1;
    *out = arena_str(a, v->text);
    return 0;
}

int read_uint(const struct json *o, const char *key, uint64_t min, uint64_t max, uint64_t *out,
              struct err *e)
{
    const struct json *v = get(o, key);
    uint64_t number;

    if (!v)
        return 0;
    if (v->type != JSON_NUMBER && v->type != JSON_STRING)
        return wrong_type(v, key, "a number", e);
    if (str_u64(v->text, &number))
        return err_field(e, key, "%s: not a whole number: \"%.40s\"", key, v->text.p);
    if (number < min || number > max)
        return err_field(e, key, "%s: %" PRIu64 " is not within %" PRIu64 " and %" PRIu64, key,
                         number, min, max);
    *out = number;
    return 0;
}

int read_bool(const struct json *o, const char *key, bool *out, struct err *e)
{
    const struct json *v = get(o, key);

    if (!v)
        return 0;
    if (v->type != JSON_BOOL)
        return wrong_type(v, key, "true or false", e);
    *out = v->boolean;
    return 0;
}

int read_str_list(const struct json *o, const char *key, size_t max, struct arena *a,
                  struct str_list *out, struct err *e)
{
    const struct json *v = get(o, key);
    struct json one = {.type = JSON_ARRAY, .count = 1};
    struct json item;
    size_t i = 0;

    if (!v)
        return 0;
    if (v->type == JSON_STRING) {
        item = *v;
        item.next = NULL;
        one.first = &item;
        v = &one;
    }
    if (v->type != JSON_ARRAY)
        return wrong_type(v, key, "a list of strings", e);
    if (v->count > max)
        return err_field(e, key, "%s: more than %zu elements", key, max);
    out->items = ARENA_ARRAY(a, struct str, v->count);
    out->count = v->count;
    JSON_EACH(child, v) {
        if (child->type != JSON_STRING) {
            wrong_type(child, "element", "a string", e);
            goto bad_element;
        }
        if (check_text(child->text, "element", e))
            goto bad_element;
        out->items[i++] = arena_str(a, child->text);
    }
    return 0;

bad_element:
    e->field[0] = 0;
    err_in(e, "%s[%zu]", key, i);
    return err_wrap(e, "%s[%zu]", key, i);
}

int read_enum(const struct json *o, const char *key, const char *const *names, unsigned *out,
              struct err *e)
{
    const struct json *v = get(o, key);
    char all[256] = "";
    size_t n = 0;

    if (!v)
        return 0;
    if (v->type != JSON_STRING)
        return wrong_type(v, key, "a string", e);
    for (unsigned i = 0; names[i]; i++) {
        if (str_eq_z(v->text, names[i])) {
            *out = i;
            return 0;
        }
        for (const char *c = i ? ", " : ""; *c && n + 1 < sizeof all; c++)
            all[n++] = *c;
        for (const char *c = names[i]; *c && n + 1 < sizeof all; c++)
            all[n++] = *c;
    }
    all[n] = 0;
    return err_field(e, key, "%s: \"%.40s\" is none of %s", key, v->text.p, all);
}

int read_known(const struct json *o, const char *const *known, struct err *e)
{
    JSON_EACH(child, o) {
        size_t i = 0;
        while (known[i] && !str_eq_z(child->key, known[i]))
            i++;
        if (!known[i])
            return err_field(e, child->key.p, "unknown field \"%.100s\"", child->key.p);
    }
    return 0;
}

static int agree(const struct json *o, const char *key, struct str want, struct err *e)
{
    const struct json *v = get(o, key);

    if (!v || (v->type == JSON_STRING && str_eq(v->text, want)))
        return 0;
    return err_field(e, key, "%s: does not agree with the path, which says \"" STR_FMT "\"", key,
                     STR_ARG(want));
}

int read_identity(const struct json *o, const char *type, struct str key, bool name_too,
                  struct err *e)
{
    struct arena a = ARENA_INIT;
    struct str id = arena_printf(&a, "%s/" STR_FMT, type, STR_ARG(key));
    int rc = agree(o, "id", id, e) || agree(o, "_type", str_z(type), e) ||
             agree(o, "key", key, e) || (name_too && agree(o, "name", key, e));

    arena_free(&a);
    return rc ? -1 : 0;
}

bool put_same(struct buf *a, struct buf *b)
{
    bool same = str_eq(buf_str(a), buf_str(b));

    buf_free(a);
    buf_free(b);
    return same;
}

void put_str_list(struct json_out *o, const char *key, const struct str_list *list)
{
    json_open_array(o, key);
    for (size_t i = 0; i < list->count; i++)
        json_put_str(o, NULL, list->items[i]);
    json_close_array(o);
}
