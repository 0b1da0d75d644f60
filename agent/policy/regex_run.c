/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/regex_run.h"

enum verdict regex_run(struct policy_scratch *s, const pcre2_code *re, struct str value)
{
    PCRE2_SPTR text = (PCRE2_SPTR)(value.p ? value.p : "");
    int rc = pcre2_jit_match(re, text, value.n, 0, 0, s->match, s->limits);

    if (rc == PCRE2_ERROR_JIT_BADOPTION) /* there is no JIT */
        rc = pcre2_match(re, text, value.n, 0, 0, s->match, s->limits);
    if (rc >= 0)
        return VERDICT_YES;
    return rc == PCRE2_ERROR_NOMATCH ? VERDICT_NO : VERDICT_UNDECIDED;
}
