/* SPDX-License-Identifier: Apache-2.0 */
#include "render/helpers.h"

#include "render/find.h"
#include "render/lookup.h"
#include "render/policy_lines.h"
#include "render/section.h"

/* Objects are looked up by name: the data is only their picture. */
static struct str text_of(const struct json *object, const char *key)
{
    const struct json *j = object ? json_get(object, key) : NULL;

    return j && j->type == JSON_STRING ? j->text : STR("");
}

static const struct json *argument(const struct template_args *args, struct err *e)
{
    if (args->count == 1 && args->values[0]->type == JSON_OBJECT)
        return args->values[0];
    err_set(e, ERR_INVALID, "wants one argument, an object: {{... this}}");
    return NULL;
}

static int call_frontend(void *ctx, const struct template_args *args, struct buf *out,
                         struct err *e)
{
    const struct helpers_ctx *h = ctx;
    const struct json *o = argument(args, e);
    struct str name = text_of(o, "key");
    const struct frontend *f;

    if (!o)
        return -1;
    f = find_frontend(h->desired, name);
    if (!f)
        return err_set(e, ERR_INVALID, "the argument is no frontend");
    return section_frontend(&h->line, f, find_ruleset(h->desired, name), out, e);
}

static int call_backend(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    const struct helpers_ctx *h = ctx;
    const struct json *o = argument(args, e), *from = template_args_get(args, "from");
    const struct desired_backend *b;

    if (!o)
        return -1;
    if (from && (from->type != JSON_STRING || !str_eq(from->text, text_of(o, "profile"))))
        return err_set(e, ERR_INVALID, "from= wants the backend's own profile");
    b = find_backend(h->desired, text_of(o, "key"));
    if (!b)
        return err_set(e, ERR_INVALID, "the argument is no backend");
    return section_backend(&h->line, b, from != NULL, out, e);
}

static const struct profile *find_profile(const struct profile_list *list, struct str name)
{
    struct arena a = ARENA_INIT;
    const struct profile *found = NULL;

    for (size_t i = 0; i < list->count && !found; i++) {
        if (str_eq(profile_name(&a, list->items[i]), name))
            found = &list->items[i];
    }
    arena_free(&a);
    return found;
}

static int call_profile(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    const struct helpers_ctx *h = ctx;
    const struct json *o = argument(args, e);
    const struct profile *p = o ? find_profile(h->profiles, text_of(o, "name")) : NULL;
    struct line_out lines = line_begin(&h->line, out, e);

    if (!o)
        return -1;
    if (!p)
        return err_set(e, ERR_INVALID, "the argument is no profile");
    profile_lines(&lines, *p);
    return line_end(&lines);
}

static int call_spare(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    const struct helpers_ctx *h = ctx;
    const struct json *o = argument(args, e);
    struct str name = text_of(o, "name"), profile = profile_of_spare(name);

    if (!o)
        return -1;
    if (profile.n == 0 || !find_profile(h->profiles, profile))
        return err_set(e, ERR_INVALID, "the argument is no spare backend");
    return section_spare(&h->line, name, text_of(o, "mode"), out, e);
}

static int call_agents(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    const struct helpers_ctx *h = ctx;
    struct line_out lines = line_begin(&h->line, out, e);

    if (!argument(args, e))
        return -1;
    if (h->line.agent.n == 0)
        return err_set(e, ERR_INVALID, "there is no agent: {{#if agents}} before it");
    policy_agents_lines(&lines);
    return line_end(&lines);
}

static int call_lua(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    const struct helpers_ctx *h = ctx;
    struct line_out lines = line_begin(&h->line, out, e);

    if (!argument(args, e))
        return -1;
    if (!h->line.lua)
        return err_set(e, ERR_INVALID, "Lua is not used: {{#if lua}} before it");
    policy_lua_lines(&lines);
    return line_end(&lines);
}

static int read_rule(const struct json *o, struct rule *r, struct err *e)
{
    struct str op = text_of(o, "operation");

    r->header = text_of(o, "header");
    r->value = text_of(o, "value");
    r->backend = text_of(o, "backend");
    for (unsigned i = 0; i < RULE_OP_COUNT; i++) {
        if (str_eq_z(op, rule_op_name((enum rule_op)i))) {
            r->op = (enum rule_op)i;
            return 0;
        }
    }
    return err_set(e, ERR_INVALID, "the argument is no rule");
}

static int call_acl(void *ctx, const struct template_args *args, struct buf *out, struct err *e)
{
    const struct helpers_ctx *h = ctx;
    const struct json *o = argument(args, e);
    struct line_out lines = line_begin(&h->line, out, e);
    struct rule rule;

    if (!o || read_rule(o, &rule, e))
        return -1;
    lookup_acl_lines(&lines, &rule);
    return line_end(&lines);
}

const struct template_helper helpers_table[] = {
    {"frontendHelper", true, call_frontend},
    {"backendHelper", true, call_backend},
    {"profileHelper", true, call_profile},
    {"spareHelper", true, call_spare},
    {"aclRule", true, call_acl},
    {"agentsHelper", true, call_agents},
    {"luaHelper", true, call_lua},
    {NULL, false, NULL},
};

const struct template *helpers_partial(void *ctx, struct str name)
{
    const struct helpers_ctx *h = ctx;

    for (size_t i = 0; i < h->partial_count; i++) {
        if (str_eq(h->partial_names[i], name))
            return h->partials[i];
    }
    return NULL;
}
