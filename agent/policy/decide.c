/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decide.h"

#include "policy/bucket.h"
#include "policy/fields.h"
#include "policy/regex_run.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* One request being decided. */
struct asking {
    const struct compiled_frontend *frontend;
    const struct policy_request *r;
    enum decide_how how;
    struct policy_scratch *s;
    struct policy_trace *trace;
    struct str host; /* lower case, without port; p NULL: not made yet */
    struct network src;
    bool has_src;
    char src_text[INET6_ADDRSTRLEN]; /* as HAProxy writes it; empty: not made yet */
};

typedef enum verdict run_test(struct asking *q, const struct test *t);

static run_test *const runs[MATCH_KIND_COUNT];

/* Apart, so that nothing is saved for it where nobody traces. */
static enum verdict run_traced(struct asking *q, const struct test *t, struct str name)
    __attribute__((noinline));

static inline enum verdict run(struct asking *q, const struct test *t)
{
    return q->trace ? run_traced(q, t, t->words) : runs[t->kind](q, t);
}

static void seen(struct asking *q, struct str value)
{
    if (q->trace)
        trace_seen(q->trace, value);
}

static enum verdict verdict_of(bool holds)
{
    return holds ? VERDICT_YES : VERDICT_NO;
}

static bool text_contains(struct str s, struct str part)
{
    return s.n >= part.n && memmem(s.p, s.n, part.p, part.n) != NULL;
}

static enum verdict compare(struct asking *q, const struct test *t, struct str value)
{
    switch (t->op) {
    case CONDITION_EQUALS: return verdict_of(str_eq(value, t->text));
    case CONDITION_PREFIX: return verdict_of(str_starts(value, t->text));
    case CONDITION_SUFFIX: return verdict_of(str_ends(value, t->text));
    case CONDITION_CONTAINS: return verdict_of(text_contains(value, t->text));
    case CONDITION_IN: return verdict_of(names_find(&t->texts, value) != NAMES_NONE);
    case CONDITION_REGEX:
        if (q->how == DECIDE_WITHOUT_REGEX)
            return VERDICT_UNDECIDED;
        return regex_run(q->s, t->re, value);
    case CONDITION_PRESENT: return VERDICT_YES;
    case CONDITION_ABSENT:
    case CONDITION_OP_COUNT: break;
    }
    return VERDICT_NO;
}

/* Host and path: empty is absent. */
static enum verdict run_single(struct asking *q, const struct test *t, struct str value)
{
    seen(q, value);
    if (t->op == CONDITION_PRESENT)
        return verdict_of(value.n > 0);
    if (t->op == CONDITION_ABSENT)
        return verdict_of(value.n == 0);
    return compare(q, t, value);
}

static char lower(char c)
{
    return (char)(c | ((unsigned char)(c - 'A') < 26 ? 0x20 : 0));
}

static enum verdict run_host(struct asking *q, const struct test *t)
{
    if (!q->host.p) {
        struct str host = match_host(q->r->host);
        char *to = scratch_text(q->s, host.n);

        for (size_t i = 0; i < host.n; i++)
            to[i] = lower(host.p[i]);
        q->host = (struct str){to, host.n};
    }
    return run_single(q, t, q->host);
}

static enum verdict run_path(struct asking *q, const struct test *t)
{
    return run_single(q, t, q->r->path);
}

static enum verdict run_method(struct asking *q, const struct test *t)
{
    seen(q, q->r->method);
    return verdict_of(names_find(&t->texts, q->r->method) != NAMES_NONE);
}

static enum verdict run_field(struct asking *q, const struct test *t)
{
    const struct occurrence *o = fields_first(q->s, q->frontend, q->r, t->field, t->slot);
    enum verdict sum = VERDICT_NO;

    if (q->s->failed)
        return VERDICT_UNDECIDED;
    if (!o)
        return verdict_of(t->op == CONDITION_ABSENT);
    for (; o && sum != VERDICT_YES; o = fields_next(q->s, o)) {
        enum verdict v = compare(q, t, o->value);
        seen(q, o->value);
        if (v != VERDICT_NO)
            sum = v;
    }
    return sum;
}

static struct str src_text(struct asking *q)
{
    if (!q->src_text[0] && q->has_src)
        (void)inet_ntop(q->r->src.n == 16 ? AF_INET6 : AF_INET, q->r->src.p, q->src_text,
                        sizeof q->src_text);
    return str_z(q->src_text);
}

static enum verdict run_src(struct asking *q, const struct test *t)
{
    if (q->trace)
        trace_seen(q->trace, src_text(q));
    return verdict_of(q->has_src && networks_have(&t->networks, &q->src));
}

/* The last one, as HAProxy's req.cook() and req.fhdr() give it. */
static enum verdict run_percent(struct asking *q, const struct test *t)
{
    struct str key = STR("");
    unsigned bucket;

    if (t->by != PERCENT_SRC) {
        const struct occurrence *last;

        (void)fields_first(q->s, q->frontend, q->r, t->field, t->slot);
        if (q->s->failed)
            return VERDICT_UNDECIDED;
        last = fields_last(q->s, t->slot);
        if (last)
            key = last->value;
    }
    if (key.n == 0)
        key = src_text(q);
    if (key.n == 0)
        return VERDICT_NO;
    bucket = bucket_of(key, t->text);
    if (q->trace)
        trace_bucket(q->trace, bucket, key);
    return verdict_of(bucket < t->share);
}

static enum verdict run_any(struct asking *q, const struct test *t)
{
    enum verdict sum = VERDICT_NO;

    for (const struct test *part = t->parts; part < t->parts_end; part++) {
        enum verdict v = run(q, part);
        if (v == VERDICT_YES)
            return v;
        if (v == VERDICT_UNDECIDED)
            sum = v;
    }
    return sum;
}

static inline enum verdict all_of(struct asking *q, const struct test *t)
{
    enum verdict sum = VERDICT_YES;

    for (const struct test *part = t->parts; part < t->parts_end; part++) {
        enum verdict v = run(q, part);
        if (v == VERDICT_NO)
            return v;
        if (v == VERDICT_UNDECIDED)
            sum = v;
    }
    return sum;
}

static enum verdict run_all(struct asking *q, const struct test *t)
{
    return all_of(q, t);
}

static enum verdict run_not(struct asking *q, const struct test *t)
{
    enum verdict v = run_all(q, &t->parts[0]);

    return v == VERDICT_UNDECIDED ? v : verdict_of(v == VERDICT_NO);
}

/* A function for each kind, not one for all: what a short one needs is little. */
static run_test *const runs[MATCH_KIND_COUNT] = {
    [MATCH_HOST] = run_host,    [MATCH_PATH] = run_path,       [MATCH_METHOD] = run_method,
    [MATCH_HEADER] = run_field, [MATCH_COOKIE] = run_field,    [MATCH_QUERY] = run_field,
    [MATCH_SRC] = run_src,      [MATCH_PERCENT] = run_percent, [MATCH_ANY] = run_any,
    [MATCH_NOT] = run_not,      [MATCH_ALL] = run_all,
};

static enum verdict run_traced(struct asking *q, const struct test *t, struct str name)
{
    size_t step = trace_open(q->trace, name);
    enum verdict v = runs[t->kind](q, t);

    trace_close(q->trace, step, v);
    return v;
}

static const struct compiled_frontend *find_frontend(const struct policy_set *set, struct str name)
{
    size_t at = names_find(&set->names, name);

    return at == NAMES_NONE ? NULL : &set->frontends[at];
}

static struct decision undecided(const struct compiled_policy *p)
{
    return (struct decision){
        .kind = DECISION_UNDECIDED, .policy = p->taken->policy, .backend = STR("")};
}

struct decision decide(const struct policy_set *set, const struct policy_request *r,
                       enum decide_how how, struct policy_scratch *s, struct policy_trace *trace)
{
    struct decision none = {.kind = DECISION_NONE, .policy = STR(""), .backend = STR("")};
    struct asking q = {
        .frontend = find_frontend(set, r->frontend), .r = r, .how = how, .s = s, .trace = trace};

    if (!q.frontend)
        return none;
    if (scratch_begin(s, set, r->host.n + r->query.n))
        return undecided(&q.frontend->policies[0]);
    q.has_src = network_from_bytes(r->src, &q.src) == 0;
    for (size_t i = 0; i < q.frontend->count; i++) {
        const struct compiled_policy *p = &q.frontend->policies[i];
        enum verdict v = trace ? run_traced(&q, &p->test, p->taken->policy) : all_of(&q, &p->test);

        if (v != VERDICT_NO)
            return v == VERDICT_YES ? *p->taken : undecided(p);
    }
    return none;
}
