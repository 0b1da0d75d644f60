/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/replies.h"

#include <limits.h>
#include <string.h>

enum how { HOW_EXACT, HOW_PREFIX, HOW_INSIDE };

static const struct {
    const char *words;
    enum reply_meaning empty;
} ops[] = {
#define REPLY_OP(id, words, empty) {words, REPLY_##empty},
#define REPLY(id, meaning, how, text)
#include "plan/replies.def"
#undef REPLY_OP
#undef REPLY
};
_Static_assert(sizeof ops / sizeof *ops == REPLY_OPS, "one row per operation");

static const struct {
    enum reply_op op;
    enum reply_meaning meaning;
    enum how how;
    const char *text;
} rows[] = {
#define REPLY_OP(id, words, empty)
#define REPLY(id, meaning, how, text) {REPLY_##id, REPLY_##meaning, HOW_##how, text},
#include "plan/replies.def"
#undef REPLY_OP
#undef REPLY
};
enum { ROWS = sizeof rows / sizeof *rows };

static bool words_fit(struct str command, struct str words)
{
    for (;;) {
        struct str word = str_word(&words), given;
        if (!word.n)
            return true;
        given = str_word(&command);
        if (!given.n || (!str_eq(word, STR("#")) && !str_eq(word, given)))
            return false;
    }
}

enum reply_op reply_op_of(struct str command)
{
    if (str_starts(command, STR("@")))
        (void)str_word(&command);
    for (unsigned op = 0; op < REPLY_OPS; op++)
        if (words_fit(command, str_z(ops[op].words)))
            return (enum reply_op)op;
    return REPLY_OP_UNKNOWN;
}

const char *reply_op_words(enum reply_op op)
{
    return op < REPLY_OPS ? ops[op].words : "(unknown)";
}

const char *reply_meaning_name(enum reply_meaning m)
{
    static const char *const names[] = {"ok", "already", "retry", "refused"};

    return names[m];
}

/* "[3]: text" -> "text". */
static struct str without_severity(struct str line)
{
    line = str_trim(line);
    if (line.n >= 4 && line.p[0] == '[' && line.p[1] >= '0' && line.p[1] <= '7' &&
        line.p[2] == ']' && line.p[3] == ':')
        line = str_trim((struct str){line.p + 4, line.n - 4});
    return line;
}

static bool line_fits(struct str line, enum how how, struct str text)
{
    switch (how) {
    case HOW_EXACT: return str_eq(line, text);
    case HOW_PREFIX: return str_starts(line, text);
    case HOW_INSIDE: return memmem(line.p, line.n, text.p, text.n) != NULL;
    }
    return false;
}

static bool reply_fits(struct str reply, enum how how, const char *text)
{
    while (reply.p)
        if (line_fits(without_severity(str_cut(&reply, '\n')), how, str_z(text)))
            return true;
    return false;
}

enum reply_meaning reply_classify(enum reply_op op, struct str reply)
{
    if (op >= REPLY_OPS)
        return REPLY_REFUSED;
    if (str_trim(reply).n == 0)
        return ops[op].empty;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].op == op && reply_fits(reply, rows[i].how, rows[i].text))
            return rows[i].meaning;
    return REPLY_REFUSED;
}

struct str reply_text(struct str reply)
{
    while (reply.p) {
        struct str line = without_severity(str_cut(&reply, '\n'));
        if (line.n)
            return line;
    }
    return STR("");
}

int reply_map_version(struct str reply, unsigned *out)
{
    static const char words[] = "New version created: ";
    struct str text = reply_text(reply);
    uint64_t v;

    if (!str_starts(text, str_z(words)))
        return -1;
    text = (struct str){text.p + sizeof words - 1, text.n - (sizeof words - 1)};
    if (str_u64(text, &v) || v > UINT_MAX)
        return -1;
    *out = (unsigned)v;
    return 0;
}

bool reply_no_backend(struct str reply)
{
    return reply_fits(reply, HOW_EXACT, "Can't find backend.") ||
           reply_fits(reply, HOW_EXACT, "No such proxy.") ||
           reply_fits(reply, HOW_EXACT, "No such backend.");
}

bool reply_no_map(struct str reply)
{
    return reply_fits(reply, HOW_PREFIX, "Unknown map identifier.");
}
