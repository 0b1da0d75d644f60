/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/fields.h"

#include "policy/headers.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ITEMS = SCRATCH_FIELDS / 256 };

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

static bool grow_items(struct policy_scratch *s)
{
    if (s->size == SCRATCH_FIELDS)
        return false;
    s->size = s->size ? s->size * 2 : FIRST_ITEMS;
    s->items = realloc(s->items, s->size * sizeof *s->items);
    if (!s->items)
        abort();
    return true;
}

static inline void note(struct policy_scratch *s, size_t slot, struct str value)
{
    struct chain *chain = &s->chains[slot];

    if (s->count == s->size && !grow_items(s)) {
        s->failed = true;
        return;
    }
    s->items[s->count++] = (struct occurrence){value, 0};
    *(chain->last ? &s->items[chain->last - 1].next : &chain->first) = (uint32_t)s->count;
    chain->last = (uint32_t)s->count;
}

static void load_headers(struct policy_scratch *s, const struct wanted *w, struct str rest)
{
    struct str name, value;
    size_t at;
    int rc;

    while ((rc = headers_next(&rest, &name, &value)) == 1) {
        at = names_find(&w->names, name);
        if (at != NAMES_NONE)
            note(s, w->first_slot + at, value);
    }
    if (rc)
        s->failed = true;
}

static void load_cookies(struct policy_scratch *s, const struct wanted *w, struct str rest)
{
    struct str name, value;
    size_t at;

    while (cookie_next(&rest, &name, &value)) {
        at = names_find(&w->names, name);
        if (at != NAMES_NONE)
            note(s, w->first_slot + at, value);
    }
}

static struct str decoded(struct policy_scratch *s, struct str text, bool plain)
{
    return plain ? text : query_decode(scratch_text(s, text.n), text);
}

/* Decoded, a name or value is never longer: all of them fit where the query's length fits. */
static void load_query(struct policy_scratch *s, const struct wanted *w, struct str rest)
{
    struct str name, value;
    size_t at;
    bool plain = !str_find(rest, '%', &at) && !str_find(rest, '+', &at);

    while (query_next(&rest, &name, &value)) {
        at = names_find(&w->names, decoded(s, name, plain));
        if (at != NAMES_NONE)
            note(s, w->first_slot + at, decoded(s, value, plain));
    }
}

void fields_load(struct policy_scratch *s, const struct compiled_frontend *f,
                 const struct policy_request *r, enum field_kind kind)
{
    const struct wanted *w = &f->wanted[kind];
    uint32_t line;

    s->loaded[kind] = true;
    memset(s->chains + w->first_slot, 0, w->names.count * sizeof *s->chains);
    switch (kind) {
    case FIELD_HEADER: load_headers(s, w, r->headers); break;
    case FIELD_COOKIE:
        (void)fields_first(s, f, r, FIELD_HEADER, f->cookie_slot);
        for (line = s->chains[f->cookie_slot].first; line; line = s->items[line - 1].next)
            load_cookies(s, w, s->items[line - 1].value);
        break;
    case FIELD_QUERY: load_query(s, w, r->query); break;
    case FIELD_KINDS: break;
    }
}
