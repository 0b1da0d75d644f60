/* SPDX-License-Identifier: Apache-2.0 */
#include "model/desired.h"

#include "base/sorted.h"
#include "model/override.h"

#include <stdlib.h>

const char *server_admin_name(enum server_admin a)
{
    static const char *const names[] = {"ready", "drain", "maint"};

    return names[a];
}

struct desired_piece *desired_piece_new(struct override_set *overrides)
{
    struct desired_piece *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    p->refs = 1;
    p->overrides = overrides ? override_set_ref(overrides) : NULL;
    return p;
}

struct desired_piece *desired_piece_ref(struct desired_piece *p)
{
    p->refs++;
    return p;
}

static void piece_unref(struct desired_piece *p)
{
    if (!p || --p->refs)
        return;
    override_set_unref(p->overrides);
    arena_free(&p->arena);
    free(p);
}

static int compare(const void *name, const void *backend)
{
    return str_cmp(*(const struct str *)name,
                   ((const struct desired_backend *)backend)->object->name);
}

const struct desired_backend *desired_find(const struct desired_backend *backends, size_t count,
                                           struct str name)
{
    size_t at;

    return sorted_find(&name, backends, count, sizeof *backends, compare, &at) ? &backends[at]
                                                                               : NULL;
}

struct desired *desired_ref(struct desired *d)
{
    d->refs++;
    return d;
}

void desired_unref(struct desired *d)
{
    if (!d || --d->refs)
        return;
    for (size_t i = 0; i < d->backend_count; i++)
        piece_unref(d->backends[i].piece);
    for (size_t i = 0; i < d->frontend_count; i++)
        frontend_unref(d->frontends[i]);
    for (size_t i = 0; i < d->object_count; i++)
        backend_unref(d->objects[i]);
    for (size_t i = 0; i < d->split_count; i++)
        split_unref(d->splits[i]);
    arena_free(&d->arena);
    free(d);
}
