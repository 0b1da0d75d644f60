/* SPDX-License-Identifier: Apache-2.0 */
#include "model/regex.h"

#include <stdlib.h>

enum { PATTERN_BYTES = 1024, PARENTHESES = 50 };

pcre2_code *regex_compile(struct str pattern, bool fold_case, struct err *e)
{
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
                       PCRE2_DOLLAR_ENDONLY | (fold_case ? PCRE2_CASELESS : 0);
    pcre2_compile_context *limits = pcre2_compile_context_create(NULL);
    PCRE2_UCHAR why[128];
    PCRE2_SIZE at = 0;
    pcre2_code *re;
    int code = 0;

    if (!limits)
        abort();
    (void)pcre2_set_max_pattern_length(limits, PATTERN_BYTES);
    (void)pcre2_set_parens_nest_limit(limits, PARENTHESES);
    re = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, options, &code, &at, limits);
    pcre2_compile_context_free(limits);
    if (re)
        return re;
    if (pcre2_get_error_message(code, why, sizeof why) < 0)
        why[0] = 0;
    (void)err_field(e, "regex", "regex: %s at %zu", (const char *)why, (size_t)at);
    return NULL;
}
