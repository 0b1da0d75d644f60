/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the tree. Recursion is bounded by TEMPLATE_MAX_DEPTH, work by the steps. */
#include "render/template_walk.h"

static const struct json nothing = {.type = JSON_NULL};

static int walk_nodes(struct walk *w, const struct node *node, const struct scope *s);

static int step(struct walk *w, const struct node *node)
{
    if (w->steps--)
        return 0;
    w->steps = 0;
    return template_fail(w->t->name, node->at, ERR_TOO_LARGE, w->e,
                         "the template takes too many steps");
}

/* Walk `body` with `value` as the context. `{{#with this}}` is no step for `../`. */
static int enter(struct walk *w, const struct node *body, const struct scope *s,
                 const struct json *value)
{
    struct context context = {value, s->context};
    struct scope inner = *s;

    if (value != s->context->value)
        inner.context = &context;
    return walk_nodes(w, body, &inner);
}

static int repeat(struct walk *w, const struct node *node, const struct scope *s,
                  const struct json *list)
{
    struct loop loop = {.up = s->loop};
    struct scope inner = *s;

    inner.loop = &loop;
    JSON_EACH(child, list) {
        loop.key = list->type == JSON_OBJECT ? child->key : STR_NONE;
        loop.is_last = !child->next;
        if (step(w, node) || enter(w, node->body, &inner, child))
            return -1;
        loop.index++;
    }
    return 0;
}

static bool is_container(const struct json *v)
{
    return v && (v->type == JSON_ARRAY || v->type == JSON_OBJECT);
}

static int walk_section(struct walk *w, const struct node *node, const struct scope *s,
                        const struct json *v)
{
    if (!template_is_true(v, false))
        return walk_nodes(w, node->otherwise, s);
    if (v->type == JSON_ARRAY)
        return repeat(w, node, s, v);
    return v->type == JSON_BOOL ? walk_nodes(w, node->body, s) : enter(w, node->body, s, v);
}

static int walk_block(struct walk *w, const struct node *node, const struct scope *s)
{
    struct value v;

    if (node->type == NODE_EACH) {
        if (template_need(w, node, node->subject, s, &v))
            return -1;
        if (is_container(v.json) && v.json->count)
            return repeat(w, node, s, v.json);
        return walk_nodes(w, node->otherwise, s);
    }
    template_resolve(s, node->subject, &v);
    if (node->type == NODE_SECTION)
        return walk_section(w, node, s, v.json);
    if (node->type == NODE_IF)
        return walk_nodes(w, template_is_true(v.json, true) ? node->body : node->otherwise, s);
    /* with: 0 is something to enter, "" is not */
    if (template_is_true(v.json, !v.json || v.json->type != JSON_NUMBER))
        return enter(w, node->body, s, v.json);
    return walk_nodes(w, node->otherwise, s);
}

static int walk_partial(struct walk *w, const struct node *node, const struct scope *s)
{
    const struct template *outer = w->t, *t = NULL;
    struct value context = {.json = s->context->value};
    size_t former;
    int rc;

    if (w->env->partial)
        t = w->env->partial(w->env->ctx, node->text);
    if (!t && w->env->strict)
        return walk_fail(w, node, "unknown partial '" STR_FMT "'", SHOW_ARG(node->text));
    if (!t)
        return 0;
    if (node->subject && template_need(w, node, node->subject, s, &context))
        return -1;
    if (!context.json)
        context.json = &nothing;
    if (template_out_indent(&w->out, node->indent, &former))
        return walk_fail(w, node, "partials are indented by too many blanks");
    w->t = t;
    rc = enter(w, t->nodes, s, context.json);
    w->t = outer;
    template_out_unindent(&w->out, former);
    return rc;
}

static int walk_node(struct walk *w, const struct node *node, const struct scope *s)
{
    int rc;

    if (node->type == NODE_TEXT)
        return template_out_lines(&w->out, node->text) ? template_too_long(w, node) : 0;
    if (node->type == NODE_VALUE)
        return template_show(w, node, s);
    if (w->depth == TEMPLATE_MAX_DEPTH)
        return walk_fail(w, node, "more than %d blocks and partials inside each other",
                         TEMPLATE_MAX_DEPTH);
    w->depth++;
    rc = node->type == NODE_PARTIAL ? walk_partial(w, node, s) : walk_block(w, node, s);
    w->depth--;
    return rc;
}

static int walk_nodes(struct walk *w, const struct node *node, const struct scope *s)
{
    for (; node; node = node->next) {
        if (step(w, node) || walk_node(w, node, s))
            return -1;
    }
    return 0;
}

int template_render(const struct template *t, const struct template_env *env,
                    const struct json *data, struct buf *out, struct err *e)
{
    struct context top = {data, NULL};
    struct scope scope = {.root = data, .context = &top, .look_around = env->look_around};
    struct err unread;
    struct walk w = {.t = t, .env = env, .e = e ? e : &unread};
    int rc;

    w.steps = env->max_steps ? env->max_steps : TEMPLATE_MAX_STEPS;
    template_out_init(&w.out, out, env->max_out_bytes);
    buf_init(&w.scratch, w.out.limit);
    rc = walk_nodes(&w, t->nodes, &scope);
    buf_free(&w.scratch);
    template_out_fini(&w.out, rc == 0);
    return rc;
}
