/* SPDX-License-Identifier: Apache-2.0 */
/* The rule compiler: a frontend's list of rules, where the first that matches wins, becomes one map
 * per kind of lookup, pattern -> rank. HAProxy looks each up once and keeps the lowest rank:
 *
 *   str        an exact key: a duplicate keeps its lowest rank;
 *   beg        HAProxy finds the longest prefix, not the first rule, so each prefix carries the
 *              lowest rank among all stored prefixes of it, itself included;
 *   reg, dom   lists, first in the file wins: written in the order of ranks.
 *
 * Several blank-separated patterns of one rule share its rank. Ranks count from 1. */
#ifndef THALASSA_RENDER_RULES_H
#define THALASSA_RENDER_RULES_H

#include "model/desired.h"

/* What a lookup gives that no rule has hit: above every rank of either set. */
enum { RULES_NO_RANK = 999999 };

/* What the API must refuse before a rule is stored: a regular expression that PCRE2 refuses, a
 * pattern that a map file cannot carry ('#' in front would be a comment), a header name that
 * cannot be looked up. The field is rules[i].value or rules[i].header. */
int rules_check(const struct frontend *f, struct err *e);

/* What is stored but can never match, one line each: "rules[2].value: ...". */
struct str_list rules_warnings(struct arena *a, const struct frontend *f);

/* Compile a frontend that passed rules_check. Everything in *out lives in `a`. The seven kinds with
 * hdr_dom.host come first and always, then hdr_dom of the other headers in use, sorted. */
void rules_compile(struct arena *a, const struct frontend *f, struct ruleset *out);

/* A kind's name taken apart: "web.hdr_dom.host" of frontend "web" is RULE_HDR_DOM and "host".
 * -1 when it is none of the frontend's kinds. */
int rules_kind(struct str frontend, struct str kind, enum rule_op *op, struct str *header);

#endif
