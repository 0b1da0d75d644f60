/* SPDX-License-Identifier: Apache-2.0 */
/* Headers, cookies and query parameters of a request, found by name: those that the frontend's
 * policies look at, each kind read when it is first asked for. */
#ifndef THALASSA_POLICY_FIELDS_H
#define THALASSA_POLICY_FIELDS_H

#include "policy/decide.h"
#include "policy/scratch.h"

/* Read all of one kind; what has no slot is passed over. When the headers cannot be read, or there
 * are too many, s->failed is set. */
void fields_load(struct policy_scratch *s, const struct compiled_frontend *f,
                 const struct policy_request *r, enum field_kind kind);

static inline const struct occurrence *fields_at(const struct policy_scratch *s, uint32_t place)
{
    return place ? &s->items[place - 1] : NULL;
}

/* The first value in the request's order, or NULL; then fields_next. */
static inline const struct occurrence *fields_first(struct policy_scratch *s,
                                                    const struct compiled_frontend *f,
                                                    const struct policy_request *r,
                                                    enum field_kind kind, size_t slot)
{
    if (!s->loaded[kind])
        fields_load(s, f, r, kind);
    return fields_at(s, s->chains[slot].first);
}

static inline const struct occurrence *fields_next(const struct policy_scratch *s,
                                                   const struct occurrence *o)
{
    return fields_at(s, o->next);
}

/* The last one, after fields_first; NULL when there is none. */
static inline const struct occurrence *fields_last(const struct policy_scratch *s, size_t slot)
{
    return fields_at(s, s->chains[slot].last);
}

/* Take the next pair off the front of *rest; false at the end. Parts at ';' without '=' are passed
 * over, blanks around name and value are dropped. */
static inline bool cookie_next(struct str *rest, struct str *name, struct str *value)
{
    while (rest->n) {
        struct str pair = str_cut(rest, ';');
        size_t equals;

        if (!str_find(pair, '=', &equals))
            continue;
        *name = str_trim((struct str){pair.p, equals});
        *value = str_trim((struct str){pair.p + equals + 1, pair.n - equals - 1});
        if (name->n)
            return true;
    }
    return false;
}

/* The same of a query, as it is written: a part at '&' without '=' has an empty value, empty parts
 * are passed over. */
static inline bool query_next(struct str *rest, struct str *name, struct str *value)
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

/* '+' to a blank, %41 to 'A'; a '%' without two digits stays. `to` has room for text.n bytes. */
struct str query_decode(char *to, struct str text);

#endif
