/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/scratch.h"

#include "policy/decide.h"

#include <stdlib.h>

enum {
    MATCH_LIMIT = 100000, /* steps of one regular expression on one value */
    HEAP_LIMIT_KIB = 1024,
    STACK_FIRST_BYTES = 32 * 1024,
    STACK_MAX_BYTES = 512 * 1024,
    FIRST_TEXT_BYTES = 4096
};

struct policy_scratch *policy_scratch_new(void)
{
    struct policy_scratch *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->match = pcre2_match_data_create(1, NULL);
    s->limits = pcre2_match_context_create(NULL);
    if (!s->match || !s->limits)
        abort();
    (void)pcre2_set_match_limit(s->limits, MATCH_LIMIT);
    (void)pcre2_set_heap_limit(s->limits, HEAP_LIMIT_KIB);
    s->stack = pcre2_jit_stack_create(STACK_FIRST_BYTES, STACK_MAX_BYTES, NULL);
    if (s->stack) /* none where there is no JIT */
        pcre2_jit_stack_assign(s->limits, NULL, s->stack);
    return s;
}

void policy_scratch_free(struct policy_scratch *s)
{
    if (!s)
        return;
    free(s->chains);
    free(s->items);
    free(s->text);
    if (s->stack)
        pcre2_jit_stack_free(s->stack);
    pcre2_match_context_free(s->limits);
    pcre2_match_data_free(s->match);
    free(s);
}

static void grow_slots(struct policy_scratch *s, size_t slots)
{
    free(s->chains);
    s->chains = calloc(slots, sizeof *s->chains);
    if (!s->chains)
        abort();
    s->slots = slots;
}

static void grow_text(struct policy_scratch *s, size_t bytes)
{
    if (!s->text_size)
        s->text_size = FIRST_TEXT_BYTES;
    while (s->text_size < bytes)
        s->text_size *= 2;
    free(s->text);
    s->text = malloc(s->text_size);
    if (!s->text)
        abort();
}

int scratch_begin(struct policy_scratch *s, const struct policy_set *set, size_t text_bytes)
{
    if (text_bytes > SCRATCH_TEXT_BYTES)
        return -1;
    if (set->slots > s->slots)
        grow_slots(s, set->slots);
    if (text_bytes > s->text_size || !s->text)
        grow_text(s, text_bytes);
    for (unsigned i = 0; i < FIELD_KINDS; i++)
        s->loaded[i] = false;
    s->count = s->text_used = 0;
    s->failed = false;
    return 0;
}

char *scratch_text(struct policy_scratch *s, size_t n)
{
    char *p = s->text + s->text_used;

    s->text_used += n;
    return p;
}
