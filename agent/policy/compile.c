/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compile.h"

#include "model/condition.h"
#include "policy/describe.h"
#include "policy/inside.h"

#include <stdlib.h>

struct compiler {
    struct policy_set *set;
    struct compiled_frontend *frontend;
    struct str salt; /* name of the policy that is compiled */
    struct err *e;
};

bool texts_find(const struct str_list *sorted, struct str name, size_t *at)
{
    size_t low = 0, high = sorted->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = str_cmp(sorted->items[mid], name);
        if (c == 0) {
            *at = mid;
            return true;
        }
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* Whether a request's field is looked at, and of which kind. */
static bool field_of(const struct match *m, enum field_kind *field)
{
    switch (m->kind) {
    case MATCH_HEADER: *field = FIELD_HEADER; return true;
    case MATCH_COOKIE: *field = FIELD_COOKIE; return true;
    case MATCH_QUERY: *field = FIELD_QUERY; return true;
    case MATCH_PERCENT: *field = m->by == PERCENT_COOKIE ? FIELD_COOKIE : FIELD_HEADER; break;
    case MATCH_HOST:
    case MATCH_PATH:
    case MATCH_METHOD:
    case MATCH_SRC:
    case MATCH_ANY:
    case MATCH_NOT:
    case MATCH_ALL:
    case MATCH_KIND_COUNT: return false;
    }
    return m->by != PERCENT_SRC;
}

static void collect_names(struct compiler *c, const struct match *m)
{
    enum field_kind field = FIELD_HEADER;

    if (field_of(m, &field)) {
        struct str_list *list = &c->frontend->wanted[field].names;
        *ARENA_PUSH(&c->set->arena, list->items, list->count) = arena_str(&c->set->arena, m->name);
    }
    for (size_t i = 0; i < m->part_count; i++)
        collect_names(c, &m->parts[i]);
}

static struct str_list copy_texts(struct arena *a, const struct str_list *list)
{
    struct str_list copy = {ARENA_ARRAY(a, struct str, list->count), list->count};

    for (size_t i = 0; i < list->count; i++)
        copy.items[i] = arena_str(a, list->items[i]);
    return copy;
}

static int compile_regex(struct compiler *c, const struct match *m, struct test *t)
{
    struct policy_set *set = c->set;

    t->re = regex_compile(m->condition.text, m->kind == MATCH_HOST, c->e);
    if (!t->re)
        return -1;
    (void)pcre2_jit_compile(t->re, PCRE2_JIT_COMPLETE); /* without it the interpreter matches */
    *ARENA_PUSH(&set->arena, set->codes, set->code_count) = t->re;
    return 0;
}

static int compile_test(struct compiler *c, const struct match *m, struct test *t)
{
    struct arena *a = &c->set->arena;
    bool methods = m->kind == MATCH_METHOD;
    struct test *parts = ARENA_ARRAY(a, struct test, m->part_count);

    *t = (struct test){.kind = m->kind,
                       .op = m->condition.op,
                       .by = m->by,
                       .share = m->share,
                       /* of a percentage: the salt */
                       .text = arena_str(a, m->kind == MATCH_PERCENT ? c->salt : m->condition.text),
                       .texts = copy_texts(a, methods ? &m->methods : &m->condition.texts),
                       .networks = networks_build(a, m->networks, m->network_count),
                       .words = describe_match(a, m),
                       .parts = parts,
                       .part_count = m->part_count};
    if (field_of(m, &t->field))
        (void)texts_find(&c->frontend->wanted[t->field].names, m->name, &t->slot);
    if (m->condition.op == CONDITION_REGEX && compile_regex(c, m, t))
        return -1;
    for (size_t i = 0; i < m->part_count; i++) {
        if (compile_test(c, &m->parts[i], &parts[i]))
            return -1;
    }
    return 0;
}

static int compile_policy(struct compiler *c, const struct policy *p, struct compiled_policy *out)
{
    struct arena *a = &c->set->arena;

    *out = (struct compiled_policy){.name = arena_str(a, p->name),
                                    .backend = arena_str(a, p->backend),
                                    .priority = p->priority,
                                    .set = ARENA_ARRAY(a, struct policy_variable, p->set_count),
                                    .set_count = p->set_count};
    for (size_t i = 0; i < p->set_count; i++) {
        out->set[i].name = arena_str(a, p->set[i].name);
        out->set[i].value = arena_str(a, p->set[i].value);
    }
    c->salt = p->name;
    if (compile_test(c, &p->match, &out->test)) {
        err_in(c->e, "match");
        return err_wrap(c->e, "policy " STR_FMT, STR_ARG(p->name));
    }
    return 0;
}

static void finish_wanted(struct policy_set *set, struct wanted *w)
{
    texts_sort(&w->names);
    for (size_t i = 0; i < w->names.count; i++)
        w->marks |= wanted_mark(w->names.items[i]);
    if (w->names.count > set->slots)
        set->slots = w->names.count;
}

/* `list` holds the policies of one frontend, in the order of decision. */
static int compile_frontend(struct compiler *c, const struct policy *const *list, size_t count)
{
    struct policy_set *set = c->set;
    struct compiled_frontend *f = ARENA_PUSH(&set->arena, set->frontends, set->count);

    *f = (struct compiled_frontend){.name = arena_str(&set->arena, list[0]->frontend),
                                    .count = count};
    c->frontend = f;
    f->policies = ARENA_ARRAY(&set->arena, struct compiled_policy, count);
    *ARENA_PUSH(&set->arena, set->names.items, set->names.count) = f->name;
    for (size_t i = 0; i < count; i++)
        collect_names(c, &list[i]->match);
    for (unsigned field = 0; field < FIELD_KINDS; field++)
        finish_wanted(set, &f->wanted[field]);
    for (size_t i = 0; i < count; i++) {
        if (compile_policy(c, list[i], &f->policies[i]))
            return -1;
    }
    return 0;
}

static int by_frontend(const void *pa, const void *pb)
{
    const struct policy *a = *(const struct policy *const *)pa;
    const struct policy *b = *(const struct policy *const *)pb;
    int c = str_cmp(a->frontend, b->frontend);

    return c ? c : policy_cmp(pa, pb);
}

static int compile_all(struct compiler *c, const struct policy **list, size_t count)
{
    if (count > LIMIT_POLICIES)
        return err_set(c->e, ERR_INVALID, "more than %d policies", LIMIT_POLICIES);
    if (count)
        qsort(list, count, sizeof *list, by_frontend);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && str_eq(list[end]->frontend, list[i]->frontend);)
            end++;
        if (compile_frontend(c, list + i, end - i))
            return -1;
    }
    return 0;
}

struct policy_set *policy_set_new(const struct policy *const *policies, size_t count, struct err *e)
{
    struct policy_set *set = calloc(1, sizeof *set);
    struct compiler c = {.set = set, .e = e};
    struct arena scratch = ARENA_INIT;
    const struct policy **enabled = ARENA_ARRAY(&scratch, const struct policy *, count);
    size_t kept = 0;

    if (!set)
        abort();
    for (size_t i = 0; i < count; i++) {
        if (policies[i]->enabled)
            enabled[kept++] = policies[i];
    }
    if (compile_all(&c, enabled, kept)) {
        policy_set_free(set);
        set = NULL;
    }
    arena_free(&scratch);
    return set;
}

void policy_set_free(struct policy_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->code_count; i++)
        pcre2_code_free(set->codes[i]);
    arena_free(&set->arena);
    free(set);
}

struct str_list policy_set_frontends(const struct policy_set *set)
{
    return set->names;
}
