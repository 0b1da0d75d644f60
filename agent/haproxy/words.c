/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/words.h"

#include <string.h>

void words_add(struct arena *a, struct words *w, struct str word)
{
    size_t used = w->items ? w->count + 1 : 0; /* with the NULL behind */

    if (!w->items)
        *ARENA_PUSH(a, w->items, used) = NULL;
    w->items[w->count++] = arena_str(a, word).p;
    *ARENA_PUSH(a, w->items, used) = NULL;
}

void words_add_sudo(struct arena *a, struct words *w, bool sudo)
{
    if (!sudo)
        return;
    words_add(a, w, STR("sudo"));
    words_add(a, w, STR("-n"));
}

int words_split(struct arena *a, struct words *w, const char *line, struct str value, bool append,
                struct err *e)
{
    struct str rest = str_z(line), word;
    size_t before = w->count;
    bool used = false;

    while (word = str_word(&rest), word.n) {
        const char *mark = memmem(word.p, word.n, "%s", 2);
        if (w->count >= WORDS_MAX)
            return err_set(e, ERR_INVALID, "command line: more than %d words", WORDS_MAX);
        if (mark) {
            struct str head = {word.p, (size_t)(mark - word.p)};
            struct str tail = {mark + 2, word.n - head.n - 2};
            word = arena_printf(a, STR_FMT STR_FMT STR_FMT, STR_ARG(head), STR_ARG(value),
                                STR_ARG(tail));
            used = true;
        }
        words_add(a, w, word);
    }
    if (w->count == before)
        return err_set(e, ERR_INVALID, "the command line is empty");
    if (append && !used)
        words_add(a, w, value);
    return 0;
}
