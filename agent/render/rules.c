/* SPDX-License-Identifier: Apache-2.0 */
#include "render/rules.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

struct pattern {
    struct str text;
    unsigned rank;
};

struct patterns {
    struct pattern *items;
    size_t count;
};

enum { HEADER_BYTES = 64, HEADERS = 32 /* besides host: each costs each request a lookup */ };

static bool is_regex(enum rule_op op)
{
    return op == RULE_PATH_REG || op == RULE_URL_REG;
}

static bool is_prefix(enum rule_op op)
{
    return op == RULE_PATH_BEG || op == RULE_URL_BEG;
}

/* Lists in HAProxy: the order of the file decides. */
static bool is_ordered(enum rule_op op)
{
    return is_regex(op) || op == RULE_HDR_DOM;
}

static int check_regex(struct str pattern, struct err *e)
{
    PCRE2_UCHAR why[128];
    PCRE2_SIZE at;
    int code;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, 0, &code, &at, NULL);

    if (re) {
        pcre2_code_free(re);
        return 0;
    }
    if (pcre2_get_error_message(code, why, sizeof why) < 0)
        why[0] = 0;
    return err_field(e, "value", "value: regular expression \"" STR_FMT "\": %s at %zu",
                     STR_ARG(pattern), (const char *)why, (size_t)at);
}

static int check_pattern(enum rule_op op, struct str pattern, struct err *e)
{
    if (is_regex(op))
        return check_regex(pattern, e);
    if (pattern.p[0] == '#')
        return err_field(e, "value", "value: \"" STR_FMT "\" starts with '#'", STR_ARG(pattern));
    return 0;
}

static int check_header(struct str name, struct err *e)
{
    if (name.n == 0 || name.n > HEADER_BYTES)
        return err_field(e, "header", "header: 1 to %d bytes", HEADER_BYTES);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return err_field(e, "header", "header: character '%c' cannot be looked up", c);
    }
    return 0;
}

static int check_rule(const struct rule *r, struct err *e)
{
    struct str rest = r->value;

    if (str_has_control(r->value))
        return err_field(e, "value", "value: a control character is not allowed");
    if (r->op == RULE_HDR_DOM && check_header(r->header, e))
        return -1;
    for (;;) {
        struct str pattern = str_word(&rest);

        if (pattern.n == 0)
            return 0;
        if (check_pattern(r->op, pattern, e))
            return -1;
    }
}

/* Remember a header in `seen`; -1 when there is no room for another one. */
static int count_header(const struct rule *r, struct str *seen, size_t *count)
{
    if (r->op != RULE_HDR_DOM || str_eq(r->header, STR("host")))
        return 0;
    for (size_t i = 0; i < *count; i++) {
        if (str_eq(seen[i], r->header))
            return 0;
    }
    if (*count == HEADERS)
        return -1;
    seen[(*count)++] = r->header;
    return 0;
}

int rules_check(const struct frontend *f, struct err *e)
{
    struct str seen[HEADERS];
    size_t count = 0;

    for (size_t i = 0; i < f->rule_count; i++) {
        int rc = check_rule(&f->rules[i], e);

        if (rc == 0 && count_header(&f->rules[i], seen, &count))
            rc = err_field(e, "header", "header: more than %d different headers", HEADERS);
        if (rc) {
            err_in(e, "rules[%zu]", i);
            return err_wrap(e, "rules[%zu]", i);
        }
    }
    return 0;
}

/* "http://...": what is compared is path and query, so it never starts like this. */
static bool has_scheme(struct str pattern)
{
    size_t at;

    if (!str_find(pattern, ':', &at) || at == 0)
        return false;
    for (size_t i = 0; i < at; i++) {
        char c = pattern.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
            return false;
    }
    return str_starts((struct str){pattern.p + at, pattern.n - at}, STR("://"));
}

static const char *never_matches(enum rule_op op, struct str pattern)
{
    switch (op) {
    case RULE_URL_REG:
        if (pattern.p[0] == '^')
            pattern = (struct str){pattern.p + 1, pattern.n - 1};
        return has_scheme(pattern) ? "starts with a scheme, but path and query are compared" : NULL;
    case RULE_URL:
    case RULE_URL_BEG:
        return has_scheme(pattern) ? "starts with a scheme, but path and query are compared" : NULL;
    case RULE_PATH:
    case RULE_PATH_BEG:
        return pattern.p[0] == '/' || pattern.p[0] == '*' ? NULL : "does not start with '/'";
    case RULE_PATH_REG:
    case RULE_HDR_DOM:
    case RULE_OP_COUNT: break;
    }
    return NULL;
}

struct str_list rules_warnings(struct arena *a, const struct frontend *f)
{
    struct str_list list = {0};

    for (size_t i = 0; i < f->rule_count; i++) {
        struct str rest = f->rules[i].value, pattern = str_word(&rest);

        if (pattern.n == 0)
            *ARENA_PUSH(a, list.items, list.count) =
                arena_printf(a, "rules[%zu].value: an empty value matches nothing", i);
        for (; pattern.n; pattern = str_word(&rest)) {
            const char *why = never_matches(f->rules[i].op, pattern);
            if (why)
                *ARENA_PUSH(a, list.items, list.count) =
                    arena_printf(a, "rules[%zu].value: \"" STR_FMT "\" can never match: it %s", i,
                                 STR_ARG(pattern), why);
        }
    }
    return list;
}

static int by_text(const void *pa, const void *pb)
{
    const struct pattern *a = pa, *b = pb;
    int c = str_cmp(a->text, b->text);

    return c ? c : (a->rank > b->rank) - (a->rank < b->rank);
}

static int by_rank(const void *pa, const void *pb)
{
    const struct pattern *a = pa, *b = pb;

    if (a->rank != b->rank)
        return a->rank > b->rank ? 1 : -1;
    return str_cmp(a->text, b->text);
}

/* A line of a map file that starts with '#' is a comment; as a set of one it is a pattern. */
static struct str regex_as_key(struct arena *a, struct str pattern)
{
    if (pattern.p[0] != '#')
        return pattern;
    return arena_printf(a, "[#]" STR_FMT, (int)(pattern.n - 1), pattern.p + 1);
}

static struct patterns collect(struct arena *a, const struct frontend *f, enum rule_op op,
                               struct str header)
{
    bool fold = op == RULE_HDR_DOM && str_eq(header, STR("host"));
    struct patterns list = {0};

    for (size_t i = 0; i < f->rule_count; i++) {
        const struct rule *r = &f->rules[i];
        struct str rest = r->value;

        if (r->op != op || (op == RULE_HDR_DOM && !str_eq(r->header, header)))
            continue;
        for (struct str word = str_word(&rest); word.n; word = str_word(&rest)) {
            struct str text = is_regex(op) ? regex_as_key(a, word) : word;
            *ARENA_PUSH(a, list.items, list.count) =
                (struct pattern){fold ? arena_str_lower(a, text) : text, (unsigned)i + 1};
        }
    }
    return list;
}

/* Leaves the list sorted by text. */
static void keep_lowest(struct patterns *list)
{
    size_t kept = 0;

    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_text);
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || !str_eq(list->items[kept - 1].text, list->items[i].text))
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* In byte order the prefixes of a key come before it, nested like brackets: a stack of the open
 * ones, each with the lowest rank so far, gives every key the lowest rank of its prefixes. */
static void lower_to_prefixes(struct arena *a, struct patterns *list)
{
    size_t *open = ARENA_ARRAY(a, size_t, list->count + 1), depth = 0;

    for (size_t i = 0; i < list->count; i++) {
        struct pattern *p = &list->items[i];

        while (depth && !str_starts(p->text, list->items[open[depth - 1]].text))
            depth--;
        if (depth && list->items[open[depth - 1]].rank < p->rank)
            p->rank = list->items[open[depth - 1]].rank;
        open[depth++] = i;
    }
}

static struct map_file compile_kind(struct arena *a, const struct frontend *f, enum rule_op op,
                                    struct str header)
{
    struct patterns list = collect(a, f, op, header);
    struct map_file map = {.ordered = is_ordered(op)};
    const char *dot = header.n ? "." : "";

    keep_lowest(&list);
    if (is_prefix(op))
        lower_to_prefixes(a, &list);
    if (map.ordered && list.count)
        qsort(list.items, list.count, sizeof *list.items, by_rank);
    map.name = arena_printf(a, STR_FMT ".%s%s" STR_FMT, STR_ARG(f->name), rule_op_name(op), dot,
                            STR_ARG(header));
    map.entries = ARENA_ARRAY(a, struct map_entry, list.count);
    map.count = list.count;
    for (size_t i = 0; i < list.count; i++)
        map.entries[i] =
            (struct map_entry){list.items[i].text, arena_printf(a, "%u", list.items[i].rank)};
    return map;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The headers that the rules name besides host, sorted, each once. */
static struct str_list other_headers(struct arena *a, const struct frontend *f)
{
    struct str_list list = {0};
    size_t kept = 0;

    for (size_t i = 0; i < f->rule_count; i++) {
        if (f->rules[i].op == RULE_HDR_DOM && !str_eq(f->rules[i].header, STR("host")))
            *ARENA_PUSH(a, list.items, list.count) = f->rules[i].header;
    }
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, by_name);
    for (size_t i = 0; i < list.count; i++) {
        if (kept == 0 || !str_eq(list.items[kept - 1], list.items[i]))
            list.items[kept++] = list.items[i];
    }
    list.count = kept;
    return list;
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct map_entry *)a)->key, ((const struct map_entry *)b)->key);
}

static struct map_file compile_ranks(struct arena *a, const struct frontend *f)
{
    struct map_file map = {.name = arena_printf(a, STR_FMT ".rank", STR_ARG(f->name))};

    map.entries = ARENA_ARRAY(a, struct map_entry, f->rule_count);
    for (size_t i = 0; i < f->rule_count; i++)
        map.entries[map.count++] =
            (struct map_entry){arena_printf(a, "%zu", i + 1), f->rules[i].backend};
    if (map.count)
        qsort(map.entries, map.count, sizeof *map.entries, by_key);
    return map;
}

void rules_compile(struct arena *a, const struct frontend *f, struct ruleset *out)
{
    struct str_list headers = other_headers(a, f);

    *out = (struct ruleset){.frontend = f->name};
    out->kinds = ARENA_ARRAY(a, struct map_file, RULE_OP_COUNT + headers.count);
    for (unsigned op = 0; op < RULE_OP_COUNT; op++)
        out->kinds[out->kind_count++] =
            compile_kind(a, f, (enum rule_op)op, op == RULE_HDR_DOM ? STR("host") : STR(""));
    for (size_t i = 0; i < headers.count; i++)
        out->kinds[out->kind_count++] = compile_kind(a, f, RULE_HDR_DOM, headers.items[i]);
    out->ranks = compile_ranks(a, f);
}

int rules_kind(struct str frontend, struct str kind, enum rule_op *op, struct str *header)
{
    struct str rest, name;

    if (!str_starts(kind, frontend) || kind.n <= frontend.n || kind.p[frontend.n] != '.')
        return -1;
    rest = (struct str){kind.p + frontend.n + 1, kind.n - frontend.n - 1};
    name = str_cut(&rest, '.');
    *header = rest.p ? rest : STR("");
    for (unsigned i = 0; i < RULE_OP_COUNT; i++) {
        if (str_eq_z(name, rule_op_name((enum rule_op)i)) &&
            (header->n > 0) == ((enum rule_op)i == RULE_HDR_DOM)) {
            *op = (enum rule_op)i;
            return 0;
        }
    }
    return -1;
}
