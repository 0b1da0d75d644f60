/* SPDX-License-Identifier: Apache-2.0 */
/* PUT /config: many objects in one change. */
#include "web/call.h"

#include <stdlib.h>

enum { CONFIG_MAX_OBJECTS = 4096 }; /* of each kind; each has an arena of its own */

/* The object's name: "key", or for a frontend "name". */
static int read_name(const struct json *o, bool name_too, struct arena *a, struct str *name,
                     struct err *e)
{
    *name = STR_NONE;
    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_str(o, "key", a, name, e))
        return -1;
    if (!name->n && name_too && read_str(o, "name", a, name, e))
        return -1;
    return name->n ? 0 : err_field(e, "key", "key: required");
}

static int read_frontend(struct call *c, const struct json *o, struct str *name, struct err *e)
{
    struct frontend *f;

    if (read_name(o, true, &c->x->arena, name, e) || !(f = frontend_parse(*name, o, e)))
        return -1;
    c->change.frontends[c->change.frontend_count++] = f;
    return 0;
}

static int read_backend(struct call *c, const struct json *o, struct str *name, struct err *e)
{
    struct backend *b;

    if (read_name(o, false, &c->x->arena, name, e) || !(b = backend_parse(*name, o, e)))
        return -1;
    c->change.backends[c->change.backend_count++] = b;
    return 0;
}

static int read_split(struct call *c, const struct json *o, struct str *name, struct err *e)
{
    struct split *s;

    if (read_name(o, false, &c->x->arena, name, e) || !(s = split_parse(*name, o, e)))
        return -1;
    c->change.splits[c->change.split_count++] = s;
    return 0;
}

static int read_policy(struct call *c, const struct json *o, struct str *name, struct err *e)
{
    struct policy *p;

    if (read_name(o, false, &c->x->arena, name, e) || !(p = policy_parse(*name, o, e)))
        return -1;
    c->change.policies[c->change.policy_count++] = p;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int check_unique(struct str *names, size_t count, const char *key, struct err *e)
{
    if (count)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 1; i < count; i++) {
        if (str_eq(names[i - 1], names[i]))
            return err_field(e, key, "%s: \"" STR_FMT "\" is there twice", key, STR_ARG(names[i]));
    }
    return 0;
}

static int read_list(struct call *c, const struct json *body, const char *key,
                     int (*read)(struct call *c, const struct json *o, struct str *name,
                                 struct err *e),
                     struct err *e)
{
    const struct json *list = json_get(body, key);
    struct str *names;
    size_t i = 0;

    if (!list)
        return 0;
    if (list->type != JSON_ARRAY)
        return err_field(e, key, "%s: an array wanted, this is %s", key,
                         json_type_name(list->type));
    if (list->count > CONFIG_MAX_OBJECTS)
        return err_field(e, key, "%s: more than %d objects", key, CONFIG_MAX_OBJECTS);
    names = ARENA_ARRAY(&c->x->arena, struct str, list->count);
    JSON_EACH(o, list) {
        if (read(c, o, &names[i], e))
            return err_in(e, "%s[%zu]", key, i);
        i++;
    }
    return check_unique(names, i, key, e);
}

static size_t count_of(const struct json *body, const char *key)
{
    const struct json *list = json_get(body, key);

    return list ? list->count : 0;
}

/* The form of the persistence file, so that one can be sent as it is. */
static int read_config(struct call *c, struct err *e)
{
    static const char *const known[] = {"version", "frontends", "backends",
                                        "splits",  "policies",  NULL};
    const struct json *o;
    struct arena *a = &c->x->arena;
    uint64_t version = 1;

    if (call_read_object(c, &o, e) || read_known(o, known, e) ||
        read_uint(o, "version", 1, 1, &version, e))
        return -1;
    c->change.frontends = ARENA_ARRAY(a, struct frontend *, count_of(o, "frontends"));
    c->change.backends = ARENA_ARRAY(a, struct backend *, count_of(o, "backends"));
    c->change.has_splits = json_get(o, "splits") != NULL;
    c->change.has_policies = json_get(o, "policies") != NULL;
    c->change.splits = ARENA_ARRAY(a, struct split *, count_of(o, "splits"));
    c->change.policies = ARENA_ARRAY(a, struct policy *, count_of(o, "policies"));
    if (read_list(c, o, "frontends", read_frontend, e) ||
        read_list(c, o, "backends", read_backend, e) || read_list(c, o, "splits", read_split, e) ||
        read_list(c, o, "policies", read_policy, e))
        return -1;
    return 0;
}

void route_put_config(struct call *c)
{
    struct err e;

    (void)call_begin_change(c, CHANGE_CONFIG);
    /* many objects have no entity tag: a precondition that cannot be checked is not met */
    if (etag_require(c->change.if_match, NULL, &e) || read_config(c, &e))
        call_refuse_change(c, &e);
    else
        call_submit_change(c);
}
