/* SPDX-License-Identifier: Apache-2.0 */
#include "model/policy.h"

#include "model/names.h"

#include <stdlib.h>

enum { VARIABLE_NAME_BYTES = 32, VARIABLE_VALUE_BYTES = 256 };

/* Set with each decision, or by HAProxy's filter. */
static const char *const reserved[] = {"backend", "policy", "done", "err", "ptime", NULL};

static int check_variable_name(struct str name, struct err *e)
{
    if (name.n == 0 || name.n > VARIABLE_NAME_BYTES || name.p[0] < 'a' || name.p[0] > 'z')
        return err_field(e, "", "a variable's name has 1 to %d bytes and starts with a-z",
                         VARIABLE_NAME_BYTES);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return err_field(e, "", "only a-z 0-9 _ are allowed in a variable's name");
    }
    for (size_t i = 0; reserved[i]; i++) {
        if (str_eq_z(name, reserved[i]))
            return err_field(e, "", "the variable \"%s\" is set by Thalassa itself", reserved[i]);
    }
    return 0;
}

static int read_variable(struct policy *p, const struct json *set, const struct json *v,
                         struct err *e)
{
    struct policy_variable *variable = &p->set[p->set_count];

    if (check_variable_name(v->key, e)) {
        err_in(e, "%s", v->key.p);
        return err_wrap(e, "%s", v->key.p);
    }
    *variable = (struct policy_variable){arena_str(&p->arena, v->key), STR("")};
    if (json_get(set, v->key.p) != v)
        return err_field(e, v->key.p, "%s is given twice", v->key.p);
    if (read_str(set, v->key.p, &p->arena, &variable->value, e))
        return -1;
    if (variable->value.n == 0 || variable->value.n > VARIABLE_VALUE_BYTES)
        return err_field(e, v->key.p, "%s: 1 to %d bytes", v->key.p, VARIABLE_VALUE_BYTES);
    p->set_count++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct policy_variable *)a)->name,
                   ((const struct policy_variable *)b)->name);
}

static int parse_set(struct policy *p, const struct json *action, struct err *e)
{
    const struct json *set = json_get(action, "set");

    if (!set || set->type == JSON_NULL)
        return 0;
    if (set->type != JSON_OBJECT)
        return err_field(e, "set", "set: an object wanted, this is %s", json_type_name(set->type));
    if (set->count > LIMIT_POLICY_VARIABLES)
        return err_field(e, "set", "set: more than %d variables", LIMIT_POLICY_VARIABLES);
    p->set = ARENA_ARRAY(&p->arena, struct policy_variable, set->count);
    JSON_EACH(child, set) {
        if (read_variable(p, set, child, e)) {
            err_in(e, "set");
            return err_wrap(e, "set");
        }
    }
    if (p->set_count)
        qsort(p->set, p->set_count, sizeof *p->set, by_name);
    return 0;
}

static int parse_action(struct policy *p, const struct json *o, struct err *e)
{
    static const char *const known[] = {"backend", "set", NULL};
    const struct json *action = json_get(o, "action");

    if (!action || action->type == JSON_NULL)
        return err_field(e, "action", "action: required");
    if (action->type != JSON_OBJECT)
        return err_field(e, "action", "action: an object wanted, this is %s",
                         json_type_name(action->type));
    if (read_known(action, known, e) || read_str(action, "backend", &p->arena, &p->backend, e) ||
        (p->backend.n && proxy_name_check(p->backend, "backend", e)) || parse_set(p, action, e)) {
        err_in(e, "action");
        return err_wrap(e, "action");
    }
    if (p->backend.n == 0 && p->set_count == 0)
        return err_field(e, "action", "action: a backend or variables to set are required");
    return 0;
}

static int parse_match(struct policy *p, const struct json *o, struct err *e)
{
    const struct json *match = json_get(o, "match");

    if (!match || match->type == JSON_NULL)
        return err_field(e, "match", "match: required; {} is every request");
    if (match_parse(&p->arena, match, &p->match, e)) {
        err_in(e, "match");
        return err_wrap(e, "match");
    }
    return 0;
}

static int parse_fields(struct policy *p, const struct json *o, struct err *e)
{
    static const char *const known[] = {"id",      "_type",    "key",   "name",   "frontend",
                                        "enabled", "priority", "match", "action", NULL};
    uint64_t priority = POLICY_PRIORITY_DEFAULT;

    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_known(o, known, e) || read_identity(o, "policy", p->name, true, e) ||
        read_str(o, "frontend", &p->arena, &p->frontend, e))
        return -1;
    if (p->frontend.n == 0)
        return err_field(e, "frontend", "frontend: required");
    if (proxy_name_check(p->frontend, "frontend", e) || read_bool(o, "enabled", &p->enabled, e) ||
        read_uint(o, "priority", 0, LIMIT_POLICY_PRIORITY, &priority, e) || parse_match(p, o, e) ||
        parse_action(p, o, e))
        return -1;
    p->priority = (unsigned)priority;
    return 0;
}

struct policy *policy_parse(struct str name, const struct json *o, struct err *e)
{
    struct policy *p;

    if (name_check(name, "name", e))
        return NULL;
    p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->refs = 1;
    p->name = arena_str(&p->arena, name);
    p->frontend = p->backend = STR("");
    p->enabled = true;
    if (parse_fields(p, o, e)) {
        policy_unref(p);
        return NULL;
    }
    return p;
}

struct policy *policy_ref(struct policy *p)
{
    p->refs++;
    return p;
}

void policy_unref(struct policy *p)
{
    if (!p || --p->refs)
        return;
    arena_free(&p->arena);
    free(p);
}

int policy_cmp(const void *pa, const void *pb)
{
    const struct policy *a = *(const struct policy *const *)pa;
    const struct policy *b = *(const struct policy *const *)pb;

    if (a->priority != b->priority)
        return a->priority > b->priority ? 1 : -1;
    return str_cmp(a->name, b->name);
}

static void put_action(struct json_out *o, const struct policy *p)
{
    json_open_object(o, "action");
    if (p->backend.n)
        json_put_str(o, "backend", p->backend);
    else
        json_put_null(o, "backend");
    json_open_object(o, "set");
    for (size_t i = 0; i < p->set_count; i++) {
        json_key_str(o, p->set[i].name);
        json_put_str(o, NULL, p->set[i].value);
    }
    json_close_object(o);
    json_close_object(o);
}

void policy_put(struct json_out *o, const char *key, const struct policy *p)
{
    struct arena a = ARENA_INIT;

    json_open_object(o, key);
    json_put_str(o, "id", arena_printf(&a, "policy/" STR_FMT, STR_ARG(p->name)));
    json_put_z(o, "_type", "policy");
    json_put_str(o, "key", p->name);
    json_put_str(o, "name", p->name);
    json_put_str(o, "frontend", p->frontend);
    json_put_bool(o, "enabled", p->enabled);
    json_put_int(o, "priority", p->priority);
    match_put(o, "match", &p->match);
    put_action(o, p);
    json_close_object(o);
    arena_free(&a);
}

void policy_text(const struct policy *p, struct buf *to)
{
    struct json_out o;

    buf_init(to, SIZE_MAX / 4);
    json_out_init(&o, to, false);
    policy_put(&o, NULL, p);
    json_out_fini(&o);
}

bool policy_equal(const struct policy *a, const struct policy *b)
{
    struct buf ta, tb;

    policy_text(a, &ta);
    policy_text(b, &tb);
    return put_same(&ta, &tb);
}
