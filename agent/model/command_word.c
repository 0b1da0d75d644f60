/* SPDX-License-Identifier: Apache-2.0 */
#include "model/command_word.h"

#include "model/object.h"

#include <string.h>

int command_word_check(struct str word, struct err *e)
{
    if (word.n == 0)
        return err_set(e, ERR_INVALID, "an empty word cannot be sent");
    if (word.n > LIMIT_VALUE)
        return err_set(e, ERR_INVALID, "a word of more than %d bytes cannot be sent", LIMIT_VALUE);
    if (str_has_control(word))
        return err_set(e, ERR_INVALID, "a control character cannot be sent");
    return 0;
}

struct str command_word(struct arena *a, struct str word)
{
    char *out = arena_alloc(a, word.n * 2 + 1);
    size_t n = 0;

    for (size_t i = 0; i < word.n; i++) {
        if (strchr("\\; #<", word.p[i]))
            out[n++] = '\\';
        out[n++] = word.p[i];
    }
    return (struct str){out, n};
}
