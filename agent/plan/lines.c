/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/lines.h"

struct lines lines_of(const char *command, struct str text)
{
    return (struct lines){.command = command, .rest = text};
}

bool lines_next(struct lines *l)
{
    while (l->rest.p && l->rest.n) {
        l->line = str_cut(&l->rest, '\n');
        l->number++;
        if (str_trim(l->line).n)
            return true;
    }
    return false;
}

int lines_fail(const struct lines *l, const char *why, struct err *e)
{
    char shown[161];

    str_copy(shown, sizeof shown, l->line);
    for (char *p = shown; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f)
            *p = '?';
    }
    return err_set(e, ERR_UNAVAILABLE, "%s: line %u: %s: \"%s\"", l->command, l->number, why,
                   shown);
}
