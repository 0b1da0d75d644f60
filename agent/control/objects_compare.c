/* SPDX-License-Identifier: Apache-2.0 */
#include "control/objects_compare.h"

struct str object_id(struct arena *a, enum object_type type, struct str name)
{
    static const char *const words[OBJECT_TYPES] = {"frontend", "backend", "split", "policy"};

    return arena_printf(a, "%s/" STR_FMT, words[type], STR_ARG(name));
}

static size_t count_of(const struct objects *o, enum object_type type)
{
    switch (type) {
    case OBJECT_FRONTEND: return o->frontend_count;
    case OBJECT_BACKEND: return o->backend_count;
    case OBJECT_SPLIT: return o->split_count;
    case OBJECT_POLICY: return o->policy_count;
    case OBJECT_TYPES: break;
    }
    return 0;
}

static const void *object_at(const struct objects *o, enum object_type type, size_t i,
                             struct str *name)
{
    switch (type) {
    case OBJECT_FRONTEND: *name = o->frontends[i]->name; return o->frontends[i];
    case OBJECT_BACKEND: *name = o->backends[i]->name; return o->backends[i];
    case OBJECT_SPLIT: *name = o->splits[i]->backend; return o->splits[i];
    case OBJECT_POLICY: *name = o->policies[i]->name; return o->policies[i];
    case OBJECT_TYPES: break;
    }
    return NULL;
}

void object_text(const struct objects *o, enum object_type type, struct str name, struct buf *to)
{
    const void *object = type == OBJECT_FRONTEND  ? (const void *)objects_frontend(o, name)
                         : type == OBJECT_BACKEND ? (const void *)objects_backend(o, name)
                         : type == OBJECT_SPLIT   ? (const void *)objects_split(o, name)
                                                  : (const void *)objects_policy(o, name);

    if (!object)
        return;
    switch (type) {
    case OBJECT_FRONTEND: frontend_text(object, to); break;
    case OBJECT_BACKEND: backend_text(object, to); break;
    case OBJECT_SPLIT: split_text(object, to); break;
    case OBJECT_POLICY: policy_text(object, to); break;
    case OBJECT_TYPES: break;
    }
}

static void compare_type(const struct objects *before, const struct objects *after,
                         enum object_type type,
                         void (*visit)(void *ctx, const struct object_pair *pair), void *ctx)
{
    size_t old_count = before ? count_of(before, type) : 0, new_count = count_of(after, type);

    for (size_t i = 0, k = 0; i < new_count || k < old_count;) {
        struct str old_name = STR_NONE, new_name = STR_NONE;
        const void *old = k < old_count ? object_at(before, type, k, &old_name) : NULL;
        const void *new = i < new_count ? object_at(after, type, i, &new_name) : NULL;
        int c = !old ? 1 : !new ? -1 : str_cmp(old_name, new_name);
        struct object_pair pair = {type, c < 0 ? old_name : new_name, c <= 0 ? old : NULL,
                                   c >= 0 ? new : NULL};
        visit(ctx, &pair);
        k += c <= 0;
        i += c >= 0;
    }
}

void objects_compare(const struct objects *before, const struct objects *after,
                     void (*visit)(void *ctx, const struct object_pair *pair), void *ctx)
{
    for (enum object_type type = 0; type < OBJECT_TYPES; type++)
        compare_type(before, after, type, visit, ctx);
}
