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

static const struct str cookie_header = {"cookie", 6};

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

static void want(struct compiler *c, enum field_kind field, struct str name)
{
    struct names *names = &c->frontend->wanted[field].names;

    *ARENA_PUSH(&c->set->arena, names->items, names->count) = arena_str(&c->set->arena, name);
}

static void collect_names(struct compiler *c, const struct match *m)
{
    enum field_kind field = FIELD_HEADER;

    if (field_of(m, &field))
        want(c, field, m->name);
    for (size_t i = 0; i < m->part_count; i++)
        collect_names(c, &m->parts[i]);
}

static size_t slot_of(const struct wanted *w, struct str name)
{
    return w->first_slot + names_find(&w->names, name);
}

static struct names copy_texts(struct arena *a, const struct str_list *list)
{
    struct str *copy = ARENA_ARRAY(a, struct str, list->count);

    for (size_t i = 0; i < list->count; i++)
        copy[i] = arena_str(a, list->items[i]);
    return names_make(copy, list->count);
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
                       .parts_end = parts + m->part_count};
    if (field_of(m, &t->field))
        t->slot = slot_of(&c->frontend->wanted[t->field], m->name);
    if (m->condition.op == CONDITION_REGEX && compile_regex(c, m, t))
        return -1;
    for (size_t i = 0; i < m->part_count; i++) {
        if (compile_test(c, &m->parts[i], &parts[i]))
            return -1;
    }
    return 0;
}

static struct decision *decision_of(struct policy_set *set, const struct policy *p)
{
    struct arena *a = &set->arena;
    struct policy_variable *variables = ARENA_ARRAY(a, struct policy_variable, p->set_count);
    struct decision *d = &set->decisions[set->decision_count];

    for (size_t i = 0; i < p->set_count; i++) {
        variables[i].name = arena_str(a, p->set[i].name);
        variables[i].value = arena_str(a, p->set[i].value);
    }
    *d = (struct decision){.kind = DECISION_TAKEN,
                           .number = set->decision_count++,
                           .policy = arena_str(a, p->name),
                           .backend = arena_str(a, p->backend),
                           .set = variables,
                           .set_count = p->set_count};
    return d;
}

static int compile_policy(struct compiler *c, const struct policy *p, struct compiled_policy *out)
{
    out->taken = decision_of(c->set, p);
    c->salt = p->name;
    if (compile_test(c, &p->match, &out->test)) {
        err_in(c->e, "match");
        return err_wrap(c->e, "policy " STR_FMT, STR_ARG(p->name));
    }
    return 0;
}

static void compile_wanted(struct compiler *c, const struct policy *const *list, size_t count)
{
    struct wanted *wanted = c->frontend->wanted;
    size_t slots = 0;

    for (size_t i = 0; i < count; i++)
        collect_names(c, &list[i]->match);
    if (wanted[FIELD_COOKIE].names.count)
        want(c, FIELD_HEADER, cookie_header);
    for (unsigned field = 0; field < FIELD_KINDS; field++) {
        wanted[field].names = names_make(wanted[field].names.items, wanted[field].names.count);
        wanted[field].first_slot = slots;
        slots += wanted[field].names.count;
    }
    if (wanted[FIELD_COOKIE].names.count)
        c->frontend->cookie_slot = slot_of(&wanted[FIELD_HEADER], cookie_header);
    if (slots > c->set->slots)
        c->set->slots = slots;
}

/* `list` holds the policies of one frontend, in the order of decision. */
static int compile_frontend(struct compiler *c, const struct policy *const *list, size_t count)
{
    struct policy_set *set = c->set;
    struct arena *a = &set->arena;

    *ARENA_PUSH(a, set->names.items, set->names.count) = arena_str(a, list[0]->frontend);
    c->frontend = ARENA_PUSH(a, set->frontends, set->frontend_count);
    *c->frontend = (struct compiled_frontend){
        .policies = ARENA_ARRAY(a, struct compiled_policy, count), .count = count};
    compile_wanted(c, list, count);
    for (size_t i = 0; i < count; i++) {
        if (compile_policy(c, list[i], &c->frontend->policies[i]))
            return -1;
    }
    return 0;
}

static int by_frontend(const void *pa, const void *pb)
{
    const struct policy *a = *(const struct policy *const *)pa;
    const struct policy *b = *(const struct policy *const *)pb;
    int c = names_cmp(a->frontend, b->frontend);

    return c ? c : policy_cmp(pa, pb);
}

/* Their names are in the order of the frontends; people want another. */
static void sort_frontends(struct policy_set *set)
{
    struct names *names = &set->names;

    set->sorted_names =
        (struct str_list){ARENA_ARRAY(&set->arena, struct str, names->count), names->count};
    for (size_t i = 0; i < names->count; i++)
        set->sorted_names.items[i] = names->items[i];
    texts_sort(&set->sorted_names);
    *names = names_make(names->items, names->count);
}

static int compile_all(struct compiler *c, const struct policy **list, size_t count)
{
    if (count > LIMIT_POLICIES)
        return err_set(c->e, ERR_INVALID, "more than %d policies", LIMIT_POLICIES);
    if (count)
        qsort(list, count, sizeof *list, by_frontend);
    c->set->decisions = ARENA_ARRAY(&c->set->arena, struct decision, count);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && str_eq(list[end]->frontend, list[i]->frontend);)
            end++;
        if (compile_frontend(c, list + i, end - i))
            return -1;
    }
    sort_frontends(c->set);
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
    return set->sorted_names;
}

const struct decision *policy_set_decisions(const struct policy_set *set, size_t *count)
{
    *count = set->decision_count;
    return set->decisions;
}
