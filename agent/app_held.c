/* SPDX-License-Identifier: Apache-2.0 */
#include "app_held.h"

#include <stdlib.h>
#include <string.h>

/* Only of backends of which there is something to tell. */
struct app_held_note {
    struct app_held_note *next;
    char *backend;
    size_t held;
    bool panic;
};

static struct app_held_note **find(struct app *a, struct str backend)
{
    struct app_held_note **at = &a->held_notes;

    while (*at && !str_eq_z(backend, (*at)->backend))
        at = &(*at)->next;
    return at;
}

static void remember(struct app *a, struct str backend, size_t held, bool panic)
{
    struct app_held_note **at = find(a, backend), *n = *at;

    if (!held && !panic) {
        if (n) {
            *at = n->next;
            free(n->backend);
            free(n);
        }
        return;
    }
    if (!n) {
        n = calloc(1, sizeof *n);
        if (!n || !(n->backend = strndup(backend.p, backend.n)))
            abort();
        *at = n;
    }
    n->held = held;
    n->panic = panic;
}

void app_held_load(struct app *a)
{
    struct catalog *c = subscriptions_catalog(a->registry);
    struct pool_view *view;
    struct str name;

    for (size_t i = 0; (view = catalog_each(c, i, &name)); i++)
        remember(a, name, view->held_count, view->panic);
}

void app_held_look(struct app *a, struct str backend)
{
    const struct pool_view *view = catalog_view(subscriptions_catalog(a->registry), backend);
    const struct app_held_note *n = *find(a, backend);
    size_t held = view ? view->held_count : 0, had = n ? n->held : 0;
    bool panic = view && view->panic, had_panic = n && n->panic;
    struct arena arena = ARENA_INIT;
    struct str id = arena_printf(&arena, "backend/" STR_FMT, STR_ARG(backend));

    remember(a, backend, held, panic);
    if (held > had)
        app_note(a, "held", id, "registry", "%zu member%s: %s", held, held == 1 ? "" : "s",
                 hold_reason(view->held[0].hold));
    else if (had && !held)
        app_note(a, "holdEnded", id, "registry", "no member is held any more");
    if (panic && !had_panic)
        app_note(a, "panic", id, "registry", "all members fail: they serve all the same");
    else if (had_panic && !panic)
        app_note(a, "panicEnded", id, "registry", "there are members that do not fail");
    arena_free(&arena);
}

void app_held_free(struct app *a)
{
    while (a->held_notes) {
        struct app_held_note *n = a->held_notes;
        a->held_notes = n->next;
        free(n->backend);
        free(n);
    }
}
