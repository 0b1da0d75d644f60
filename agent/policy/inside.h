/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled form, shared by compile, fields and decide; nobody else's business. */
#ifndef THALASSA_POLICY_INSIDE_H
#define THALASSA_POLICY_INSIDE_H

#include "model/policy.h"
#include "model/regex.h"
#include "policy/decide.h"
#include "policy/names.h"
#include "policy/networks.h"

enum field_kind { FIELD_HEADER, FIELD_COOKIE, FIELD_QUERY, FIELD_KINDS };

/* A match with all that can be known before a request: children side by side. */
struct test {
    enum match_kind kind;
    enum condition_op op;
    enum percent_by by;
    enum field_kind field; /* header, cookie, query, percent by one of them */
    unsigned share;
    size_t slot;        /* of the field */
    struct str text;    /* what is compared with; percent: the salt */
    struct names texts; /* in, method */
    pcre2_code *re;
    struct networks networks;
    const struct test *parts, *parts_end;
    struct str words; /* for people: describe_match */
};

struct compiled_policy {
    const struct decision *taken; /* of the set's */
    struct test test;
};

/* What the policies of a frontend look at of one kind. A name's slot, where the values that a
 * request has of it are noted, is `first_slot` and the name's index: slots of all kinds lie side by
 * side. */
struct wanted {
    struct names names;
    size_t first_slot;
};

struct compiled_frontend {
    struct compiled_policy *policies; /* in the order of decision */
    size_t count;
    struct wanted wanted[FIELD_KINDS]; /* if any cookie, the header "cookie", too */
    size_t cookie_slot;                /* of that header */
};

struct policy_set {
    struct arena arena;
    struct names names;                  /* of the frontends */
    struct compiled_frontend *frontends; /* in the order of `names` */
    size_t frontend_count;
    struct str_list sorted_names;
    struct decision *decisions; /* one for each policy */
    size_t decision_count;
    size_t slots;       /* the most that a frontend has */
    pcre2_code **codes; /* to be freed */
    size_t code_count;
};

#endif
