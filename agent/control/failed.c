/* SPDX-License-Identifier: Apache-2.0 */
#include "control/failed.h"

#include <stdlib.h>

static struct str copy(struct str s)
{
    char *p = malloc(s.n + 1);

    if (!p)
        abort();
    return (struct str){str_copy(p, s.n + 1, s), s.n};
}

static void *stored_version(const struct objects *o, bool frontend, struct str name)
{
    return frontend ? (void *)objects_frontend(o, name) : (void *)objects_backend(o, name);
}

static struct str name_of(const struct failed_object *f)
{
    return f->frontend ? ((const struct frontend *)f->object)->name
                       : ((const struct backend *)f->object)->name;
}

struct str failed_name(const struct failed_object *f, struct arena *a)
{
    return arena_printf(a, "%s/" STR_FMT, f->frontend ? "frontend" : "backend",
                        STR_ARG(name_of(f)));
}

static void item_free(struct failed_object *f)
{
    free((char *)(uintptr_t)f->error.p);
    free((char *)(uintptr_t)f->detail.p);
    if (f->frontend)
        frontend_unref(f->object);
    else
        backend_unref(f->object);
}

bool failed_note(struct failed_list *l, const struct objects *stored, struct str object,
                 struct str error, struct str detail)
{
    bool frontend = str_starts(object, STR("frontend/"));
    struct str name = object;
    void *version;

    (void)str_cut(&name, '/');
    version = name.p ? stored_version(stored, frontend, name) : NULL;
    if (!version)
        return false;
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].object == version)
            return false;
    }
    l->items = realloc(l->items, (l->count + 1) * sizeof *l->items);
    if (!l->items)
        abort();
    if (frontend)
        (void)frontend_ref(version);
    else
        (void)backend_ref(version);
    l->items[l->count++] = (struct failed_object){frontend, version, copy(error), copy(detail)};
    return true;
}

void failed_refresh(struct failed_list *l, const struct objects *stored)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->count; i++) {
        struct failed_object *f = &l->items[i];
        if (stored_version(stored, f->frontend, name_of(f)) == f->object)
            l->items[kept++] = *f;
        else
            item_free(f);
    }
    l->count = kept;
}

void failed_clear(struct failed_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        item_free(&l->items[i]);
    free(l->items);
    *l = (struct failed_list){0};
}

static void replace(struct objects *o, const struct failed_object *f, const struct objects *good)
{
    struct str name = name_of(f);
    void *better = good ? stored_version(good, f->frontend, name) : NULL;

    if (stored_version(o, f->frontend, name) != f->object)
        return; /* another version by now: it gets its chance */
    if (better == f->object)
        better = NULL;
    if (f->frontend && better)
        objects_put_frontend(o, better);
    else if (f->frontend)
        (void)objects_del_frontend(o, name);
    else if (better)
        objects_put_backend(o, better);
    else
        (void)objects_del_backend(o, name);
}

struct objects *failed_effective(const struct failed_list *l, struct objects *stored,
                                 const struct objects *good)
{
    struct objects *o;

    if (l->count == 0)
        return objects_ref(stored);
    o = objects_copy(stored);
    for (size_t i = 0; i < l->count; i++)
        replace(o, &l->items[i], good);
    return o;
}
