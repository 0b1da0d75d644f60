/* SPDX-License-Identifier: Apache-2.0 */
#include "store/persistence.h"

#include "base/file.h"
#include "base/sorted.h"
#include "store/persistence_overrides.h"

#include <string.h>

enum object_kind {
    OBJECT_NONE,
    OBJECT_FILE,
    OBJECT_FRONTEND,
    OBJECT_RULE,
    OBJECT_BACKEND,
    OBJECT_HEALTH,
    OBJECT_MEMBER,
    OBJECT_SPLIT,
    OBJECT_TARGET,
    OBJECT_POLICY
};

static const struct field {
    enum object_kind object;
    const char *name;
    enum object_kind inner;
} fields[] = {
#define FIELD(object, name, inner) {OBJECT_##object, name, OBJECT_##inner},
#include "store/fields.def"
#undef FIELD
};

static const struct field *field_find(enum object_kind object, struct str name)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].object == object && str_eq_z(name, fields[i].name))
            return &fields[i];
    }
    return NULL;
}

static void add_line(struct persistence *p, struct str_list *list, struct str line)
{
    *ARENA_PUSH(&p->arena, list->items, list->count) = line;
}

static const char *name_of(enum object_kind kind)
{
    return kind == OBJECT_FRONTEND  ? "frontend"
           : kind == OBJECT_BACKEND ? "backend"
           : kind == OBJECT_SPLIT   ? "split"
           : kind == OBJECT_POLICY  ? "policy"
                                    : NULL;
}

static bool is_stored(enum object_kind kind)
{
    return name_of(kind) != NULL;
}

static void strip(struct persistence *p, enum object_kind kind, struct json *o, struct str where);

static void strip_inner(struct persistence *p, enum object_kind kind, struct json *value,
                        struct str where)
{
    size_t i = 0;

    if (value->type != JSON_ARRAY) {
        strip(p, kind, value, where);
        return;
    }
    for (struct json *child = value->first; child; child = child->next)
        strip(p, kind, child, arena_printf(&p->arena, STR_FMT "[%zu]", STR_ARG(where), i++));
}

/* Unlink the fields that are not known, at every depth, with a warning each. The recursion is as
 * deep as the table. */
static void strip(struct persistence *p, enum object_kind kind, struct json *o, struct str where)
{
    if (kind == OBJECT_NONE || o->type != JSON_OBJECT)
        return;
    for (struct json **link = &o->first; *link;) {
        struct json *child = *link;
        const struct field *field = field_find(kind, child->key);
        struct str path = arena_printf(&p->arena, STR_FMT "%s" STR_FMT, STR_ARG(where),
                                       is_stored(kind) ? ": "
                                       : where.n       ? "."
                                                       : "",
                                       STR_ARG(child->key));
        if (!field) {
            add_line(p, &p->warnings,
                     arena_printf(&p->arena, STR_FMT ": unknown field, ignored", STR_ARG(path)));
            *link = child->next;
            o->count--;
            continue;
        }
        strip_inner(p, field->inner, child, path);
        link = &child->next;
    }
}

static struct str text_of(const struct json *o, const char *key)
{
    const struct json *v = json_get(o, key);

    return v && v->type == JSON_STRING ? v->text : STR_NONE;
}

/* The name of an object: `key`, else a frontend's `name`, else what stands in `id` behind the
 * slash. */
static struct str object_name(enum object_kind kind, const struct json *o)
{
    struct str name = text_of(o, "key");

    if (!name.n && kind == OBJECT_FRONTEND)
        name = text_of(o, "name");
    if (!name.n) {
        name = text_of(o, "id");
        (void)str_cut(&name, '/');
    }
    return name;
}

static int compare_frontend(const void *name, const void *item)
{
    return str_cmp(*(const struct str *)name, (*(struct frontend *const *)item)->name);
}

static int compare_backend(const void *name, const void *item)
{
    return str_cmp(*(const struct str *)name, (*(struct backend *const *)item)->name);
}

static int compare_split(const void *name, const void *item)
{
    return str_cmp(*(const struct str *)name, (*(struct split *const *)item)->backend);
}

static int compare_policy(const void *name, const void *item)
{
    return str_cmp(*(const struct str *)name, (*(struct policy *const *)item)->name);
}

static int take_frontend(struct persistence *p, struct str name, const struct json *o,
                         struct err *e)
{
    struct frontend *f;
    size_t at;

    if (sorted_find(&name, p->frontends, p->frontend_count, sizeof *p->frontends, compare_frontend,
                    &at))
        return err_set(e, ERR_CONFLICT, "listed twice");
    f = frontend_parse(name, o, e);
    if (!f)
        return -1;
    (void)ARENA_PUSH(&p->arena, p->frontends, p->frontend_count);
    memmove(p->frontends + at + 1, p->frontends + at,
            (p->frontend_count - 1 - at) * sizeof *p->frontends);
    p->frontends[at] = f;
    return 0;
}

static int take_backend(struct persistence *p, struct str name, const struct json *o, struct err *e)
{
    struct backend *b;
    size_t at;

    if (sorted_find(&name, p->backends, p->backend_count, sizeof *p->backends, compare_backend,
                    &at))
        return err_set(e, ERR_CONFLICT, "listed twice");
    b = backend_parse(name, o, e);
    if (!b)
        return -1;
    (void)ARENA_PUSH(&p->arena, p->backends, p->backend_count);
    memmove(p->backends + at + 1, p->backends + at,
            (p->backend_count - 1 - at) * sizeof *p->backends);
    p->backends[at] = b;
    return 0;
}

static int take_split(struct persistence *p, struct str name, const struct json *o, struct err *e)
{
    struct split *s;
    size_t at;

    if (sorted_find(&name, p->splits, p->split_count, sizeof *p->splits, compare_split, &at))
        return err_set(e, ERR_CONFLICT, "listed twice");
    s = split_parse(name, o, e);
    if (!s)
        return -1;
    (void)ARENA_PUSH(&p->arena, p->splits, p->split_count);
    memmove(p->splits + at + 1, p->splits + at, (p->split_count - 1 - at) * sizeof *p->splits);
    p->splits[at] = s;
    return 0;
}

static int take_policy(struct persistence *p, struct str name, const struct json *o, struct err *e)
{
    struct policy *policy;
    size_t at;

    if (sorted_find(&name, p->policies, p->policy_count, sizeof *p->policies, compare_policy, &at))
        return err_set(e, ERR_CONFLICT, "listed twice");
    policy = policy_parse(name, o, e);
    if (!policy)
        return -1;
    (void)ARENA_PUSH(&p->arena, p->policies, p->policy_count);
    memmove(p->policies + at + 1, p->policies + at,
            (p->policy_count - 1 - at) * sizeof *p->policies);
    p->policies[at] = policy;
    return 0;
}

static int take(struct persistence *p, enum object_kind kind, struct str name, const struct json *o,
                struct err *e)
{
    if (kind == OBJECT_FRONTEND)
        return take_frontend(p, name, o, e);
    if (kind == OBJECT_BACKEND)
        return take_backend(p, name, o, e);
    return kind == OBJECT_SPLIT ? take_split(p, name, o, e) : take_policy(p, name, o, e);
}

static void take_object(struct persistence *p, enum object_kind kind, struct json *o, size_t i)
{
    const char *list = name_of(kind);
    struct str name = object_name(kind, o), where;
    const struct json *type = json_get(o, "type");
    struct json *members;
    struct err e;
    int rc;

    where = name.n ? arena_printf(&p->arena, "%s " STR_FMT, list, STR_ARG(name))
                   : arena_printf(&p->arena, "%ss[%zu]", list, i);
    members = (struct json *)json_get(o, "members");
    if (members && type && str_eq_z(type->text, "dynamic"))
        members->type = JSON_NULL; /* the registry's, not the file's: neither read nor warned of */
    strip(p, kind, o, where);
    rc = take(p, kind, name, o, &e);
    if (rc)
        add_line(p, &p->problems, arena_printf(&p->arena, STR_FMT ": %s", STR_ARG(where), e.text));
}

static int take_list(struct persistence *p, const struct json *file, enum object_kind kind,
                     struct err *e)
{
    const char *key = kind == OBJECT_FRONTEND  ? "frontends"
                      : kind == OBJECT_BACKEND ? "backends"
                      : kind == OBJECT_SPLIT   ? "splits"
                                               : "policies";
    const struct json *list = json_get(file, key);
    size_t i = 0;

    if (!list || list->type == JSON_NULL)
        return 0;
    if (list->type != JSON_ARRAY)
        return err_field(e, key, "%s: a list wanted, this is %s", key, json_type_name(list->type));
    if (list->count > PERSISTENCE_OBJECTS_MAX)
        return err_field(e, key, "%s: more than %d", key, PERSISTENCE_OBJECTS_MAX);
    for (struct json *o = list->first; o; o = o->next)
        take_object(p, kind, o, i++);
    return 0;
}

static int check_version(const struct json *file, struct err *e)
{
    const struct json *version = json_get(file, "version");

    if (file->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(file->type));
    if (version && (!version->is_integer || version->integer != PERSISTENCE_VERSION))
        return err_field(e, "version", "version: " STR_FMT " is not known (%d wanted)",
                         STR_ARG(version->text), PERSISTENCE_VERSION);
    return 0;
}

int persistence_read(const char *path, struct persistence *out, struct err *e)
{
    struct json *file = NULL;
    struct buf text;
    int rc;

    *out = (struct persistence){.arena = ARENA_INIT};
    buf_init(&text, PERSISTENCE_FILE_MAX);
    rc = file_read(path, &text, e); /* its errors name the path */
    if (rc == 0) {
        rc = json_parse(&out->arena, buf_str(&text), JSON_MAX_DEPTH, &file, e);
        if (rc == 0)
            rc = check_version(file, e);
        if (rc == 0)
            strip(out, OBJECT_FILE, file, STR(""));
        if (rc == 0)
            rc = take_list(out, file, OBJECT_FRONTEND, e) ||
                 take_list(out, file, OBJECT_BACKEND, e) || take_list(out, file, OBJECT_SPLIT, e) ||
                 take_list(out, file, OBJECT_POLICY, e) || persistence_take_overrides(out, file, e);
        if (rc)
            (void)err_wrap(e, "%s", path);
    }
    buf_free(&text);
    return rc ? -1 : 0;
}

void persistence_free(struct persistence *p)
{
    for (size_t i = 0; i < p->frontend_count; i++)
        frontend_unref(p->frontends[i]);
    for (size_t i = 0; i < p->backend_count; i++)
        backend_unref(p->backends[i]);
    for (size_t i = 0; i < p->split_count; i++)
        split_unref(p->splits[i]);
    for (size_t i = 0; i < p->policy_count; i++)
        policy_unref(p->policies[i]);
    for (size_t i = 0; i < p->override_count; i++)
        override_set_unref(p->overrides[i]);
    arena_free(&p->arena);
    *p = (struct persistence){.arena = ARENA_INIT};
}

static void put_splits(struct json_out *o, const struct persistence *what)
{
    if (what->split_count == 0)
        return;
    json_open_array(o, "splits");
    for (size_t i = 0; i < what->split_count; i++)
        split_put(o, NULL, what->splits[i]);
    json_close_array(o);
}

static void put_policies(struct json_out *o, const struct persistence *what)
{
    if (what->policy_count == 0)
        return;
    json_open_array(o, "policies");
    for (size_t i = 0; i < what->policy_count; i++)
        policy_put(o, NULL, what->policies[i]);
    json_close_array(o);
}

int persistence_write(const char *path, const struct persistence *what, struct err *e)
{
    struct json_out o;
    struct buf text;
    int rc;

    buf_init(&text, PERSISTENCE_FILE_MAX);
    json_out_init(&o, &text, true);
    json_open_object(&o, NULL);
    json_put_int(&o, "version", PERSISTENCE_VERSION);
    json_open_array(&o, "frontends");
    for (size_t i = 0; i < what->frontend_count; i++)
        frontend_put(&o, NULL, what->frontends[i]);
    json_close_array(&o);
    json_open_array(&o, "backends");
    for (size_t i = 0; i < what->backend_count; i++)
        backend_put(&o, NULL, what->backends[i], NULL);
    json_close_array(&o);
    put_splits(&o, what);
    put_policies(&o, what);
    persistence_put_overrides(&o, what);
    json_close_object(&o);
    json_out_fini(&o);
    rc = buf_failed(&text)
             ? err_set(e, ERR_TOO_LARGE, "%s: larger than %d bytes", path, PERSISTENCE_FILE_MAX)
             : file_write_atomic(path, buf_str(&text), 0644, e);
    buf_free(&text);
    return rc;
}
