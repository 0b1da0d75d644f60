/* SPDX-License-Identifier: Apache-2.0 */
/* A change that is stored, as the activity tells it: who, what, and what it was before. */
#include "app_change.h"

#include "app_override.h"
#include "control/objects_compare.h"

enum { TEXT_BYTES = 16 * 1024 * 1024 };

static const struct word {
    const char *verb;
    enum object_type type; /* OBJECT_TYPES: of no one object */
} words[] = {
    [CHANGE_PUT_FRONTEND] = {"changed", OBJECT_FRONTEND},
    [CHANGE_DELETE_FRONTEND] = {"deleted", OBJECT_FRONTEND},
    [CHANGE_PUT_BACKEND] = {"changed", OBJECT_BACKEND},
    [CHANGE_DELETE_BACKEND] = {"deleted", OBJECT_BACKEND},
    [CHANGE_PUT_SPLIT] = {"changed", OBJECT_SPLIT},
    [CHANGE_DELETE_SPLIT] = {"deleted", OBJECT_SPLIT},
    [CHANGE_PUT_POLICY] = {"changed", OBJECT_POLICY},
    [CHANGE_DELETE_POLICY] = {"deleted", OBJECT_POLICY},
    [CHANGE_SWITCH] = {"switched", OBJECT_BACKEND},
    [CHANGE_CONFIG] = {"changed", OBJECT_TYPES},
    [CHANGE_ACCEPT_LOSS] = {"accepted", OBJECT_BACKEND},
};

static struct str switch_reason(struct app_change *c, const struct objects *before)
{
    const struct backend *old = objects_backend(before, c->wish->name);
    const struct backend *new = objects_backend(c->app->stored, c->wish->name);

    if (!old || !new)
        return STR("");
    if (str_eq(old->service, new->service))
        return arena_printf(&c->arena, "version " STR_FMT " -> " STR_FMT, STR_ARG(old->version),
                            STR_ARG(new->version));
    return arena_printf(&c->arena, STR_FMT "@" STR_FMT " -> " STR_FMT "@" STR_FMT,
                        STR_ARG(old->service), STR_ARG(old->version), STR_ARG(new->service),
                        STR_ARG(new->version));
}

struct listing {
    struct arena *arena;
    struct buf changed, deleted;
    size_t left_out;
};

static void list_pair(void *ctx, const struct object_pair *pair)
{
    struct listing *l = ctx;
    struct buf *to = pair->after ? &l->changed : &l->deleted;
    struct str id;

    if (pair->before == pair->after)
        return;
    id = object_id(l->arena, pair->type, pair->name);
    if (to->n + id.n + 2 > to->limit) {
        l->left_out++;
        return;
    }
    buf_add_z(to, to->n ? ", " : "");
    buf_add_str(to, id);
}

/* "backend/a, backend/b; deleted: frontend/c" */
static struct str config_reason(struct app_change *c, const struct objects *before)
{
    struct listing l = {.arena = &c->arena};
    struct str text;

    buf_init(&l.changed, ACTIVITY_TEXT_MAX / 2 - 50);
    buf_init(&l.deleted, ACTIVITY_TEXT_MAX / 2 - 50);
    objects_compare(before, c->app->stored, list_pair, &l);
    text = arena_printf(&c->arena, STR_FMT "%s" STR_FMT, STR_ARG(buf_str(&l.changed)),
                        !l.deleted.n  ? ""
                        : l.changed.n ? "; deleted: "
                                      : "deleted: ",
                        STR_ARG(buf_str(&l.deleted)));
    if (l.left_out)
        text = arena_printf(&c->arena, STR_FMT " and %zu more", STR_ARG(text), l.left_out);
    buf_free(&l.changed);
    buf_free(&l.deleted);
    return text;
}

static void note_object(struct app_change *c, const struct word *w, const struct objects *before)
{
    struct activity what = {.verb = str_z(w->verb),
                            .object = object_id(&c->arena, w->type, c->wish->name),
                            .actor = str_z(c->wish->actor)};
    struct buf old, new;

    buf_init(&old, TEXT_BYTES);
    buf_init(&new, TEXT_BYTES);
    object_text(before, w->type, c->wish->name, &old);
    object_text(c->app->stored, w->type, c->wish->name, &new);
    what.before = buf_str(&old);
    what.after = buf_str(&new);
    app_note_entry(c->app, &what);
    buf_free(&old);
    buf_free(&new);
}

void app_change_note(struct app_change *c, const struct objects *before)
{
    const struct word *w = &words[c->wish->kind];
    struct str id;

    switch (c->wish->kind) {
    case CHANGE_OVERRIDE: app_override_note(c); return;
    case CHANGE_CONFIG:
        app_note(c->app, w->verb, STR("config"), c->wish->actor, STR_FMT,
                 STR_ARG(config_reason(c, before)));
        return;
    case CHANGE_SWITCH:
    case CHANGE_ACCEPT_LOSS:
        id = object_id(&c->arena, w->type, c->wish->name);
        app_note(c->app, w->verb, id, c->wish->actor, STR_FMT, STR_ARG(switch_reason(c, before)));
        return;
    case CHANGE_PUT_FRONTEND:
    case CHANGE_DELETE_FRONTEND:
    case CHANGE_PUT_BACKEND:
    case CHANGE_DELETE_BACKEND:
    case CHANGE_PUT_SPLIT:
    case CHANGE_DELETE_SPLIT:
    case CHANGE_PUT_POLICY:
    case CHANGE_DELETE_POLICY: note_object(c, w, before); return;
    }
}
