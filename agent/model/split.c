/* SPDX-License-Identifier: Apache-2.0 */
#include "model/split.h"

#include "model/names.h"

#include <stdlib.h>

enum { TARGETS = 2 };

struct target {
    struct str backend;
    uint64_t weight;
};

static const char *const sticky_names[] = {"cookie", "src", "none", NULL};

const char *split_sticky_name(enum split_sticky s)
{
    return sticky_names[s];
}

static int parse_target(struct split *s, const struct json *o, struct target *t, struct err *e)
{
    static const char *const known[] = {"backend", "weight", "observed", NULL};

    *t = (struct target){STR(""), UINT64_MAX};
    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_known(o, known, e) || read_str(o, "backend", &s->arena, &t->backend, e) ||
        proxy_name_check(t->backend, "backend", e) ||
        read_uint(o, "weight", 0, SPLIT_WHOLE, &t->weight, e))
        return -1;
    if (t->weight == UINT64_MAX)
        return err_field(e, "weight", "weight: required");
    return 0;
}

static int check_targets(struct split *s, const struct target t[TARGETS], struct err *e)
{
    bool second = str_eq(t[1].backend, s->backend);

    if (str_eq(t[0].backend, t[1].backend))
        return err_field(e, "targets[1].backend",
                         "targets[1]: backend: \"" STR_FMT "\" is given twice",
                         STR_ARG(t[1].backend));
    if (!second && !str_eq(t[0].backend, s->backend))
        return err_field(e, "targets", "targets: one of them must be \"" STR_FMT "\" itself",
                         STR_ARG(s->backend));
    if (t[0].weight + t[1].weight != SPLIT_WHOLE)
        return err_field(e, "targets", "targets: the weights make %u, not %d",
                         (unsigned)(t[0].weight + t[1].weight), SPLIT_WHOLE);
    s->other = t[!second].backend;
    s->share = (unsigned)t[!second].weight;
    return 0;
}

static int parse_targets(struct split *s, const struct json *o, struct err *e)
{
    const struct json *list = json_get(o, "targets");
    struct target targets[TARGETS] = {{STR_NONE, 0}};
    size_t i = 0;

    if (!list || list->type == JSON_NULL)
        return err_field(e, "targets", "targets: required");
    if (list->type != JSON_ARRAY)
        return err_field(e, "targets", "targets: a list wanted, this is %s",
                         json_type_name(list->type));
    if (list->count != TARGETS)
        return err_field(e, "targets",
                         "targets: two wanted, the backend itself and another one; these are %zu",
                         list->count);
    JSON_EACH(child, list) {
        if (parse_target(s, child, &targets[i], e)) {
            err_in(e, "targets[%zu]", i);
            return err_wrap(e, "targets[%zu]", i);
        }
        i++;
    }
    return check_targets(s, targets, e);
}

static int parse_fields(struct split *s, const struct json *o, struct err *e)
{
    static const char *const known[] = {"id", "_type", "key", "targets", "sticky", NULL};
    unsigned sticky = SPLIT_COOKIE;

    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_known(o, known, e) || read_identity(o, "split", s->backend, false, e) ||
        parse_targets(s, o, e) || read_enum(o, "sticky", sticky_names, &sticky, e))
        return -1;
    s->sticky = (enum split_sticky)sticky;
    return 0;
}

struct split *split_parse(struct str backend, const struct json *o, struct err *e)
{
    struct split *s;

    if (proxy_name_check(backend, "key", e))
        return NULL;
    s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->refs = 1;
    s->backend = arena_str(&s->arena, backend);
    if (parse_fields(s, o, e)) {
        split_unref(s);
        return NULL;
    }
    return s;
}

struct split *split_ref(struct split *s)
{
    s->refs++;
    return s;
}

void split_unref(struct split *s)
{
    if (!s || --s->refs)
        return;
    arena_free(&s->arena);
    free(s);
}

static void put_target(struct json_out *o, struct str backend, unsigned weight)
{
    json_open_object(o, NULL);
    json_put_str(o, "backend", backend);
    json_put_int(o, "weight", weight);
    json_close_object(o);
}

void split_put(struct json_out *o, const char *key, const struct split *s)
{
    struct arena a = ARENA_INIT;

    json_open_object(o, key);
    json_put_str(o, "id", arena_printf(&a, "split/" STR_FMT, STR_ARG(s->backend)));
    json_put_z(o, "_type", "split");
    json_put_str(o, "key", s->backend);
    json_open_array(o, "targets");
    put_target(o, s->backend, SPLIT_WHOLE - s->share);
    put_target(o, s->other, s->share);
    json_close_array(o);
    json_put_z(o, "sticky", sticky_names[s->sticky]);
    json_close_object(o);
    arena_free(&a);
}

void split_text(const struct split *s, struct buf *to)
{
    struct json_out o;

    buf_init(to, SIZE_MAX / 4);
    json_out_init(&o, to, false);
    split_put(&o, NULL, s);
    json_out_fini(&o);
}

bool split_equal(const struct split *a, const struct split *b)
{
    struct buf ta, tb;

    split_text(a, &ta);
    split_text(b, &tb);
    return put_same(&ta, &tb);
}

struct str split_entry(struct arena *a, const struct split *s)
{
    return arena_printf(a, "%u/" STR_FMT "/%s", s->share, STR_ARG(s->other),
                        sticky_names[s->sticky]);
}
