/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's words for states, as numbers and back. Pure. */
#ifndef THALASSA_PLAN_STAT_WORDS_H
#define THALASSA_PLAN_STAT_WORDS_H

#include "base/str.h"

enum stat_word {
#define STAT_WORD(kind, id, text) kind##_##id,
#include "plan/stat_words.def"
#undef STAT_WORD
    STAT_WORD_COUNT
};

/* A word that the table does not have is STATUS_NONE, CHECK_NONE. */
enum stat_word stat_status_of(struct str column);
enum stat_word stat_check_of(struct str column);

/* "" for a number that is none. */
const char *stat_word_text(uint64_t word);

#endif
