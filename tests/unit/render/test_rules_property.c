/* SPDX-License-Identifier: Apache-2.0 */
/* Random rule lists: what the compiled maps give, looked up as HAProxy looks them up, is what the
 * first rule of the list that matches gives, found by reading the list from its start. */
#include "fixture.h"
#include "render/rules.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LISTS = 150, REQUESTS = 120, RULES = 40 };

struct request {
    char path[128], pathq[160], host[64], tenant[64];
};

static uint32_t seed = 20260101;

static unsigned pick(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % below;
}

static void add(char *to, size_t size, const char *more)
{
    size_t n = strlen(to);

    (void)snprintf(to + n, size - n, "%s", more);
}

/* Short words over a small alphabet: prefixes overlap, duplicates and hits are frequent. */
static void random_path(char *to, size_t size)
{
    static const char *const parts[] = {"/", "/a", "/b", "/A", "a", "/a/", "b", ".js"};

    to[0] = 0;
    add(to, size, "/");
    for (unsigned n = pick(5); n; n--)
        add(to, size, parts[pick(8)]);
}

static void random_host(char *to, size_t size)
{
    static const char *const labels[] = {"a", "b", "www", "A", "example", "Example"};
    unsigned n = 1 + pick(3);

    to[0] = 0;
    while (n--) {
        add(to, size, labels[pick(6)]);
        add(to, size, n ? "." : "");
    }
}

static void random_regex(char *to, size_t size)
{
    static const char *const starts[] = {"^/a", "^/[ab]+", "a", "^/", "b[^/]*", "(?i)^/A"};
    static const char *const ends[] = {"", "$", "/", ".*b", "\\.js$", "[?]"};

    to[0] = 0;
    add(to, size, starts[pick(6)]);
    add(to, size, ends[pick(6)]);
}

static void random_pattern(enum rule_op op, char *to, size_t size)
{
    static const char *const queries[] = {"?", "?q=1", "?q=2", ""};

    switch (op) {
    case RULE_PATH_REG:
    case RULE_URL_REG: random_regex(to, size); break;
    case RULE_HDR_DOM: random_host(to, size); break;
    case RULE_URL:
    case RULE_URL_BEG:
        random_path(to, size);
        add(to, size, queries[pick(4)]);
        break;
    case RULE_PATH:
    case RULE_PATH_BEG:
    case RULE_OP_COUNT: random_path(to, size); break;
    }
}

static void random_rule(struct arena *a, struct rule *r)
{
    char value[512] = "", pattern[128];

    r->op = (enum rule_op)pick(RULE_OP_COUNT);
    r->header = r->op == RULE_HDR_DOM ? (pick(2) ? STR("host") : STR("x-tenant")) : STR("");
    for (unsigned n = pick(4); n; n--) {
        random_pattern(r->op, pattern, sizeof pattern);
        add(value, sizeof value, pattern);
        add(value, sizeof value, pick(4) ? " " : "   ");
    }
    r->value = arena_str(a, str_z(value));
    r->backend = arena_printf(a, "b%u", pick(5));
}

static struct frontend random_frontend(struct arena *a)
{
    struct frontend f = {.name = STR("web"), .backend = STR("d")};

    f.rule_count = 1 + pick(RULES);
    f.rules = ARENA_ARRAY(a, struct rule, f.rule_count);
    for (size_t i = 0; i < f.rule_count; i++)
        random_rule(a, &f.rules[i]);
    return f;
}

static struct str pattern_of(const struct rule *r)
{
    struct str rest = r->value, word = str_word(&rest), found = word;

    for (; word.n; word = str_word(&rest)) {
        if (pick(2))
            found = word;
    }
    return found;
}

/* Half of them are made from a pattern of the list, so that they hit. */
static void random_request(const struct frontend *f, struct request *q)
{
    const struct rule *r = &f->rules[pick((unsigned)f->rule_count)];
    struct str pattern = pattern_of(r);
    char *query;

    random_path(q->path, sizeof q->path);
    random_host(q->host, sizeof q->host);
    random_host(q->tenant, sizeof q->tenant);
    (void)snprintf(q->pathq, sizeof q->pathq, "%s%s", q->path, pick(2) ? "?q=1" : "");
    if (pick(2) || pattern.n == 0)
        return;
    if (r->op == RULE_HDR_DOM) {
        (void)snprintf(r->header.n == 4 ? q->host : q->tenant, sizeof q->host, "%s" STR_FMT "%s",
                       pick(2) ? "www." : "", STR_ARG(pattern), pick(2) ? ":8080" : "");
        return;
    }
    if (r->op == RULE_PATH_REG || r->op == RULE_URL_REG)
        return;
    (void)snprintf(q->pathq, sizeof q->pathq, STR_FMT "%s", STR_ARG(pattern), pick(2) ? "x" : "");
    (void)snprintf(q->path, sizeof q->path, "%.120s", q->pathq);
    query = strchr(q->path, '?');
    if (query)
        *query = 0;
}

static bool matches_regex(struct str pattern, const char *text)
{
    int code;
    PCRE2_SIZE at;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, 0, &code, &at, NULL);
    pcre2_match_data *data;
    bool hit;

    assert_non_null(re);
    data = pcre2_match_data_create_from_pattern(re, NULL);
    hit = pcre2_match(re, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL) >= 0;
    pcre2_match_data_free(data);
    pcre2_code_free(re);
    return hit;
}

static bool is_delimiter(char c)
{
    return c == 0 || c == '/' || c == '?' || c == '.' || c == ':';
}

/* HAProxy's "dom": the pattern stands between delimiters or ends. */
static bool matches_dom(struct str pattern, const char *text, bool fold)
{
    size_t n = strlen(text);

    for (size_t i = 0; i + pattern.n <= n; i++) {
        struct str here = {text + i, pattern.n};
        bool same = fold ? str_eq_nocase(here, pattern) : str_eq(here, pattern);
        if (same && (i == 0 || is_delimiter(text[i - 1])) && is_delimiter(text[i + pattern.n]))
            return true;
    }
    return false;
}

static bool matches(const struct rule *r, struct str pattern, const struct request *q)
{
    switch (r->op) {
    case RULE_PATH: return str_eq_z(pattern, q->path);
    case RULE_PATH_BEG: return str_starts(str_z(q->path), pattern);
    case RULE_PATH_REG: return matches_regex(pattern, q->path);
    case RULE_URL: return str_eq_z(pattern, q->pathq);
    case RULE_URL_BEG: return str_starts(str_z(q->pathq), pattern);
    case RULE_URL_REG: return matches_regex(pattern, q->pathq);
    case RULE_HDR_DOM:
        return str_eq_z(r->header, "host") ? matches_dom(pattern, q->host, true)
                                           : matches_dom(pattern, q->tenant, false);
    case RULE_OP_COUNT: break;
    }
    return false;
}

/* Rank of the first rule that matches, RULES_NO_RANK for none. */
static unsigned first_match(const struct frontend *f, const struct request *q)
{
    for (size_t i = 0; i < f->rule_count; i++) {
        struct str rest = f->rules[i].value, word;

        while ((word = str_word(&rest)).n) {
            if (matches(&f->rules[i], word, q))
                return (unsigned)i + 1;
        }
    }
    return RULES_NO_RANK;
}

static unsigned number(struct str s)
{
    uint64_t n = 0;

    assert_int_equal(str_u64(s, &n), 0);
    return (unsigned)n;
}

static unsigned map_str(const struct map_file *m, const char *text)
{
    for (size_t i = 0; i < m->count; i++) {
        if (str_eq_z(m->entries[i].key, text))
            return number(m->entries[i].value);
    }
    return RULES_NO_RANK;
}

/* The longest prefix, as HAProxy's prefix tree. */
static unsigned map_beg(const struct map_file *m, const char *text)
{
    const struct map_entry *best = NULL;

    for (size_t i = 0; i < m->count; i++) {
        if (str_starts(str_z(text), m->entries[i].key) &&
            (!best || m->entries[i].key.n > best->key.n))
            best = &m->entries[i];
    }
    return best ? number(best->value) : RULES_NO_RANK;
}

static unsigned map_reg(const struct map_file *m, const char *text)
{
    for (size_t i = 0; i < m->count; i++) {
        if (matches_regex(m->entries[i].key, text))
            return number(m->entries[i].value);
    }
    return RULES_NO_RANK;
}

static unsigned map_dom(const struct map_file *m, const char *text)
{
    for (size_t i = 0; i < m->count; i++) {
        if (matches_dom(m->entries[i].key, text, false))
            return number(m->entries[i].value);
    }
    return RULES_NO_RANK;
}

static unsigned look_up(const struct map_file *m, enum rule_op op, struct str header,
                        const struct request *q)
{
    struct arena a = ARENA_INIT;
    unsigned rank = RULES_NO_RANK;

    switch (op) {
    case RULE_PATH: return map_str(m, q->path);
    case RULE_PATH_BEG: return map_beg(m, q->path);
    case RULE_PATH_REG: return map_reg(m, q->path);
    case RULE_URL: return map_str(m, q->pathq);
    case RULE_URL_BEG: return map_beg(m, q->pathq);
    case RULE_URL_REG: return map_reg(m, q->pathq);
    case RULE_HDR_DOM:
        /* the configuration says `lower` for host */
        rank = str_eq_z(header, "host") ? map_dom(m, arena_str_lower(&a, str_z(q->host)).p)
                                        : map_dom(m, q->tenant);
        break;
    case RULE_OP_COUNT: break;
    }
    arena_free(&a);
    return rank;
}

static unsigned compiled_match(const struct ruleset *r, const struct request *q)
{
    unsigned lowest = RULES_NO_RANK;

    for (size_t i = 0; i < r->kind_count; i++) {
        enum rule_op op = RULE_OP_COUNT;
        struct str header;
        unsigned rank;

        assert_int_equal(rules_kind(r->frontend, r->kinds[i].name, &op, &header), 0);
        rank = look_up(&r->kinds[i], op, header, q);
        lowest = rank < lowest ? rank : lowest;
    }
    return lowest;
}

/* Returns how many of the requests hit a rule. */
static unsigned check_list(void)
{
    struct arena a = ARENA_INIT;
    struct frontend f = random_frontend(&a);
    struct ruleset r;
    struct err e = {0};
    unsigned hits = 0;

    if (rules_check(&f, &e))
        fail_msg("%s", e.text);
    rules_compile(&a, &f, &r);
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct request q;
        unsigned want, got;

        random_request(&f, &q);
        want = first_match(&f, &q);
        got = compiled_match(&r, &q);
        if (want != got)
            fail_msg("%s host %s tenant %s: rule %u wanted, %u found", q.pathq, q.host, q.tenant,
                     want, got);
        hits += want != RULES_NO_RANK;
    }
    arena_free(&a);
    return hits;
}

static void test_first_rule_of_the_list_wins(void **state)
{
    unsigned hits = 0;

    (void)state;
    for (unsigned i = 0; i < LISTS; i++)
        hits += check_list();
    /* a test in which nothing matches proves nothing */
    assert_in_range(hits, LISTS * REQUESTS / 2, LISTS * REQUESTS - LISTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_rule_of_the_list_wins)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
