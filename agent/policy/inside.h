/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled form, shared by compile, fields and decide; nobody else's business. */
#ifndef THALASSA_POLICY_INSIDE_H
#define THALASSA_POLICY_INSIDE_H

#include "model/policy.h"
#include "model/regex.h"
#include "policy/networks.h"

enum field_kind { FIELD_HEADER, FIELD_COOKIE, FIELD_QUERY, FIELD_KINDS };

/* Names that tests look at, sorted, each once. Most names of a request are none of them: `marks`
 * has a bit for each name that is, by length and first byte, and tells so without a search. */
struct wanted {
    struct str_list names;
    uint64_t marks;
};

static inline uint64_t wanted_mark(struct str name)
{
    return UINT64_C(1) << ((name.n * 9 + (name.n ? (unsigned char)name.p[0] : 0)) & 63);
}

/* A match with all that can be known before a request: children side by side. */
struct test {
    enum match_kind kind;
    enum condition_op op;
    enum percent_by by;
    enum field_kind field; /* header, cookie, query, percent by one of them */
    size_t slot;           /* index of its name in the frontend's wanted[field].names */
    unsigned share;
    struct str text;       /* what is compared with; percent: the salt */
    struct str_list texts; /* in, method: sorted */
    pcre2_code *re;
    struct networks networks;
    const struct test *parts;
    size_t part_count;
    struct str words; /* for people: describe_match */
};

struct compiled_policy {
    struct str name, backend;
    unsigned priority;
    struct policy_variable *set;
    size_t set_count;
    struct test test;
};

struct compiled_frontend {
    struct str name;
    struct compiled_policy *policies; /* in the order of decision */
    size_t count;
    struct wanted wanted[FIELD_KINDS];
};

struct policy_set {
    struct arena arena;
    struct compiled_frontend *frontends; /* sorted by name */
    size_t count;
    struct str_list names; /* of the frontends */
    size_t slots;          /* the longest `wanted` */
    pcre2_code **codes;    /* to be freed */
    size_t code_count;
};

/* Index of a name in a sorted list; false when it is not there. */
bool texts_find(const struct str_list *sorted, struct str name, size_t *at);

static inline bool wanted_find(const struct wanted *w, struct str name, size_t *at)
{
    return (w->marks & wanted_mark(name)) && texts_find(&w->names, name, at);
}

#endif
