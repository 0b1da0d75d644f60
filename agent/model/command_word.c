/* SPDX-License-Identifier: Apache-2.0 */
#include "model/command_word.h"

#include <string.h>

static bool is_escaped(char c)
{
    return strchr("\\; #<", c) != NULL;
}

static size_t sent_bytes(struct str word)
{
    size_t n = word.n;

    for (size_t i = 0; i < word.n; i++)
        n += is_escaped(word.p[i]);
    return n;
}

int command_word_check(struct str word, struct err *e)
{
    if (word.n == 0)
        return err_set(e, ERR_INVALID, "an empty word cannot be sent");
    if (str_has_control(word))
        return err_set(e, ERR_INVALID, "a control character cannot be sent");
    if (sent_bytes(word) > COMMAND_WORD_BYTES)
        return err_set(e, ERR_INVALID, "a word of more than %d bytes cannot be sent",
                       COMMAND_WORD_BYTES);
    return 0;
}

struct str command_word(struct arena *a, struct str word)
{
    char *out = arena_alloc(a, word.n * 2 + 1);
    size_t n = 0;

    for (size_t i = 0; i < word.n; i++) {
        if (is_escaped(word.p[i]))
            out[n++] = '\\';
        out[n++] = word.p[i];
    }
    return (struct str){out, n};
}
