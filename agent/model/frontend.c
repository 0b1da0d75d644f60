/* SPDX-License-Identifier: Apache-2.0 */
#include "model/frontend.h"

#include "model/bind.h"
#include "model/names.h"
#include "model/natives.h"

#include <stdlib.h>

static const char *const op_names[] = {
#define RULE_OP(id, type, operation) [RULE_##id] = operation,
#include "model/rule_ops.def"
#undef RULE_OP
    [RULE_OP_COUNT] = NULL};

static const char *const op_types[] = {
#define RULE_OP(id, type, operation) [RULE_##id] = type,
#include "model/rule_ops.def"
#undef RULE_OP
};

static const char *const keepalive_names[] = {"default", "close", "server-close", NULL};
static const char *const mode_names[] = {"http", "tcp", NULL};

const char *rule_op_name(enum rule_op op)
{
    return op_names[op];
}

const char *rule_op_type(enum rule_op op)
{
    return op_types[op];
}

const char *keepalive_name(enum keepalive k)
{
    return keepalive_names[k];
}

static int check_pattern_flags(struct str value, struct err *e)
{
    struct str first = str_word(&value);

    if (first.n && first.p[0] == '-')
        return err_field(e, "value", "value: flags such as \"" STR_FMT "\" are not taken",
                         STR_ARG(first));
    return 0;
}

static int parse_rule(struct arena *a, const struct json *o, struct rule *r, struct err *e)
{
    static const char *const known[] = {"type", "operation", "header", "value", "backend", NULL};
    unsigned op = RULE_OP_COUNT;
    struct str type = STR(""), header = STR("");

    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_known(o, known, e) || read_enum(o, "operation", op_names, &op, e) ||
        read_str(o, "type", a, &type, e) || read_str(o, "header", a, &header, e) ||
        read_str(o, "value", a, &r->value, e) || read_str(o, "backend", a, &r->backend, e))
        return -1;
    if (op == RULE_OP_COUNT)
        return err_field(e, "operation", "operation: required");
    r->op = (enum rule_op)op;
    if (type.n && !str_eq_z(type, op_types[op]))
        return err_field(e, "type", "type: operation %s is of type %s", op_names[op], op_types[op]);
    if (r->op == RULE_HDR_DOM) {
        if (name_check(header, "header", e))
            return -1;
        r->header = arena_str_lower(a, header);
    } else if (header.n) {
        return err_field(e, "header", "header: only rules of type header have one");
    }
    if (check_pattern_flags(r->value, e))
        return -1;
    return name_check(r->backend, "backend", e);
}

static int parse_rules(struct frontend *f, const struct json *o, struct err *e)
{
    const struct json *list = json_get(o, "rules");

    if (!list || list->type == JSON_NULL)
        return 0;
    if (list->type != JSON_ARRAY)
        return err_field(e, "rules", "rules: a list wanted, this is %s",
                         json_type_name(list->type));
    if (list->count > LIMIT_RULES)
        return err_field(e, "rules", "rules: more than %d", LIMIT_RULES);
    if (list->count && f->mode == MODE_TCP)
        return err_field(e, "rules", "rules: a tcp frontend takes no rules");
    f->rules = ARENA_ARRAY(&f->arena, struct rule, list->count);
    JSON_EACH(child, list) {
        struct rule *r = &f->rules[f->rule_count];
        r->header = r->value = STR("");
        if (parse_rule(&f->arena, child, r, e)) {
            err_in(e, "rules[%zu]", f->rule_count);
            return err_wrap(e, "rules[%zu]", f->rule_count);
        }
        f->rule_count++;
    }
    return 0;
}

static int parse_fields(struct frontend *f, const struct json *o, struct err *e)
{
    static const char *const known[] = {"id",   "_type",     "key",   "name",    "bind", "backend",
                                        "mode", "keepalive", "rules", "natives", NULL};
    struct str bind = STR("");
    unsigned mode = MODE_HTTP, keepalive = KEEPALIVE_DEFAULT;

    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_known(o, known, e) || read_identity(o, "frontend", f->name, true, e) ||
        read_str(o, "bind", &f->arena, &bind, e) ||
        read_str(o, "backend", &f->arena, &f->backend, e) ||
        read_enum(o, "mode", mode_names, &mode, e) ||
        read_enum(o, "keepalive", keepalive_names, &keepalive, e))
        return -1;
    f->mode = (enum proxy_mode)mode;
    f->keepalive = (enum keepalive)keepalive;
    if (str_trim(bind).n == 0)
        return err_field(e, "bind", "bind: required");
    if (f->backend.n == 0)
        return err_field(e, "backend", "backend: required");
    if (bind_parse(&f->arena, bind, &f->bind, &f->bind_params, e) ||
        name_check(f->backend, "backend", e) || parse_rules(f, o, e) ||
        read_str_list(o, "natives", LIMIT_NATIVES, &f->arena, &f->natives, e))
        return -1;
    return natives_check(&f->natives, true, e);
}

struct frontend *frontend_parse(struct str name, const struct json *o, struct err *e)
{
    struct frontend *f;

    if (proxy_name_check(name, "name", e))
        return NULL;
    f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->refs = 1;
    f->name = arena_str(&f->arena, name);
    f->backend = f->bind_params = STR("");
    if (parse_fields(f, o, e)) {
        frontend_unref(f);
        return NULL;
    }
    return f;
}

struct frontend *frontend_ref(struct frontend *f)
{
    f->refs++;
    return f;
}

void frontend_unref(struct frontend *f)
{
    if (!f || --f->refs)
        return;
    arena_free(&f->arena);
    free(f);
}

static void put_rule(struct json_out *o, const struct rule *r)
{
    json_open_object(o, NULL);
    json_put_z(o, "type", op_types[r->op]);
    if (r->op == RULE_HDR_DOM)
        json_put_str(o, "header", r->header);
    json_put_z(o, "operation", op_names[r->op]);
    json_put_str(o, "value", r->value);
    json_put_str(o, "backend", r->backend);
    json_close_object(o);
}

void frontend_put(struct json_out *o, const char *key, const struct frontend *f)
{
    struct arena a = ARENA_INIT;

    json_open_object(o, key);
    json_put_str(o, "id", arena_printf(&a, "frontend/" STR_FMT, STR_ARG(f->name)));
    json_put_z(o, "_type", "frontend");
    json_put_str(o, "key", f->name);
    json_put_str(o, "name", f->name);
    json_put_str(o, "bind", bind_text(&a, &f->bind, f->bind_params));
    json_put_str(o, "backend", f->backend);
    json_put_z(o, "mode", mode_name(f->mode));
    json_put_z(o, "keepalive", keepalive_name(f->keepalive));
    json_open_array(o, "rules");
    for (size_t i = 0; i < f->rule_count; i++)
        put_rule(o, &f->rules[i]);
    json_close_array(o);
    put_str_list(o, "natives", &f->natives);
    json_close_object(o);
    arena_free(&a);
}

void frontend_text(const struct frontend *f, struct buf *to)
{
    struct json_out o;

    buf_init(to, SIZE_MAX / 4);
    json_out_init(&o, to, false);
    frontend_put(&o, NULL, f);
    json_out_fini(&o);
}

bool frontend_equal(const struct frontend *a, const struct frontend *b)
{
    struct buf ta, tb;

    frontend_text(a, &ta);
    frontend_text(b, &tb);
    return put_same(&ta, &tb);
}
