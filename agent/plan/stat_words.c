/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/stat_words.h"

static const struct str texts[] = {
#define STAT_WORD(kind, id, text) [kind##_##id] = {text, sizeof(text) - 1},
#include "plan/stat_words.def"
#undef STAT_WORD
};

static enum stat_word find(enum stat_word first, enum stat_word end, struct str word)
{
    for (unsigned i = first + 1; i < end; i++) {
        if (str_eq(texts[i], word))
            return (enum stat_word)i;
    }
    return first;
}

enum stat_word stat_status_of(struct str column)
{
    struct str rest = column;

    if (str_eq(column, texts[STATUS_NO_CHECK]))
        return STATUS_NO_CHECK;
    return find(STATUS_NONE, CHECK_NONE, str_word(&rest));
}

enum stat_word stat_check_of(struct str column)
{
    if (str_starts(column, STR("* ")))
        column = (struct str){column.p + 2, column.n - 2};
    return find(CHECK_NONE, STAT_WORD_COUNT, column);
}

const char *stat_word_text(uint64_t word)
{
    return word < STAT_WORD_COUNT ? texts[word].p : "";
}
