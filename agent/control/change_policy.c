/* SPDX-License-Identifier: Apache-2.0 */
#include "control/change_policy.h"

#include "policy/compile.h"
#include "policy/line.h"

void change_put_policy(struct objects *next, struct policy *p, bool *changed)
{
    const struct policy *old = objects_policy(next, p->name);

    if (old && policy_equal(old, p))
        return;
    objects_put_policy(next, p);
    *changed = true;
}

int change_delete_policy(struct objects *next, struct str name, bool *changed, struct err *e)
{
    if (!objects_del_policy(next, name))
        return err_set(e, ERR_NOT_FOUND, "no policy \"" STR_FMT "\"", STR_ARG(name));
    *changed = true;
    return 0;
}

/* Where in the request; count: nowhere. */
static size_t place_of(const struct change *c, struct str name)
{
    size_t i = 0;

    while (i < c->policy_count && !str_eq(c->policies[i]->name, name))
        i++;
    return i;
}

void change_prune_policies(struct objects *next, const struct change *c, bool *changed)
{
    for (size_t i = next->policy_count; i > 0; i--) {
        struct str name = next->policies[i - 1]->name;
        if (place_of(c, name) == c->policy_count)
            *changed = objects_del_policy(next, name) || *changed;
    }
}

/* The error is of this policy: name its place when there are many. */
static int blame(const struct change *c, const struct policy *p, struct err *e)
{
    size_t at = place_of(c, p->name);

    if (at == c->policy_count) /* the request changes the mode of what a policy names */
        return err_in(e, "mode");
    return c->kind == CONTROL_PUT_ALL ? err_in(e, "policies[%zu]", at) : -1;
}

struct named {
    const char *field, *type;
    struct str name;
    bool exists, existed, tcp;
};

static int check_named(const struct change *c, const struct policy *p, const struct named *n,
                       struct arena *a, struct str_list *warnings, struct err *e)
{
    bool listed = place_of(c, p->name) < c->policy_count;

    if (n->exists && n->tcp) {
        err_set(e, ERR_CONFLICT,
                "policy \"" STR_FMT "\": %s \"" STR_FMT "\" has mode tcp: policies are for HTTP",
                STR_ARG(p->name), n->type, STR_ARG(n->name));
        if (listed)
            err_in(e, "%s", n->field);
        return blame(c, p, e);
    }
    if (n->exists || !(listed || n->existed))
        return 0;
    if (c->strict && listed) {
        err_set(e, ERR_CONFLICT, "%s \"" STR_FMT "\" does not exist", n->type, STR_ARG(n->name));
        err_in(e, "%s", n->field);
        return blame(c, p, e);
    }
    *ARENA_PUSH(a, warnings->items, warnings->count) = arena_printf(
        a, "policy \"" STR_FMT "\": %s \"" STR_FMT "\" does not exist: it decides nothing",
        STR_ARG(p->name), n->type, STR_ARG(n->name));
    return 0;
}

static int check_one(const struct objects *now, const struct objects *next, const struct change *c,
                     const struct policy *p, struct arena *a, struct str_list *warnings,
                     struct err *e)
{
    const struct frontend *f = objects_frontend(next, p->frontend);
    const struct backend *b = objects_backend(next, p->backend);
    const struct named frontend = {.field = "frontend",
                                   .type = "frontend",
                                   .name = p->frontend,
                                   .exists = f != NULL,
                                   .existed = objects_frontend(now, p->frontend) != NULL,
                                   .tcp = f && f->mode == MODE_TCP};
    const struct named backend = {.field = "action.backend",
                                  .type = "backend",
                                  .name = p->backend,
                                  .exists = b != NULL,
                                  .existed = objects_backend(now, p->backend) != NULL,
                                  .tcp = b && b->mode == MODE_TCP};

    if (check_named(c, p, &frontend, a, warnings, e))
        return -1;
    return p->backend.n ? check_named(c, p, &backend, a, warnings, e) : 0;
}

/* What Lua decides from; the names of all policies of a frontend stand in one entry. */
static int check_lines(const struct objects *next, const struct change *c, struct err *e)
{
    struct buf text;
    int rc = 0;

    buf_init(&text, (size_t)POLICY_LINE_BYTES * 4);
    for (size_t i = 0; i < c->policy_count && rc == 0; i++) {
        buf_reset(&text);
        rc = policy_line(c->policies[i], &text, e) ||
             policy_names((const struct policy *const *)next->policies, next->policy_count,
                          c->policies[i]->frontend, &text, e);
        if (rc)
            rc = blame(c, c->policies[i], e);
    }
    buf_free(&text);
    return rc;
}

int change_check_policies(const struct objects *now, const struct objects *next,
                          const struct change *c, struct arena *a, struct str_list *warnings,
                          struct err *e)
{
    struct policy_set *set;

    for (size_t i = 0; i < next->policy_count; i++) {
        if (check_one(now, next, c, next->policies[i], a, warnings, e))
            return -1;
    }
    if (c->policy_count == 0)
        return 0;
    set = policy_set_new((const struct policy *const *)next->policies, next->policy_count, e);
    if (!set)
        return -1;
    policy_set_free(set);
    return check_lines(next, c, e);
}
