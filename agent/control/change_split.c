/* SPDX-License-Identifier: Apache-2.0 */
#include "control/change_split.h"

void change_put_split(struct objects *next, struct split *s, bool *changed)
{
    const struct split *old = objects_split(next, s->backend);

    if (old && split_equal(old, s))
        return;
    objects_put_split(next, s);
    *changed = true;
}

int change_delete_split(struct objects *next, struct str backend, bool *changed, struct err *e)
{
    if (!objects_del_split(next, backend))
        return err_set(e, ERR_NOT_FOUND, "backend \"" STR_FMT "\" has no split", STR_ARG(backend));
    *changed = true;
    return 0;
}

void change_drop_splits(struct objects *next, struct str backend, struct arena *a,
                        struct str_list *warnings)
{
    for (size_t i = next->split_count; i > 0; i--) {
        const struct split *s = next->splits[i - 1];
        if (!str_eq(s->backend, backend) && !str_eq(s->other, backend))
            continue;
        *ARENA_PUSH(a, warnings->items, warnings->count) = arena_printf(
            a, "the split of backend \"" STR_FMT "\" is deleted, too", STR_ARG(s->backend));
        (void)objects_del_split(next, arena_str(a, s->backend));
    }
}

/* Where in the request; count: nowhere. */
static size_t place_of(const struct change *c, struct str backend)
{
    size_t i = 0;

    while (i < c->split_count && !str_eq(c->splits[i]->backend, backend))
        i++;
    return i;
}

void change_prune_splits(struct objects *next, const struct change *c, bool *changed)
{
    for (size_t i = next->split_count; i > 0; i--) {
        struct str backend = next->splits[i - 1]->backend;
        if (place_of(c, backend) == c->split_count)
            *changed = objects_del_split(next, backend) || *changed;
    }
}

static int blame(const struct change *c, const struct split *s, const char *field, struct err *e)
{
    size_t at = place_of(c, s->backend);

    if (at == c->split_count) /* the request is about a backend: gone, or of another mode */
        return err_in(e, c->kind == CONTROL_PUT_ALL ? "backends" : "mode");
    err_in(e, "%s", field);
    return c->kind == CONTROL_PUT_ALL ? err_in(e, "splits[%zu]", at) : -1;
}

static int check_target(const struct objects *next, const struct change *c, const struct split *s,
                        struct str backend, const char *field, struct err *e)
{
    const struct backend *b = objects_backend(next, backend);

    if (b && b->mode == MODE_HTTP)
        return 0;
    if (b)
        err_set(e, ERR_CONFLICT,
                "split of \"" STR_FMT "\": backend \"" STR_FMT
                "\" has mode tcp: only HTTP can be split",
                STR_ARG(s->backend), STR_ARG(backend));
    else
        err_set(e, ERR_CONFLICT, "split of \"" STR_FMT "\": backend \"" STR_FMT "\" does not exist",
                STR_ARG(s->backend), STR_ARG(backend));
    return blame(c, s, field, e);
}

int change_check_splits(const struct objects *next, const struct change *c, struct err *e)
{
    for (size_t i = 0; i < next->split_count; i++) {
        const struct split *s = next->splits[i];
        if (check_target(next, c, s, s->backend, "key", e) ||
            check_target(next, c, s, s->other, "targets", e))
            return -1;
    }
    return 0;
}
