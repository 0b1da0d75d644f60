/* SPDX-License-Identifier: Apache-2.0 */
/* Program arguments, built in an arena. No shell, no quotes. */
#ifndef THALASSA_HAPROXY_WORDS_H
#define THALASSA_HAPROXY_WORDS_H

#include "base/arena.h"
#include "base/err.h"

struct words {
    const char **items; /* always ends with NULL once something was added */
    size_t count;
};

enum { WORDS_MAX = 4096 };

void words_add(struct arena *a, struct words *w, struct str word);
void words_add_sudo(struct arena *a, struct words *w, bool sudo); /* "sudo -n" */

/* Add the blank-separated words of an operator's command. "%s" in a word becomes `value`; if no
 * word has it and `append`, the value is put last. ERR_INVALID when there is no word or too many.
 */
int words_split(struct arena *a, struct words *w, const char *line, struct str value, bool append,
                struct err *e);

#endif
