/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread needs to decide, used again for each request: it grows to the largest set and
 * request seen, so that a decision allocates nothing. One per thread. */
#ifndef THALASSA_POLICY_SCRATCH_H
#define THALASSA_POLICY_SCRATCH_H

#include "policy/inside.h"

enum {
    SCRATCH_TEXT_BYTES = 1 << 20, /* host and query of one request */
    SCRATCH_FIELDS = 16384        /* headers, cookies, parameters that are looked at */
};

/* One header, cookie or parameter of the request; `next` of the same name: index + 1, or 0. */
struct occurrence {
    struct str value;
    uint32_t next;
};

/* Those of one name: index + 1, or 0. */
struct chain {
    uint32_t first, last;
};

struct policy_scratch {
    struct occurrence *items;
    size_t count, size;
    struct chain *chains; /* by slot */
    size_t slots;
    char *text;
    size_t text_size, text_used;
    bool loaded[FIELD_KINDS];
    bool failed; /* the headers cannot be read, or there are too many */
    pcre2_match_data *match;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
};

/* Make room for a request with `text_bytes` of host and query, forget the one before. -1 when it is
 * larger than SCRATCH_TEXT_BYTES. */
int scratch_begin(struct policy_scratch *s, const struct policy_set *set, size_t text_bytes);

/* Of the room that scratch_begin made. */
char *scratch_text(struct policy_scratch *s, size_t n);

#endif
