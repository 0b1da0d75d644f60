/* SPDX-License-Identifier: Apache-2.0 */
#include "model/condition.h"

#include "model/regex.h"

#include <stdlib.h>

static const char *const op_names[] = {
#define CONDITION_OP(id, name, code) name,
#include "model/condition_ops.def"
#undef CONDITION_OP
    NULL};

const char *condition_op_name(enum condition_op op)
{
    return op_names[op];
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void texts_sort(struct str_list *list)
{
    size_t kept = 0;

    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_text);
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || !str_eq(list->items[kept - 1], list->items[i]))
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

static int fold_host(struct arena *a, struct str *text, struct err *e)
{
    *text = arena_str_lower(a, *text);
    if (match_host(*text).n != text->n)
        return err_field(e, "", "a host is compared without its port");
    return 0;
}

static int read_text(struct arena *a, const struct json *o, bool host, struct condition *c,
                     struct err *e)
{
    const char *key = op_names[c->op];

    if (read_str(o, key, a, &c->text, e))
        return -1;
    if (c->text.n == 0 && c->op != CONDITION_EQUALS)
        return err_field(e, key, "%s: must not be empty", key);
    if (c->op == CONDITION_REGEX) {
        pcre2_code *re = regex_compile(c->text, host, e);
        pcre2_code_free(re);
        return re ? 0 : -1;
    }
    if (host && (c->op == CONDITION_PREFIX || c->op == CONDITION_CONTAINS))
        c->text = arena_str_lower(a, c->text);
    else if (host && fold_host(a, &c->text, e)) {
        err_in(e, "%s", key);
        return err_wrap(e, "%s", key);
    }
    return 0;
}

static int read_texts(struct arena *a, const struct json *o, bool host, struct condition *c,
                      struct err *e)
{
    if (read_str_list(o, "in", LIMIT_MATCH_LIST, a, &c->texts, e))
        return -1;
    if (c->texts.count == 0)
        return err_field(e, "in", "in: must not be empty");
    for (size_t i = 0; host && i < c->texts.count; i++) {
        if (fold_host(a, &c->texts.items[i], e)) {
            err_in(e, "in[%zu]", i);
            return err_wrap(e, "in[%zu]", i);
        }
    }
    texts_sort(&c->texts);
    return 0;
}

static int read_flag(const struct json *o, const char *key, struct err *e)
{
    bool on = false;

    if (read_bool(o, key, &on, e))
        return -1;
    return on ? 0 : err_field(e, key, "%s: only true can be asked for", key);
}

/* A text alone is short for {"equals":text}. */
static const struct json *spelled_out(const struct json *v, struct json *object, struct json *text)
{
    if (v->type != JSON_STRING)
        return v;
    *text = *v;
    text->key = STR("equals");
    text->next = NULL;
    *object = (struct json){.type = JSON_OBJECT, .count = 1, .first = text};
    return object;
}

int condition_parse(struct arena *a, const struct json *v, bool host, struct condition *c,
                    struct err *e)
{
    struct json object, text;
    const struct json *o = spelled_out(v, &object, &text);
    unsigned op = 0;

    *c = (struct condition){.text = STR("")};
    if (o->type != JSON_OBJECT)
        return err_field(e, "", "a string or an object wanted, this is %s",
                         json_type_name(o->type));
    if (read_known(o, op_names, e))
        return -1;
    if (o->count != 1)
        return err_field(e, "", "one comparison wanted, these are %zu", o->count);
    while (!str_eq_z(o->first->key, op_names[op]))
        op++;
    if (o->first->type == JSON_NULL)
        return err_field(e, op_names[op], "%s: must not be null", op_names[op]);
    c->op = (enum condition_op)op;
    switch (c->op) {
    case CONDITION_EQUALS:
    case CONDITION_PREFIX:
    case CONDITION_SUFFIX:
    case CONDITION_CONTAINS:
    case CONDITION_REGEX: return read_text(a, o, host, c, e);
    case CONDITION_IN: return read_texts(a, o, host, c, e);
    case CONDITION_PRESENT:
    case CONDITION_ABSENT:
    case CONDITION_OP_COUNT: break;
    }
    return read_flag(o, op_names[op], e);
}

void condition_put(struct json_out *o, struct str key, const struct condition *c)
{
    json_key_str(o, key);
    if (c->op == CONDITION_EQUALS) {
        json_put_str(o, NULL, c->text);
        return;
    }
    json_open_object(o, NULL);
    if (c->op == CONDITION_IN)
        put_str_list(o, op_names[c->op], &c->texts);
    else if (c->op == CONDITION_PRESENT || c->op == CONDITION_ABSENT)
        json_put_bool(o, op_names[c->op], true);
    else
        json_put_str(o, op_names[c->op], c->text);
    json_close_object(o);
}
