/* SPDX-License-Identifier: Apache-2.0 */
#include "control/change.h"

#include "control/change_policy.h"
#include "control/change_split.h"

static int put_frontend(struct objects *next, struct frontend *f, bool *changed, struct err *e)
{
    const struct frontend *old = objects_frontend(next, f->name);

    if (objects_backend(next, f->name))
        return err_set(e, ERR_CONFLICT, "a backend has the name \"" STR_FMT "\" already",
                       STR_ARG(f->name));
    if (old && frontend_equal(old, f))
        return 0;
    objects_put_frontend(next, f);
    *changed = true;
    return 0;
}

static int check_passing(const struct change *c, const struct change_facts *facts,
                         struct str service, struct str version, struct err *e)
{
    long passing;

    if (c->force || facts->allow_empty_switch)
        return 0;
    passing = facts->passing(facts->ctx, service, version);
    if (passing > 0)
        return 0;
    if (passing < 0)
        return err_set(e, ERR_CONFLICT,
                       "the registry has told nothing of service \"" STR_FMT
                       "\", so no passing instance of version \"" STR_FMT
                       "\" is known (?force=true waits for one)",
                       STR_ARG(service), STR_ARG(version));
    return err_set(e, ERR_CONFLICT,
                   "the registry knows no passing instance of version \"" STR_FMT
                   "\" of service \"" STR_FMT "\" (?force=true waits for one)",
                   STR_ARG(version), STR_ARG(service));
}

/* Another version or service of a backend that is there: a switch, by whatever call. */
static bool is_switch(const struct backend *old, const struct backend *b)
{
    return old && old->type == BACKEND_DYNAMIC && b->type == BACKEND_DYNAMIC &&
           !(str_eq(old->service, b->service) && str_eq(old->version, b->version));
}

static int put_backend(struct objects *next, struct backend *b, const struct change *c,
                       const struct change_facts *facts, bool *changed, struct err *e)
{
    const struct backend *old = objects_backend(next, b->name);

    if (objects_frontend(next, b->name))
        return err_set(e, ERR_CONFLICT, "a frontend has the name \"" STR_FMT "\" already",
                       STR_ARG(b->name));
    if (old && backend_equal(old, b))
        return 0;
    if (is_switch(old, b) && check_passing(c, facts, b->service, b->version, e))
        return -1;
    objects_put_backend(next, b);
    *changed = true;
    return 0;
}

static int delete_backend(struct objects *next, const struct change *c, struct arena *a,
                          struct str_list *warnings, struct err *e)
{
    struct str users;

    if (!objects_backend(next, c->name))
        return err_set(e, ERR_NOT_FOUND, "no backend \"" STR_FMT "\"", STR_ARG(c->name));
    users = objects_users(next, c->name, a);
    if (users.n && !c->force)
        return err_set(e, ERR_CONFLICT,
                       "backend \"" STR_FMT "\" is in use by: " STR_FMT " (?force=true does it)",
                       STR_ARG(c->name), STR_ARG(users));
    (void)objects_del_backend(next, c->name);
    change_drop_splits(next, c->name, a, warnings);
    return 0;
}

static int switch_backend(struct objects *next, const struct change *c,
                          const struct change_facts *facts, bool *changed, struct err *e)
{
    const struct backend *old = objects_backend(next, c->name);
    struct backend *b;
    int rc;

    if (!old)
        return err_set(e, ERR_NOT_FOUND, "no backend \"" STR_FMT "\"", STR_ARG(c->name));
    if (old->type == BACKEND_STATIC)
        return err_set(e, ERR_CONFLICT, "backend \"" STR_FMT "\" is static: it has no version",
                       STR_ARG(c->name));
    if (c->version.n == 0)
        return err_field(e, "version", "version: required");
    if (str_eq(old->version, c->version) && (c->service.n == 0 || str_eq(old->service, c->service)))
        return 0;
    b = backend_with_subscription(old, c->service, c->version, e);
    if (!b)
        return -1;
    rc = put_backend(next, b, c, facts, changed, e);
    backend_unref(b);
    return rc;
}

static bool is_listed(const struct change *c, struct str name, bool frontend)
{
    size_t count = frontend ? c->frontend_count : c->backend_count;

    for (size_t i = 0; i < count; i++) {
        if (str_eq(frontend ? c->frontends[i]->name : c->backends[i]->name, name))
            return true;
    }
    return false;
}

static void prune(struct objects *next, const struct change *c, bool *changed)
{
    if (c->prune_splits)
        change_prune_splits(next, c, changed);
    if (c->prune_policies)
        change_prune_policies(next, c, changed);
    for (size_t i = next->frontend_count; i > 0; i--) {
        struct str name = next->frontends[i - 1]->name;
        if (!is_listed(c, name, true))
            *changed = objects_del_frontend(next, name) || *changed;
    }
    for (size_t i = next->backend_count; i > 0; i--) {
        struct str name = next->backends[i - 1]->name;
        if (!is_listed(c, name, false))
            *changed = objects_del_backend(next, name) || *changed;
    }
}

static int put_all(struct objects *next, const struct change *c, const struct change_facts *facts,
                   bool *changed, struct err *e)
{
    if (c->prune) /* first, so that a name may pass from a backend to a frontend */
        prune(next, c, changed);
    for (size_t i = 0; i < c->backend_count; i++) {
        if (put_backend(next, c->backends[i], c, facts, changed, e))
            return err_in(e, "backends[%zu]", i);
    }
    for (size_t i = 0; i < c->frontend_count; i++) {
        if (put_frontend(next, c->frontends[i], changed, e))
            return err_in(e, "frontends[%zu]", i);
    }
    for (size_t i = 0; i < c->split_count; i++)
        change_put_split(next, c->splits[i], changed);
    for (size_t i = 0; i < c->policy_count; i++)
        change_put_policy(next, c->policies[i], changed);
    return 0;
}

static int apply(struct objects *next, const struct change *c, const struct change_facts *facts,
                 struct arena *a, bool *changed, struct str_list *warnings, struct err *e)
{
    switch (c->kind) {
    case CONTROL_PUT_FRONTEND: return put_frontend(next, c->frontends[0], changed, e);
    case CONTROL_PUT_BACKEND: return put_backend(next, c->backends[0], c, facts, changed, e);
    case CONTROL_SWITCH: return switch_backend(next, c, facts, changed, e);
    case CONTROL_PUT_SPLIT: change_put_split(next, c->splits[0], changed); return 0;
    case CONTROL_DELETE_SPLIT: return change_delete_split(next, c->name, changed, e);
    case CONTROL_PUT_POLICY: change_put_policy(next, c->policies[0], changed); return 0;
    case CONTROL_DELETE_POLICY: return change_delete_policy(next, c->name, changed, e);
    case CONTROL_PUT_ALL: return put_all(next, c, facts, changed, e);
    case CONTROL_DELETE_FRONTEND:
        *changed = true;
        if (objects_del_frontend(next, c->name))
            return 0;
        return err_set(e, ERR_NOT_FOUND, "no frontend \"" STR_FMT "\"", STR_ARG(c->name));
    case CONTROL_DELETE_BACKEND: *changed = true; return delete_backend(next, c, a, warnings, e);
    }
    return -1;
}

/* Name the field of the request that is wrong: of the frontend, or else of the backend. */
static int blame(const struct change *c, const struct frontend *f, const char *field,
                 struct str backend, struct err *e)
{
    size_t i = 0;

    if (is_listed(c, f->name, true))
        err_in(e, "%s", field);
    else if (is_listed(c, backend, false))
        err_in(e, "mode");
    if (c->kind != CONTROL_PUT_ALL)
        return -1;
    if (is_listed(c, f->name, true)) {
        while (!str_eq(c->frontends[i]->name, f->name))
            i++;
        return err_in(e, "frontends[%zu]", i);
    }
    while (i < c->backend_count && !str_eq(c->backends[i]->name, backend))
        i++;
    return i < c->backend_count ? err_in(e, "backends[%zu]", i) : -1;
}

/* One place where a frontend names a backend. */
static int check_reference(const struct objects *o, const struct frontend *f, struct str backend,
                           const char *field, const struct change *c, struct arena *a,
                           struct str_list *warnings, struct err *e)
{
    const struct backend *b = objects_backend(o, backend);
    bool listed = is_listed(c, f->name, true);

    if (b && b->mode != f->mode) {
        err_set(e, ERR_CONFLICT,
                "frontend \"" STR_FMT "\" has mode %s, its backend \"" STR_FMT "\" mode %s",
                STR_ARG(f->name), mode_name(f->mode), STR_ARG(backend), mode_name(b->mode));
        return blame(c, f, field, backend, e);
    }
    if (b)
        return 0;
    if (c->strict && listed) {
        err_set(e, ERR_CONFLICT, "backend \"" STR_FMT "\" does not exist", STR_ARG(backend));
        return blame(c, f, field, backend, e);
    }
    if (listed || (c->kind == CONTROL_DELETE_BACKEND && str_eq(c->name, backend)))
        *ARENA_PUSH(a, warnings->items, warnings->count) =
            arena_printf(a,
                         "frontend \"" STR_FMT "\": %s: backend \"" STR_FMT
                         "\" does not exist: requests for it get 503",
                         STR_ARG(f->name), field, STR_ARG(backend));
    return 0;
}

static int check_frontend(const struct objects *o, const struct frontend *f, const struct change *c,
                          struct arena *a, struct str_list *warnings, struct err *e)
{
    char field[48];

    if (check_reference(o, f, f->backend, "backend", c, a, warnings, e))
        return -1;
    for (size_t i = 0; i < f->rule_count; i++) {
        const struct backend *b = objects_backend(o, f->rules[i].backend);
        if (b && b->mode == f->mode)
            continue;
        str_copy(field, sizeof field, arena_printf(a, "rules[%zu].backend", i));
        if (check_reference(o, f, f->rules[i].backend, field, c, a, warnings, e))
            return -1;
    }
    return 0;
}

int change_apply(const struct objects *now, const struct change *c,
                 const struct change_facts *facts, struct arena *a, struct change_result *result,
                 struct err *e)
{
    struct objects *next = objects_copy(now);
    bool changed = false;

    *result = (struct change_result){0};
    if (apply(next, c, facts, a, &changed, &result->warnings, e) ||
        change_check_splits(next, c, e) ||
        change_check_policies(now, next, c, a, &result->warnings, e))
        goto failed;
    for (size_t i = 0; i < next->frontend_count; i++) {
        if (check_frontend(next, next->frontends[i], c, a, &result->warnings, e))
            goto failed;
    }
    if (changed)
        next->generation++;
    result->next = next;
    result->changed = changed;
    return 0;

failed:
    objects_unref(next);
    return -1;
}
