/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled regular expression on one value, within the scratch's limits. */
#ifndef THALASSA_POLICY_REGEX_RUN_H
#define THALASSA_POLICY_REGEX_RUN_H

#include "policy/scratch.h"
#include "policy/trace.h"

/* Undecided when a limit ended the search. */
enum verdict regex_run(struct policy_scratch *s, const pcre2_code *re, struct str value);

#endif
