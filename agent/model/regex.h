/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions of policies: PCRE2 on UTF-8; a value that is no UTF-8 is matched between its
 * bad bytes. `$` is the very end. Never \C, at most 1,024 bytes and 50 parentheses deep. */
#ifndef THALASSA_MODEL_REGEX_H
#define THALASSA_MODEL_REGEX_H

#include "base/err.h"
#include "base/str.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* The caller frees it with pcre2_code_free. NULL: ERR_INVALID of field "regex" with PCRE2's words
 * and the place. */
pcre2_code *regex_compile(struct str pattern, bool fold_case, struct err *e);

#endif
