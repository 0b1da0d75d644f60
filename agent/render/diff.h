/* SPDX-License-Identifier: Apache-2.0 */
/* Unified diff of two texts, for people. */
#ifndef THALASSA_RENDER_DIFF_H
#define THALASSA_RENDER_DIFF_H

#include "base/buf.h"

enum { DIFF_CONTEXT = 3, DIFF_MAX_CHANGES = 1000 };

/* Append "--- NAME\n+++ NAME\n@@ ... @@\n..." to `out`, nothing when the texts are equal. The
 * shortest diff up to DIFF_MAX_CHANGES changed lines; past that what lies between the common start
 * and end is shown as replaced. Where `out`'s limit would be passed it ends with "...\n". */
void diff_unified(const char *have_name, struct str have, const char *want_name, struct str want,
                  struct buf *out);

#endif
