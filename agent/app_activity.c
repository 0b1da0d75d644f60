/* SPDX-License-Identifier: Apache-2.0 */
#include "app_stream.h"

#include "base/log.h"

#include <stdio.h>

enum { ENTRY_BYTES = 512 * 1024 };

void app_note_entry(struct app *a, struct activity *what)
{
    struct buf entry;
    uint64_t seq;
    struct err e;

    what->time_ms = app_wall_ms();
    what->generation = a->stored ? a->stored->generation : 0;
    buf_init(&entry, ENTRY_BYTES);
    if (activity_append(a->activity, what, &seq, &entry, &e))
        log_warn("activity: %s", e.text);
    else
        app_stream_activity(a, buf_str(&entry));
    buf_free(&entry);
}

void app_note(struct app *a, const char *verb, struct str object, const char *actor,
              const char *format, ...)
{
    char reason[ACTIVITY_TEXT_MAX];
    struct activity what = {.verb = str_z(verb), .object = object, .actor = str_z(actor)};
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(reason, sizeof reason, format, ap);
    va_end(ap);
    what.reason = str_z(reason);
    app_note_entry(a, &what);
}

enum { MEMBERS_NOTED = 50 }; /* of one backend at once; more become one line */

struct difference {
    struct app *app;
    const struct desired_backend *backend;
    const char *verb;
    size_t count;
};

static void note_member(struct difference *d, const struct desired_server *s)
{
    struct arena arena = ARENA_INIT;

    if (d->count++ < MEMBERS_NOTED)
        app_note(d->app, d->verb,
                 arena_printf(&arena, "backend/" STR_FMT "/" STR_FMT,
                              STR_ARG(d->backend->object->name), STR_ARG(s->name)),
                 "registry", STR_FMT ":%u, " STR_FMT, STR_ARG(s->address), (unsigned)s->port,
                 STR_ARG(s->source));
    arena_free(&arena);
}

/* Servers of `from` that `to` does not have; both are sorted. */
static void note_missing(struct difference d, const struct desired_backend *from,
                         const struct desired_backend *to)
{
    size_t k = 0;

    for (size_t i = 0; i < from->server_count; i++) {
        while (k < to->server_count && str_cmp(to->servers[k].name, from->servers[i].name) < 0)
            k++;
        if (from->servers[i].leaving || (k < to->server_count && !to->servers[k].leaving &&
                                         str_eq(to->servers[k].name, from->servers[i].name)))
            continue;
        note_member(&d, &from->servers[i]);
    }
    if (d.count > MEMBERS_NOTED)
        app_note(d.app, d.verb, d.backend->object->name, "registry", "and %zu more members",
                 d.count - MEMBERS_NOTED);
}

static int order_of(const struct desired_backend *a, const struct desired_backend *b)
{
    return a->object == b->object ? 0 : str_cmp(a->object->name, b->object->name);
}

void app_note_members(struct app *a, const struct desired *old, const struct desired *new)
{
    size_t k = 0;

    for (size_t i = 0; i < new->backend_count; i++) {
        const struct desired_backend *b = &new->backends[i], *was;
        while (k < old->backend_count && order_of(&old->backends[k], b) < 0)
            k++;
        if (k == old->backend_count || order_of(&old->backends[k], b) != 0)
            continue;
        was = &old->backends[k++];
        if (was->servers == b->servers)
            continue; /* shared: the same */
        note_missing((struct difference){a, b, "online", 0}, b, was);
        note_missing((struct difference){a, b, "offline", 0}, was, b);
    }
}
