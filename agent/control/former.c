/* SPDX-License-Identifier: Apache-2.0 */
#include "control/former.h"

/* The names are few: they are looked up among the backends, not the backends among them. */
static const bool *touched_by(struct arena *a, const struct desired *d, const struct scope *s,
                              bool *any)
{
    bool *touched = ARENA_ARRAY(a, bool, d->backend_count);

    for (size_t i = 0; i < s->count; i++) {
        const struct desired_backend *b = desired_find(d->backends, d->backend_count, s->names[i]);
        if (b)
            touched[b - d->backends] = *any = true;
    }
    return touched;
}

struct former former_of(struct arena *a, const struct desired *desired, const struct scope *scope,
                        const struct objects *objects, bool profiles_named)
{
    struct former f = {.desired = desired, .scope = scope, .objects = objects};

    if (!desired || !scope || scope->all)
        return (struct former){0};
    f.touched = touched_by(a, desired, scope, &f.touches);
    f.keeps = desired->profiles_named == profiles_named;
    return f;
}

/* The backend of the same object, mostly at *at, which is behind it then: both lists are sorted by
 * the objects' names. */
static const struct desired_backend *find(const struct former *f, const struct backend *object,
                                          size_t *at)
{
    const struct desired *d = f->desired;

    if (!d)
        return NULL;
    if (*at >= d->backend_count || d->backends[*at].object != object) {
        const struct desired_backend *b = desired_find(d->backends, d->backend_count, object->name);
        if (!b || b->object != object)
            return NULL;
        *at = (size_t)(b - d->backends);
    }
    return &d->backends[(*at)++];
}

static bool is_touched(const struct former *f, const struct desired_backend *b)
{
    return f->touched[b - f->desired->backends] ||
           (b->proxy.p != b->object->name.p && scope_has(f->scope, b->proxy));
}

static bool is_unchanged(const struct former *f, const struct desired_backend *old)
{
    return old && old->piece && !old->holder.n && !is_touched(f, old) &&
           old->piece->overrides == (f->objects->override_count
                                         ? objects_overrides(f->objects, old->object->name)
                                         : NULL);
}

bool former_holds(const struct former *f)
{
    return f->keeps && f->desired->at_rest && !f->touches;
}

bool former_keep(struct former *f, const struct backend *object, struct desired_backend *out)
{
    const struct desired_backend *old = f->keeps ? find(f, object, &f->kept_at) : NULL;

    if (!old || !old->settled || !is_unchanged(f, old))
        return false;
    *out = *old;
    (void)desired_piece_ref(out->piece);
    return true;
}

bool former_share(struct former *f, struct desired_backend *b)
{
    const struct desired_backend *old = find(f, b->object, &f->shared_at);

    if (!is_unchanged(f, old) || !str_eq(old->proxy, b->proxy) || b->holder.n ||
        (b->settled && !(old->settled && str_eq(old->profile, b->profile))))
        return false;
    if (b->settled) { /* the piece has the texts */
        b->proxy = old->proxy;
        b->profile = old->profile;
    }
    b->piece = desired_piece_ref(old->piece);
    b->guid = old->guid;
    b->source = old->source;
    b->unknown = old->unknown;
    b->servers = old->servers;
    b->server_count = old->server_count;
    b->kept_out = old->kept_out;
    b->kept_out_count = old->kept_out_count;
    return true;
}

static void touch(struct scope *s, const struct desired_backend *b)
{
    scope_add(s, b->object->name);
    scope_add(s, b->proxy);
    if (b->former.n)
        scope_add(s, b->former);
}

void former_changes(const struct desired *old, const struct desired *new, struct scope *s)
{
    static const struct desired nothing;
    const struct desired *o = old ? old : &nothing;

    for (size_t i = 0, k = 0; i < o->backend_count || k < new->backend_count;) {
        const struct desired_backend *was = i < o->backend_count ? &o->backends[i] : NULL;
        const struct desired_backend *is = k < new->backend_count ? &new->backends[k] : NULL;
        int order = !was ? 1 : !is ? -1 : 0;
        if (order == 0 && was->object != is->object)
            order = str_cmp(was->object->name, is->object->name);
        if (order != 0 || was->piece != is->piece) {
            if (was && order <= 0)
                touch(s, was);
            if (is && order >= 0)
                touch(s, is);
        }
        i += order <= 0;
        k += order >= 0;
    }
}
