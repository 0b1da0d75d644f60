/* SPDX-License-Identifier: Apache-2.0 */
#include "store/persistence_overrides.h"

void persistence_put_overrides(struct json_out *o, const struct persistence *what)
{
    if (what->override_count == 0)
        return;
    json_open_array(o, "overrides");
    for (size_t i = 0; i < what->override_count; i++)
        override_set_show(o, what->overrides[i]);
    json_close_array(o);
}

static bool has_backend(const struct persistence *p, struct str name)
{
    for (size_t i = 0; i < p->backend_count; i++) {
        if (str_eq(p->backends[i]->name, name))
            return true;
    }
    return false;
}

/* The slot of the backend's set; a new one is empty. */
static struct override_set **slot(struct persistence *p, struct str backend)
{
    for (size_t i = 0; i < p->override_count; i++) {
        if (str_eq(p->overrides[i]->backend, backend))
            return &p->overrides[i];
    }
    *ARENA_PUSH(&p->arena, p->overrides, p->override_count) = override_set_new(backend);
    return &p->overrides[p->override_count - 1];
}

static int take(struct persistence *p, const struct json *o, struct err *e)
{
    struct str backend = STR("");
    struct override_set **at, *old;
    struct override one;

    if (override_read(&p->arena, o, &backend, &one, e))
        return -1;
    if (!has_backend(p, backend))
        return err_field(e, "backend", "backend: no such backend: \"" STR_FMT "\"",
                         STR_ARG(backend));
    at = slot(p, backend);
    old = *at;
    if (old->count >= LIMIT_OVERRIDES)
        return err_set(e, ERR_INVALID, "more than %d of one backend", LIMIT_OVERRIDES);
    *at = override_set_with(old, backend, &one);
    override_set_unref(old);
    return 0;
}

int persistence_take_overrides(struct persistence *p, const struct json *file, struct err *e)
{
    const struct json *list = json_get(file, "overrides");
    struct err why;
    size_t i = 0;

    if (!list || list->type == JSON_NULL)
        return 0;
    if (list->type != JSON_ARRAY)
        return err_field(e, "overrides", "overrides: a list wanted, this is %s",
                         json_type_name(list->type));
    JSON_EACH(o, list) {
        if (take(p, o, &why))
            *ARENA_PUSH(&p->arena, p->problems.items, p->problems.count) =
                arena_printf(&p->arena, "overrides[%zu]: %s", i, why.text);
        i++;
    }
    return 0;
}
