/* SPDX-License-Identifier: Apache-2.0 */
#include "render/cfg.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Bytes of the word at the front of `s`: it ends at a blank or '#' outside quotes and escapes. */
static size_t word_length(struct str s)
{
    char quote = 0;
    size_t i;

    for (i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (c == '\\' && quote != '\'') {
            if (i + 1 < s.n)
                i++;
        } else if (quote) {
            if (c == quote)
                quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (is_blank(c) || c == '#') {
            break;
        }
    }
    return i;
}

void cfg_split(struct str line, struct cfg_line *out)
{
    out->count = 0;
    for (;;) {
        size_t n;

        while (line.n && is_blank(line.p[0]))
            line = (struct str){line.p + 1, line.n - 1};
        if (line.n == 0 || line.p[0] == '#' || out->count == CFG_MAX_WORDS)
            return;
        n = word_length(line);
        out->words[out->count++] = (struct str){line.p, n};
        line = (struct str){line.p + n, line.n - n};
    }
}

bool cfg_is_section(struct str word)
{
    static const char *const sections[] = {
#define SECTION(keyword) keyword,
#include "render/sections.def"
#undef SECTION
    };

    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (str_eq_z(word, sections[i]))
            return true;
    }
    return false;
}

struct str cfg_section_name(const struct cfg_line *line)
{
    if (line->count < 2)
        return STR("");
    /* "defaults from other" has no name of its own */
    if (str_eq(line->words[0], STR("defaults")) && str_eq(line->words[1], STR("from")) &&
        line->count == 3)
        return STR("");
    return line->words[1];
}

struct str cfg_unquote(struct arena *a, struct str word)
{
    char *p = arena_alloc(a, word.n + 1), quote = 0;
    size_t n = 0;

    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];

        if (c == '\\' && quote != '\'' && i + 1 < word.n)
            p[n++] = word.p[++i];
        else if (quote ? c == quote : c == '"' || c == '\'')
            quote = (char)(quote ? 0 : c);
        else
            p[n++] = c;
    }
    return (struct str){p, n};
}
