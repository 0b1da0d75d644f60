/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/regex_run.h"

enum verdict regex_run(struct policy_scratch *s, const pcre2_code *re, struct str value)
{
    int rc =
        pcre2_match(re, (PCRE2_SPTR)(value.p ? value.p : ""), value.n, 0, 0, s->match, s->limits);

    if (rc >= 0)
        return VERDICT_YES;
    return rc == PCRE2_ERROR_NOMATCH ? VERDICT_NO : VERDICT_UNDECIDED;
}
