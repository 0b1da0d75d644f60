/* SPDX-License-Identifier: Apache-2.0 */
#include "control/objects.h"

#include <stdlib.h>
#include <string.h>

struct objects *objects_new(void)
{
    struct objects *o = calloc(1, sizeof *o);

    if (!o)
        abort();
    o->refs = 1;
    return o;
}

struct objects *objects_ref(struct objects *o)
{
    o->refs++;
    return o;
}

void objects_unref(struct objects *o)
{
    if (!o || --o->refs)
        return;
    for (size_t i = 0; i < o->frontend_count; i++)
        frontend_unref(o->frontends[i]);
    for (size_t i = 0; i < o->backend_count; i++)
        backend_unref(o->backends[i]);
    for (size_t i = 0; i < o->split_count; i++)
        split_unref(o->splits[i]);
    for (size_t i = 0; i < o->override_count; i++)
        override_set_unref(o->overrides[i]);
    for (size_t i = 0; i < o->policy_count; i++)
        policy_unref(o->policies[i]);
    free(o->frontends);
    free(o->backends);
    free(o->splits);
    free(o->overrides);
    free(o->policies);
    free(o);
}

/* The lists are told apart by this accessor. */
typedef struct str (*name_of)(const void *object);

static struct str frontend_name(const void *object)
{
    return ((const struct frontend *)object)->name;
}

static struct str backend_name(const void *object)
{
    return ((const struct backend *)object)->name;
}

static struct str split_name(const void *object)
{
    return ((const struct split *)object)->backend;
}

static struct str override_name(const void *object)
{
    return ((const struct override_set *)object)->backend;
}

static struct str policy_name(const void *object)
{
    return ((const struct policy *)object)->name;
}

static size_t lower_bound(void *const *items, size_t count, struct str name, name_of of)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (str_cmp(of(items[middle]), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void *find(void *const *items, size_t count, struct str name, name_of of)
{
    size_t at = lower_bound(items, count, name, of);

    return at < count && str_eq(of(items[at]), name) ? items[at] : NULL;
}

/* Room for one more at its place; returns the slot. An item of that name is left in it. */
static void **slot(void ***items, size_t *count, struct str name, name_of of)
{
    size_t at = lower_bound(*items, *count, name, of);

    if (at < *count && str_eq(of((*items)[at]), name))
        return &(*items)[at];
    *items = realloc(*items, (*count + 1) * sizeof **items);
    if (!*items)
        abort();
    memmove(&(*items)[at + 1], &(*items)[at], (*count - at) * sizeof **items);
    (*items)[at] = NULL;
    (*count)++;
    return &(*items)[at];
}

static void *take_out(void **items, size_t *count, struct str name, name_of of)
{
    size_t at = lower_bound(items, *count, name, of);
    void *object;

    if (at == *count || !str_eq(of(items[at]), name))
        return NULL;
    object = items[at];
    memmove(&items[at], &items[at + 1], (*count - at - 1) * sizeof *items);
    (*count)--;
    return object;
}

struct frontend *objects_frontend(const struct objects *o, struct str name)
{
    return find((void *const *)o->frontends, o->frontend_count, name, frontend_name);
}

struct backend *objects_backend(const struct objects *o, struct str name)
{
    return find((void *const *)o->backends, o->backend_count, name, backend_name);
}

struct split *objects_split(const struct objects *o, struct str backend)
{
    return find((void *const *)o->splits, o->split_count, backend, split_name);
}

struct policy *objects_policy(const struct objects *o, struct str name)
{
    return find((void *const *)o->policies, o->policy_count, name, policy_name);
}

static void *copy_list(const void *items, size_t count)
{
    void *copy = calloc(count ? count : 1, sizeof(void *));

    if (!copy)
        abort();
    if (count)
        memcpy(copy, items, count * sizeof(void *));
    return copy;
}

struct objects *objects_copy(const struct objects *o)
{
    struct objects *copy = objects_new();

    *copy = *o;
    copy->refs = 1;
    copy->frontends = copy_list(o->frontends, o->frontend_count);
    copy->backends = copy_list(o->backends, o->backend_count);
    copy->splits = copy_list(o->splits, o->split_count);
    copy->overrides = copy_list(o->overrides, o->override_count);
    for (size_t i = 0; i < copy->override_count; i++)
        override_set_ref(copy->overrides[i]);
    copy->policies = copy_list(o->policies, o->policy_count);
    for (size_t i = 0; i < copy->frontend_count; i++)
        frontend_ref(copy->frontends[i]);
    for (size_t i = 0; i < copy->backend_count; i++)
        backend_ref(copy->backends[i]);
    for (size_t i = 0; i < copy->split_count; i++)
        split_ref(copy->splits[i]);
    for (size_t i = 0; i < copy->policy_count; i++)
        policy_ref(copy->policies[i]);
    return copy;
}

void objects_put_frontend(struct objects *o, struct frontend *f)
{
    struct frontend **at = (struct frontend **)slot((void ***)&o->frontends, &o->frontend_count,
                                                    f->name, frontend_name);

    frontend_unref(*at);
    *at = frontend_ref(f);
}

void objects_put_backend(struct objects *o, struct backend *b)
{
    struct backend **at =
        (struct backend **)slot((void ***)&o->backends, &o->backend_count, b->name, backend_name);

    backend_unref(*at);
    *at = backend_ref(b);
}

void objects_put_split(struct objects *o, struct split *s)
{
    struct split **at =
        (struct split **)slot((void ***)&o->splits, &o->split_count, s->backend, split_name);

    split_unref(*at);
    *at = split_ref(s);
}

void objects_put_policy(struct objects *o, struct policy *p)
{
    struct policy **at =
        (struct policy **)slot((void ***)&o->policies, &o->policy_count, p->name, policy_name);

    policy_unref(*at);
    *at = policy_ref(p);
}

bool objects_del_frontend(struct objects *o, struct str name)
{
    struct frontend *f = take_out((void **)o->frontends, &o->frontend_count, name, frontend_name);

    frontend_unref(f);
    return f != NULL;
}

static void drop_overrides(struct objects *o, struct str backend)
{
    override_set_unref(take_out((void **)o->overrides, &o->override_count, backend, override_name));
}

bool objects_del_backend(struct objects *o, struct str name)
{
    struct backend *b = take_out((void **)o->backends, &o->backend_count, name, backend_name);

    if (b)
        drop_overrides(o, name);
    backend_unref(b);
    return b != NULL;
}

bool objects_del_split(struct objects *o, struct str backend)
{
    struct split *s = take_out((void **)o->splits, &o->split_count, backend, split_name);

    split_unref(s);
    return s != NULL;
}

struct override_set *objects_overrides(const struct objects *o, struct str backend)
{
    return find((void *const *)o->overrides, o->override_count, backend, override_name);
}

void objects_put_overrides(struct objects *o, struct override_set *s)
{
    struct override_set **at;

    if (s->count == 0) {
        drop_overrides(o, s->backend);
        return;
    }
    at = (struct override_set **)slot((void ***)&o->overrides, &o->override_count, s->backend,
                                      override_name);
    override_set_unref(*at);
    *at = override_set_ref(s);
}

bool objects_del_policy(struct objects *o, struct str name)
{
    struct policy *p = take_out((void **)o->policies, &o->policy_count, name, policy_name);

    policy_unref(p);
    return p != NULL;
}

static bool names_backend(const struct frontend *f, struct str backend)
{
    if (str_eq(f->backend, backend))
        return true;
    for (size_t i = 0; i < f->rule_count; i++) {
        if (str_eq(f->rules[i].backend, backend))
            return true;
    }
    return false;
}

bool objects_next_difference(struct objects_walk *w, const struct objects *old,
                             const struct objects *new)
{
    size_t i = w->old_at, k = w->new_at;
    int order;

    while (i < old->backend_count && k < new->backend_count &&
           old->backends[i] == new->backends[k]) {
        i++;
        k++;
    }
    w->old_at = i;
    w->new_at = k;
    w->was = w->old_at < old->backend_count ? old->backends[w->old_at] : NULL;
    w->is = w->new_at < new->backend_count ? new->backends[w->new_at] : NULL;
    if (!w->was && !w->is)
        return false;
    order = !w->was ? 1 : !w->is ? -1 : str_cmp(w->was->name, w->is->name);
    if (order > 0)
        w->was = NULL;
    if (order < 0)
        w->is = NULL;
    w->old_at += w->was != NULL;
    w->new_at += w->is != NULL;
    return true;
}

struct str objects_users(const struct objects *o, struct str backend, struct arena *a)
{
    struct str users = STR("");

    for (size_t i = 0; i < o->frontend_count; i++) {
        if (names_backend(o->frontends[i], backend))
            users = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(users), users.n ? ", " : "",
                                 STR_ARG(o->frontends[i]->name));
    }
    for (size_t i = 0; i < o->split_count; i++) {
        if (str_eq(o->splits[i]->backend, backend) || str_eq(o->splits[i]->other, backend))
            users = arena_printf(a, STR_FMT "%ssplit " STR_FMT, STR_ARG(users), users.n ? ", " : "",
                                 STR_ARG(o->splits[i]->backend));
    }
    for (size_t i = 0; i < o->policy_count; i++) {
        if (str_eq(o->policies[i]->backend, backend))
            users = arena_printf(a, STR_FMT "%spolicy " STR_FMT, STR_ARG(users),
                                 users.n ? ", " : "", STR_ARG(o->policies[i]->name));
    }
    return users;
}
