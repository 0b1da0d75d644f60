/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/fields.h"

#include "policy/headers.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ITEMS = 64 };

bool cookie_next(struct str *rest, struct str *name, struct str *value)
{
    while (rest->n) {
        struct str pair = str_cut(rest, ';');

        *value = pair;
        *name = str_trim(str_cut(value, '='));
        if (!value->p || name->n == 0)
            continue;
        *value = str_trim(*value);
        return true;
    }
    return false;
}

bool query_next(struct str *rest, struct str *name, struct str *value)
{
    while (rest->n) {
        *value = str_cut(rest, '&');
        if (value->n == 0)
            continue;
        *name = str_cut(value, '=');
        return true;
    }
    return false;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct str query_decode(char *to, struct str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        int high = c == '%' && text.n - i > 2 ? hex(text.p[i + 1]) : -1;
        int low = high >= 0 ? hex(text.p[i + 2]) : -1;

        if (low >= 0) {
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        to[n++] = c;
    }
    return (struct str){to, n};
}

static void add(struct policy_scratch *s, enum field_kind kind, size_t slot, struct str value)
{
    uint32_t place;

    if (s->count == SCRATCH_FIELDS) {
        s->failed = true;
        return;
    }
    if (s->count == s->size) {
        s->size = s->size ? s->size * 2 : FIRST_ITEMS;
        s->items = realloc(s->items, s->size * sizeof *s->items);
        if (!s->items)
            abort();
    }
    s->items[s->count++] = (struct occurrence){value, 0};
    place = (uint32_t)s->count;
    if (s->last[kind][slot])
        s->items[s->last[kind][slot] - 1].next = place;
    else
        s->first[kind][slot] = place;
    s->last[kind][slot] = place;
}

static void load_headers(struct policy_scratch *s, const struct wanted *wanted,
                         const struct policy_request *r)
{
    struct str rest = r->headers, name, value;
    size_t slot;
    int rc;

    while ((rc = headers_next(&rest, &name, &value)) == 1) {
        if (wanted_find(wanted, name, &slot))
            add(s, FIELD_HEADER, slot, value);
    }
    if (rc)
        s->failed = true;
}

static void load_cookies(struct policy_scratch *s, const struct wanted *wanted,
                         const struct policy_request *r)
{
    struct str rest = r->headers, name, line, value;
    size_t slot;
    int rc;

    while ((rc = headers_next(&rest, &name, &line)) == 1) {
        if (!str_eq(name, STR("cookie")))
            continue;
        while (cookie_next(&line, &name, &value)) {
            if (wanted_find(wanted, name, &slot))
                add(s, FIELD_COOKIE, slot, value);
        }
    }
    if (rc)
        s->failed = true;
}

/* Decoded, a name or value is never longer: all of them fit where the query's length fits. */
static void load_query(struct policy_scratch *s, const struct wanted *wanted,
                       const struct policy_request *r)
{
    struct str rest = r->query, name, value;
    size_t slot;

    while (query_next(&rest, &name, &value)) {
        name = query_decode(scratch_text(s, name.n), name);
        if (wanted_find(wanted, name, &slot))
            add(s, FIELD_QUERY, slot, query_decode(scratch_text(s, value.n), value));
    }
}

static void load(struct policy_scratch *s, const struct compiled_frontend *f,
                 const struct policy_request *r, enum field_kind kind)
{
    const struct wanted *wanted = &f->wanted[kind];

    s->loaded[kind] = true;
    memset(s->first[kind], 0, wanted->names.count * sizeof **s->first);
    memset(s->last[kind], 0, wanted->names.count * sizeof **s->last);
    switch (kind) {
    case FIELD_HEADER: load_headers(s, wanted, r); break;
    case FIELD_COOKIE: load_cookies(s, wanted, r); break;
    case FIELD_QUERY: load_query(s, wanted, r); break;
    case FIELD_KINDS: break;
    }
}

static const struct occurrence *at(const struct policy_scratch *s, uint32_t place)
{
    return place ? &s->items[place - 1] : NULL;
}

const struct occurrence *fields_first(struct policy_scratch *s, const struct compiled_frontend *f,
                                      const struct policy_request *r, enum field_kind kind,
                                      size_t slot)
{
    if (!s->loaded[kind])
        load(s, f, r, kind);
    return at(s, s->first[kind][slot]);
}

const struct occurrence *fields_next(const struct policy_scratch *s, const struct occurrence *o)
{
    return at(s, o->next);
}

const struct occurrence *fields_last(const struct policy_scratch *s, enum field_kind kind,
                                     size_t slot)
{
    return at(s, s->last[kind][slot]);
}
