/* SPDX-License-Identifier: Apache-2.0 */
#include "control/failed.h"

#include <stdlib.h>

enum { RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 60 * 1000 };

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

static void free_words(struct failed_object *f)
{
    free((char *)(uintptr_t)f->error.p);
    free((char *)(uintptr_t)f->detail.p);
}

static void item_free(struct failed_object *f)
{
    free_words(f);
    if (f->frontend)
        frontend_unref(f->object);
    else
        backend_unref(f->object);
}

static struct failed_object *find(const struct failed_list *l, const void *version)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].object == version)
            return &l->items[i];
    }
    return NULL;
}

static struct failed_object *add(struct failed_list *l, bool frontend, void *version)
{
    l->items = realloc(l->items, (l->count + 1) * sizeof *l->items);
    if (!l->items)
        abort();
    if (frontend)
        (void)frontend_ref(version);
    else
        (void)backend_ref(version);
    l->items[l->count] = (struct failed_object){.frontend = frontend, .object = version};
    return &l->items[l->count++];
}

static void note_again(struct failed_object *f, const struct failure *why)
{
    free_words(f);
    f->error = copy(why->error);
    f->detail = copy(why->detail);
    f->retrying = false;
    f->pause_ms = f->pause_ms ? f->pause_ms * 2 : RETRY_FIRST_MS;
    if (f->pause_ms > RETRY_MAX_MS)
        f->pause_ms = RETRY_MAX_MS;
    f->retry_ms = why->passes ? why->now_ms + f->pause_ms : FAILED_NEVER;
}

/* The stored version that "frontend/web" or "backend/live" means. */
static void *version_of(const struct objects *stored, struct str object, bool *frontend)
{
    struct str name = object;

    *frontend = str_starts(object, STR("frontend/"));
    (void)str_cut(&name, '/');
    return name.p ? stored_version(stored, *frontend, name) : NULL;
}

bool failed_note(struct failed_list *l, const struct objects *stored, struct str object,
                 const struct failure *why)
{
    bool frontend;
    void *version = version_of(stored, object, &frontend);
    struct failed_object *f = version ? find(l, version) : NULL;

    if (!version || (f && !f->retrying))
        return false;
    note_again(f ? f : add(l, frontend, version), why);
    return true;
}

int64_t failed_due_ms(const struct failed_list *l)
{
    int64_t due = FAILED_NEVER;

    for (size_t i = 0; i < l->count; i++) {
        const struct failed_object *f = &l->items[i];
        if (!f->retrying && f->retry_ms != FAILED_NEVER &&
            (due == FAILED_NEVER || f->retry_ms < due))
            due = f->retry_ms;
    }
    return due;
}

bool failed_retry(struct failed_list *l, int64_t now_ms)
{
    bool any = false;

    for (size_t i = 0; i < l->count; i++) {
        struct failed_object *f = &l->items[i];
        if (f->retrying || f->retry_ms == FAILED_NEVER || f->retry_ms > now_ms)
            continue;
        f->retrying = any = true;
    }
    return any;
}

void failed_taken(struct failed_list *l)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].retrying)
            item_free(&l->items[i]);
        else
            l->items[kept++] = l->items[i];
    }
    l->count = kept;
}

bool failed_is_retried(const struct failed_list *l, struct str object)
{
    bool retried = false;
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < l->count && !retried; i++)
        retried = l->items[i].retrying && str_eq(failed_name(&l->items[i], &a), object);
    arena_free(&a);
    return retried;
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
    for (size_t i = 0; i < l->count; i++) {
        if (!l->items[i].retrying)
            replace(o, &l->items[i], good);
    }
    return o;
}
