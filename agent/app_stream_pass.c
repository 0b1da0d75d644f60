/* SPDX-License-Identifier: Apache-2.0 */
#include "app_stream_pass.h"

#include "app_view.h"
#include "base/hash.h"
#include "control/objects_compare.h"
#include "web/look.h"

#include <stdlib.h>

static const enum hub_type hub_types[OBJECT_TYPES] = {HUB_FRONTEND, HUB_BACKEND, HUB_SPLIT,
                                                      HUB_POLICY};

struct step {
    enum hub_type type;
    struct str name;
};

struct stream_pass {
    struct objects *seen; /* of the pass before; NULL: there was none */
    uint64_t *observed;   /* hash of what HAProxy said of seen->backends[i] */
    struct scope touched; /* backends */
    struct arena arena;   /* of the steps */
    struct step *steps;
    size_t step_count, next;
    struct buf text;
};

struct stream_pass *stream_pass_new(void)
{
    struct stream_pass *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    buf_init(&p->text, APP_VIEW_BYTES);
    return p;
}

void stream_pass_free(struct stream_pass *p)
{
    objects_unref(p->seen);
    scope_fini(&p->touched);
    arena_free(&p->arena);
    buf_free(&p->text);
    free(p->observed);
    free(p);
}

void stream_pass_touch(struct stream_pass *p, struct str backend)
{
    if (!p->seen)
        return; /* the first pass looks at all */
    if (backend.n) {
        scope_add(&p->touched, backend);
    } else {
        scope_fini(&p->touched);
        p->touched = SCOPE_ALL;
    }
}

/* --- which --- */

static void add_step(struct stream_pass *p, enum hub_type type, struct str name)
{
    *ARENA_PUSH(&p->arena, p->steps, p->step_count) =
        (struct step){type, arena_str(&p->arena, name)};
}

/* What HAProxy says of the servers, but for their sessions. */
static uint64_t observed_of(const struct app *a, struct str backend)
{
    struct str proxy = app_serving_proxy(a, backend);
    const struct have_backend *b = a->have ? have_find_backend(a->have, proxy) : NULL;
    uint64_t hash = a->have ? 1 : 0;

    for (size_t i = 0; b && i < b->count; i++) {
        const struct have_server *s = &b->servers[i];
        unsigned said[] = {s->op, s->admin, s->uweight};
        hash = hash * 31 + hash_str(s->name);
        hash = hash * 31 + hash_str((struct str){(const char *)said, sizeof said});
    }
    return hash;
}

struct comparison {
    struct stream_pass *pass;
    const struct objects *stored;
    struct hub *hub;
    const uint64_t *observed; /* of the backends stored now */
    size_t old_at, new_at;    /* the next backend of each */
};

static bool is_backend_touched(const struct comparison *c, struct str name)
{
    const struct stream_pass *p = c->pass;

    return c->observed[c->new_at] != p->observed[c->old_at] || scope_has(&p->touched, name) ||
           objects_overrides(p->seen, name) != objects_overrides(c->stored, name);
}

static void on_pair(void *ctx, const struct object_pair *pair)
{
    struct comparison *c = ctx;
    bool is_backend = pair->type == OBJECT_BACKEND;

    if (!pair->after)
        (void)hub_del(c->hub, hub_types[pair->type],
                      object_id(&c->pass->arena, pair->type, pair->name));
    else if (pair->before != pair->after || (is_backend && is_backend_touched(c, pair->name)))
        add_step(c->pass, hub_types[pair->type], pair->name);
    c->old_at += is_backend && pair->before;
    c->new_at += is_backend && pair->after;
}

static uint64_t *observe_all(const struct app *a)
{
    const struct objects *o = a->stored;
    uint64_t *observed = calloc(o->backend_count + 1, sizeof *observed);

    if (!observed)
        abort();
    for (size_t i = 0; i < o->backend_count; i++)
        observed[i] = observed_of(a, o->backends[i]->name);
    return observed;
}

void stream_pass_begin(struct stream_pass *p, struct app *a, struct hub *h)
{
    uint64_t *observed = observe_all(a);
    struct comparison c = {.pass = p, .stored = a->stored, .hub = h, .observed = observed};

    arena_free(&p->arena);
    p->steps = NULL;
    p->step_count = p->next = 0;
    objects_compare(p->seen, a->stored, on_pair, &c);
    add_step(p, HUB_STATUS, STR(""));
    scope_fini(&p->touched);
    free(p->observed);
    p->observed = observed;
    objects_unref(p->seen);
    p->seen = objects_ref(a->stored);
}

/* --- one of them --- */

static int write_object(struct stream_pass *p, struct app *a, const struct step *s)
{
    struct etag etag;
    struct err e;

    buf_reset(&p->text);
    switch (s->type) {
    case HUB_FRONTEND: return app_view_frontend(a, s->name, &p->text, &etag, &e);
    case HUB_BACKEND: return app_view_backend(a, s->name, &p->text, &etag, &e);
    case HUB_SPLIT: return app_view_split(a, s->name, &p->text, &etag, &e);
    case HUB_POLICY: return app_view_policy(a, s->name, &p->text, &etag, &e);
    case HUB_STATUS: return app_view_status(a, &p->text, &e);
    case HUB_ACTIVITY:
    case HUB_TYPES: break;
    }
    return -1;
}

static enum object_type object_type_of(enum hub_type type)
{
    enum object_type i = 0;

    while (i < OBJECT_TYPES && hub_types[i] != type)
        i++;
    return i;
}

bool stream_pass_step(struct stream_pass *p, struct app *a, struct hub *h)
{
    /* of what is counted all the time nobody is told for its own sake */
    static const char *const fleeting[] = {"lastKnown", "sessions", NULL};
    static const char *const fleeting_of_split[] = {"requests", "responses5xx", "connectErrors",
                                                    "responseErrors", NULL};
    static const char *const fleeting_of_status[] = {
        "uptime", "requests",    "responses5xx", "connectErrors", "responseErrors",
        "silent", "connections", "taken",        "none",          "undecided",
        NULL};
    static const char *const *const lists[HUB_TYPES] = {[HUB_FRONTEND] = fleeting,
                                                        [HUB_BACKEND] = fleeting,
                                                        [HUB_SPLIT] = fleeting_of_split,
                                                        [HUB_POLICY] = fleeting,
                                                        [HUB_STATUS] = fleeting_of_status};
    const struct step *s;
    struct str id;

    if (p->next == p->step_count)
        return false;
    s = &p->steps[p->next++];
    if (write_object(p, a, s) || buf_failed(&p->text))
        return true; /* gone meanwhile: the next pass tells */
    id = s->type == HUB_STATUS ? STR("") : object_id(&p->arena, object_type_of(s->type), s->name);
    (void)hub_set(h, s->type, id, buf_str(&p->text), look_of(buf_str(&p->text), lists[s->type]));
    return true;
}
