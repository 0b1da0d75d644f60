/* SPDX-License-Identifier: Apache-2.0 */
/* Random policies and requests over small vocabularies, so that they meet: mixed case, values that
 * overlap, bytes that have to be escaped, fields given twice. The same seed gives the same. */
#ifndef THALASSA_TESTS_DRAW_H
#define THALASSA_TESTS_DRAW_H

#include "policy/decide.h"

struct dice {
    uint64_t state; /* not 0 */
};

/* 0..n-1 */
unsigned draw(struct dice *d, unsigned n);

/* `count` texts of one of the vocabularies. */
enum vocabulary { HOSTS, PATHS, METHODS, HEADERS, COOKIES, PARAMETERS, VALUES, ADDRESSES };
const char *draw_text(struct dice *d, enum vocabulary v);

/* A policy of frontend "web", parsed from JSON that is drawn; the reference is the caller's. */
struct policy *draw_policy(struct dice *d, unsigned number, bool regex);

/* A request to it; `headers` and all texts are in `a`, the headers' lines once more in *lines as
 * name, value, name, value. */
struct policy_request draw_request(struct arena *a, struct dice *d, struct str_list *lines,
                                   struct str *src_text);

#endif
