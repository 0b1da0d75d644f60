/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens -> tree. Keeps the blocks that are open on a stack of its own, so that no template makes
 * it recurse. */
#include "render/template.h"
#include "render/template_expr.h"
#include "render/template_lex.h"

struct open_block {
    struct node *node;
    const char *sign; /* "#" or "^" */
    struct str name;  /* as the closing tag must repeat it */
    struct node **tail;
    bool is_swapped; /* unless, ^: what comes first is shown when the test fails */
    bool has_else;
    bool is_chained; /* by {{else x}}: closes with the block around it */
};

struct parser {
    struct template *t;
    struct open_block stack[TEMPLATE_MAX_NESTING];
    size_t depth;
    struct node **tail; /* of the top level */
    struct err *e;
};

#define fail(p, at, ...) template_fail((p)->t->name, (at), ERR_INVALID, (p)->e, __VA_ARGS__)

static const struct {
    const char *name;
    enum node_type type;
    bool is_swapped;
} block_words[] = {
    {"if", NODE_IF, false},
    {"unless", NODE_IF, true},
    {"each", NODE_EACH, false},
    {"with", NODE_WITH, false},
};

static struct node *append(struct parser *p, enum node_type type, struct place at)
{
    struct node *node = ARENA_NEW(&p->t->arena, struct node);
    struct node ***tail = p->depth ? &p->stack[p->depth - 1].tail : &p->tail;

    node->type = type;
    node->at = at;
    **tail = node;
    *tail = &node->next;
    return node;
}

static struct expr_reader reader(struct parser *p, const struct token *t)
{
    return (struct expr_reader){&p->t->arena, p->t->name, t->at, t->text};
}

static int read_subject(struct parser *p, struct expr_reader *r, struct node *node)
{
    node->subject = ARENA_NEW(&p->t->arena, struct expr);
    return template_read_path(r, &node->subject->path, p->e);
}

static int parse_value(struct parser *p, const struct token *t)
{
    struct node *node = append(p, NODE_VALUE, t->at);
    struct expr_reader r = reader(p, t);

    node->is_raw = t->type == TOKEN_RAW;
    if (read_subject(p, &r, node))
        return -1;
    return template_read_args(&r, &node->args, p->e);
}

static int parse_partial(struct parser *p, const struct token *t)
{
    struct node *node = append(p, NODE_PARTIAL, t->at);
    struct expr_reader r = reader(p, t);

    node->indent = t->indent;
    if (template_read_word(&r, &node->text, p->e) || template_read_args(&r, &node->args, p->e))
        return -1;
    if (node->args.count > 1 || node->args.positional != node->args.count)
        return fail(p, t->at, "{{>" STR_FMT "}} takes one context and no name=value",
                    SHOW_ARG(node->text));
    node->subject = node->args.items;
    return 0;
}

static struct str first_word(struct str text)
{
    return str_word(&text);
}

/* `if x`, `each x`: the word decides the type, and one value has to follow. */
static int read_block_word(struct parser *p, struct expr_reader *r, struct open_block *b)
{
    struct expr_list args;
    struct str word = first_word(r->rest);

    for (size_t i = 0; i < sizeof block_words / sizeof block_words[0]; i++) {
        if (!str_eq_z(word, block_words[i].name))
            continue;
        (void)str_word(&r->rest);
        b->name = word;
        b->node->type = block_words[i].type;
        b->is_swapped ^= block_words[i].is_swapped;
        if (template_read_args(r, &args, p->e))
            return -1;
        if (args.count != 1 || args.positional != 1)
            return fail(p, r->at, "{{#" STR_FMT "}} takes one value", SHOW_ARG(word));
        b->node->subject = args.items;
    }
    return 0;
}

static int read_section(struct parser *p, struct expr_reader *r, struct open_block *b)
{
    struct expr_list args;

    if (r->rest.n && r->rest.p[0] == '>')
        return fail(p, r->at, "partial blocks are not supported");
    if (read_subject(p, r, b->node))
        return -1;
    b->name = b->node->subject->path.text;
    if (template_read_args(r, &args, p->e))
        return -1;
    if (args.count)
        return fail(p, r->at, "unknown block helper '" STR_FMT "'", SHOW_ARG(b->name));
    return 0;
}

static int open_block(struct parser *p, const struct token *t)
{
    struct expr_reader r = reader(p, t);
    struct open_block b = {
        .node = append(p, NODE_SECTION, t->at),
        .sign = t->type == TOKEN_INVERSE ? "^" : "#",
        .is_swapped = t->type == TOKEN_INVERSE,
        .is_chained = t->type == TOKEN_ELSE,
    };

    if (p->depth == TEMPLATE_MAX_NESTING)
        return fail(p, t->at, "more than %d blocks inside each other", TEMPLATE_MAX_NESTING);
    if (read_block_word(p, &r, &b) || (!b.node->subject && read_section(p, &r, &b)))
        return -1;
    p->stack[p->depth++] = b;
    p->stack[p->depth - 1].tail = b.is_swapped ? &b.node->otherwise : &b.node->body;
    return 0;
}

static int parse_else(struct parser *p, const struct token *t)
{
    struct open_block *b = p->depth ? &p->stack[p->depth - 1] : NULL;

    if (!b)
        return fail(p, t->at, "{{else}} outside of a block");
    if (b->has_else)
        return fail(p, t->at, "second {{else}} in {{%s" STR_FMT "}} opened at line %u", b->sign,
                    SHOW_ARG(b->name), b->node->at.line);
    b->has_else = true;
    b->tail = b->is_swapped ? &b->node->body : &b->node->otherwise;
    return t->text.n ? open_block(p, t) : 0;
}

static int close_block(struct parser *p, const struct token *t)
{
    const struct open_block *b;

    if (!p->depth)
        return fail(p, t->at, "{{/" STR_FMT "}} closes nothing", SHOW_ARG(t->text));
    while (p->stack[p->depth - 1].is_chained)
        p->depth--;
    b = &p->stack[--p->depth];
    if (!str_eq(b->name, t->text))
        return fail(p, t->at, "{{/" STR_FMT "}} closes {{%s" STR_FMT "}} opened at line %u",
                    SHOW_ARG(t->text), b->sign, SHOW_ARG(b->name), b->node->at.line);
    return 0;
}

static int parse_token(struct parser *p, const struct token *t)
{
    switch (t->type) {
    case TOKEN_TEXT:
        if (t->text.n)
            append(p, NODE_TEXT, t->at)->text = t->text;
        return 0;
    case TOKEN_VALUE:
    case TOKEN_RAW: return parse_value(p, t);
    case TOKEN_OPEN:
    case TOKEN_INVERSE: return open_block(p, t);
    case TOKEN_ELSE: return parse_else(p, t);
    case TOKEN_CLOSE: return close_block(p, t);
    case TOKEN_PARTIAL: return parse_partial(p, t);
    case TOKEN_SILENT: return 0;
    }
    return 0;
}

static int parse_all(struct template *t, struct err *e)
{
    struct parser p = {.t = t, .tail = &t->nodes, .e = e};
    struct token_list tokens = {0};
    struct arena scratch = ARENA_INIT;
    int rc = template_lex(&scratch, t->name, t->source, &tokens, e);

    for (size_t i = 0; !rc && i < tokens.count; i++)
        rc = parse_token(&p, &tokens.items[i]);
    arena_free(&scratch);
    if (rc || !p.depth)
        return rc;
    while (p.stack[p.depth - 1].is_chained)
        p.depth--;
    p.depth--;
    return fail(&p, p.stack[p.depth].node->at, "block {{%s" STR_FMT "}} is never closed",
                p.stack[p.depth].sign, SHOW_ARG(p.stack[p.depth].name));
}

int template_parse(const char *name, struct str source, struct template **out, struct err *e)
{
    struct arena arena = ARENA_INIT;
    struct template *t;

    if (source.n > TEMPLATE_MAX_SOURCE)
        return template_fail(str_z(name), (struct place){1, 1}, ERR_TOO_LARGE, e,
                             "the template is longer than %d bytes", TEMPLATE_MAX_SOURCE);
    t = ARENA_NEW(&arena, struct template);
    t->arena = arena;
    t->name = arena_str(&t->arena, str_z(name));
    t->source = arena_str(&t->arena, source);
    if (parse_all(t, e)) {
        template_free(t);
        return -1;
    }
    *out = t;
    return 0;
}
