/* SPDX-License-Identifier: Apache-2.0 */
#include "render/template_walk.h"

#include <string.h>

static const struct json null_value = {.type = JSON_NULL};

const struct json *template_args_get(const struct template_args *args, const char *name)
{
    for (size_t i = 0; i < args->hash_count; i++) {
        if (str_eq_z(args->hash[i].name, name))
            return args->hash[i].value;
    }
    return NULL;
}

int template_too_long(struct walk *w, const struct node *node)
{
    return template_fail(w->t->name, node->at, ERR_TOO_LARGE, w->e,
                         "the output is longer than %zu bytes", w->out.limit);
}

int template_need(struct walk *w, const struct node *node, const struct expr *x,
                  const struct scope *s, struct value *out)
{
    template_resolve(s, x, out);
    if (!out->json && w->env->strict)
        return walk_fail(w, node, "unknown name '" STR_FMT "'", SHOW_ARG(x->path.text));
    return 0;
}

/* Wrap what the escape said; its kind stays. `what`: "value of" or "output of helper". */
static int refused(struct walk *w, const struct node *node, const char *what)
{
    char reason[160];

    str_copy(reason, sizeof reason, str_z(w->e->text));
    return template_fail(w->t->name, node->at, w->e->kind, w->e, "%s '" STR_FMT "' refused: %s",
                         what, SHOW_ARG(node->subject->path.text), reason);
}

static int show_escaped(struct walk *w, const struct node *node, struct str text, const char *what)
{
    int rc = text.n ? template_out_begin(&w->out) : 0;

    if (!rc && w->env->escape(w->env->ctx, text, w->out.to, w->e))
        return refused(w, node, what);
    return rc || template_out_check(&w->out) ? template_too_long(w, node) : 0;
}

/* --- helpers --- */

static const struct template_helper *find_helper(const struct template_env *env,
                                                 const struct path *path)
{
    const struct template_helper *h = env->helpers;

    if (!h || path->is_data || path->is_scoped || path->part_count != 1)
        return NULL;
    while (h->name && !str_eq_z(path->parts[0], h->name))
        h++;
    return h->name ? h : NULL;
}

static int call(struct walk *w, const struct node *node, const struct template_helper *h,
                const struct scope *s)
{
    struct value found[TEMPLATE_MAX_ARGS];
    const struct json *values[TEMPLATE_MAX_ARGS];
    struct template_arg hash[TEMPLATE_MAX_ARGS];
    char reason[200];
    struct template_args args = {values, node->args.positional, hash,
                                 0,      s->context->value,     s->root};

    for (size_t i = 0; i < node->args.count; i++) {
        if (template_need(w, node, &node->args.items[i], s, &found[i]))
            return -1;
        values[i] = found[i].json ? found[i].json : &null_value;
        if (i >= args.count)
            hash[args.hash_count++] = (struct template_arg){node->args.items[i].name, values[i]};
    }
    buf_reset(&w->scratch);
    if (h->call(w->env->ctx, &args, &w->scratch, w->e)) {
        str_copy(reason, sizeof reason, str_z(w->e->text));
        return template_fail(w->t->name, node->at, w->e->kind, w->e, "helper '%s': %s", h->name,
                             reason);
    }
    return buf_failed(&w->scratch) ? template_too_long(w, node) : 0;
}

/* A helper may give lines; nothing else that ends or hides one. */
static bool has_bad_control(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '\n' && text.p[i] != '\t' && str_has_control((struct str){text.p + i, 1}))
            return true;
    }
    return false;
}

static int show_helper(struct walk *w, const struct node *node, const struct template_helper *h,
                       const struct scope *s)
{
    static const char what[] = "output of helper";
    struct str text;

    if (call(w, node, h, s))
        return -1;
    text = buf_str(&w->scratch);
    if (!node->is_raw && !h->safe && w->env->escape)
        return show_escaped(w, node, text, what);
    if (w->env->refuse_control && has_bad_control(text)) {
        (void)err_set(w->e, ERR_INVALID, "control character");
        return refused(w, node, what);
    }
    return template_out_lines(&w->out, text) ? template_too_long(w, node) : 0;
}

static int show_data(struct walk *w, const struct node *node, const struct scope *s)
{
    static const char what[] = "value of";
    struct value v;
    struct str text;

    if (template_need(w, node, node->subject, s, &v))
        return -1;
    if (!v.json)
        return 0;
    if (!template_text(v.json, &text))
        return walk_fail(w, node, "'" STR_FMT "' is %s, not a text",
                         SHOW_ARG(node->subject->path.text), json_type_name(v.json->type));
    if (!node->is_raw && w->env->escape)
        return show_escaped(w, node, text, what);
    if (w->env->refuse_control && str_has_control(text)) {
        (void)err_set(w->e, ERR_INVALID, "control character");
        return refused(w, node, what);
    }
    return template_out_value(&w->out, text) ? template_too_long(w, node) : 0;
}

int template_show(struct walk *w, const struct node *node, const struct scope *s)
{
    const struct path *path = &node->subject->path;
    const struct template_helper *h = find_helper(w->env, path);

    if (h)
        return show_helper(w, node, h, s);
    if (node->args.count)
        return walk_fail(w, node, "unknown helper '" STR_FMT "'", SHOW_ARG(path->text));
    return show_data(w, node, s);
}
