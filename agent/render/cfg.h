/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration read as HAProxy reads it: lines of words with quotes, escapes and comments, and
 * words that start a section. Only as far as telling sections and words apart needs. */
#ifndef THALASSA_RENDER_CFG_H
#define THALASSA_RENDER_CFG_H

#include "base/arena.h"

enum { CFG_MAX_WORDS = 64 };

struct cfg_line {
    struct str words[CFG_MAX_WORDS]; /* as written, quotes included: views of the line */
    size_t count;                    /* 0: blank or a comment; words past the 64th are left out */
};

void cfg_split(struct str line, struct cfg_line *out);

/* True for a word that starts a section: "frontend", "defaults" ... */
bool cfg_is_section(struct str word);

/* The name that a section line gives, empty if it gives none. */
struct str cfg_section_name(const struct cfg_line *line);

/* A word's value: without quotes and escapes. */
struct str cfg_unquote(struct arena *a, struct str word);

#endif
