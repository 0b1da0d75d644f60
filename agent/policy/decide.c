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
    struct str host; /* lower case, without port */
    struct network src;
    bool has_src;
    char src_text[INET6_ADDRSTRLEN]; /* as HAProxy writes it; empty: not made yet */
};

static enum verdict run(struct asking *q, const struct test *t);

static void seen(struct asking *q, struct str value)
{
    if (q->trace)
        trace_seen(q->trace, value);
}

static bool text_contains(struct str s, struct str part)
{
    return s.n >= part.n && memmem(s.p, s.n, part.p, part.n) != NULL;
}

static enum verdict compare(struct asking *q, const struct test *t, struct str value)
{
    size_t at;

    switch (t->op) {
    case CONDITION_EQUALS: return str_eq(value, t->text) ? VERDICT_YES : VERDICT_NO;
    case CONDITION_PREFIX: return str_starts(value, t->text) ? VERDICT_YES : VERDICT_NO;
    case CONDITION_SUFFIX: return str_ends(value, t->text) ? VERDICT_YES : VERDICT_NO;
    case CONDITION_CONTAINS: return text_contains(value, t->text) ? VERDICT_YES : VERDICT_NO;
    case CONDITION_IN: return texts_find(&t->texts, value, &at) ? VERDICT_YES : VERDICT_NO;
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
        return value.n ? VERDICT_YES : VERDICT_NO;
    if (t->op == CONDITION_ABSENT)
        return value.n ? VERDICT_NO : VERDICT_YES;
    return compare(q, t, value);
}

static enum verdict run_field(struct asking *q, const struct test *t)
{
    const struct occurrence *o = fields_first(q->s, q->frontend, q->r, t->field, t->slot);
    enum verdict sum = VERDICT_NO;

    if (q->s->failed)
        return VERDICT_UNDECIDED;
    if (!o)
        return t->op == CONDITION_ABSENT ? VERDICT_YES : VERDICT_NO;
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
    return q->has_src && networks_have(&t->networks, &q->src) ? VERDICT_YES : VERDICT_NO;
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
        last = fields_last(q->s, t->field, t->slot);
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
    return bucket < t->share ? VERDICT_YES : VERDICT_NO;
}

/* `decisive` ends it: no among all, yes among any. */
static enum verdict run_parts(struct asking *q, const struct test *t, enum verdict decisive)
{
    enum verdict sum = decisive == VERDICT_NO ? VERDICT_YES : VERDICT_NO;

    for (size_t i = 0; i < t->part_count; i++) {
        enum verdict v = run(q, &t->parts[i]);
        if (v == decisive)
            return v;
        if (v == VERDICT_UNDECIDED)
            sum = v;
    }
    return sum;
}

static enum verdict run_not(struct asking *q, const struct test *t)
{
    enum verdict v = run_parts(q, &t->parts[0], VERDICT_NO);

    if (v == VERDICT_UNDECIDED)
        return v;
    return v == VERDICT_YES ? VERDICT_NO : VERDICT_YES;
}

static enum verdict run_kind(struct asking *q, const struct test *t)
{
    size_t at;

    switch (t->kind) {
    case MATCH_HOST: return run_single(q, t, q->host);
    case MATCH_PATH: return run_single(q, t, q->r->path);
    case MATCH_METHOD:
        seen(q, q->r->method);
        return texts_find(&t->texts, q->r->method, &at) ? VERDICT_YES : VERDICT_NO;
    case MATCH_HEADER:
    case MATCH_COOKIE:
    case MATCH_QUERY: return run_field(q, t);
    case MATCH_SRC: return run_src(q, t);
    case MATCH_PERCENT: return run_percent(q, t);
    case MATCH_ANY: return run_parts(q, t, VERDICT_YES);
    case MATCH_NOT: return run_not(q, t);
    case MATCH_ALL: return run_parts(q, t, VERDICT_NO);
    case MATCH_KIND_COUNT: break;
    }
    return VERDICT_UNDECIDED;
}

static enum verdict run_traced(struct asking *q, const struct test *t, struct str name)
{
    size_t step = trace_open(q->trace, name);
    enum verdict v = run_kind(q, t);

    trace_close(q->trace, step, v);
    return v;
}

static enum verdict run(struct asking *q, const struct test *t)
{
    return q->trace ? run_traced(q, t, t->words) : run_kind(q, t);
}

static const struct compiled_frontend *find_frontend(const struct policy_set *set, struct str name)
{
    size_t at;

    return texts_find(&set->names, name, &at) ? &set->frontends[at] : NULL;
}

static struct str lower_host(struct policy_scratch *s, struct str value)
{
    struct str host = match_host(value);
    char *to = scratch_text(s, host.n);

    for (size_t i = 0; i < host.n; i++)
        to[i] = host.p[i] >= 'A' && host.p[i] <= 'Z' ? (char)(host.p[i] | 0x20) : host.p[i];
    return (struct str){to, host.n};
}

static struct decision decided(enum decision_kind kind, const struct compiled_policy *p)
{
    if (kind == DECISION_UNDECIDED)
        return (struct decision){kind, p->name, STR(""), NULL, 0};
    return (struct decision){kind, p->name, p->backend, p->set, p->set_count};
}

struct decision decide(const struct policy_set *set, const struct policy_request *r,
                       enum decide_how how, struct policy_scratch *s, struct policy_trace *trace)
{
    struct decision none = {DECISION_NONE, STR(""), STR(""), NULL, 0};
    struct asking q = {
        .frontend = find_frontend(set, r->frontend), .r = r, .how = how, .s = s, .trace = trace};

    if (!q.frontend)
        return none;
    if (scratch_begin(s, set, r->host.n + r->query.n))
        return decided(DECISION_UNDECIDED, &q.frontend->policies[0]);
    q.host = lower_host(s, r->host);
    q.has_src = network_from_bytes(r->src, &q.src) == 0;
    for (size_t i = 0; i < q.frontend->count; i++) {
        const struct compiled_policy *p = &q.frontend->policies[i];
        enum verdict v = trace ? run_traced(&q, &p->test, p->name) : run_kind(&q, &p->test);

        if (v != VERDICT_NO)
            return decided(v == VERDICT_YES ? DECISION_TAKEN : DECISION_UNDECIDED, p);
    }
    return none;
}
