/* SPDX-License-Identifier: Apache-2.0 */
/* A page that is painted again and again at the same place of a terminal. The last page stays there
 * when the program ends, whatever ends it, so nothing needs to be put right. Pure. */
#ifndef THALASSA_CLI_SCREEN_H
#define THALASSA_CLI_SCREEN_H

#include "base/buf.h"

struct screen {
    size_t rows, columns; /* of the terminal */
    size_t painted;       /* rows of the page that is there, above the cursor */
    bool moved;           /* the page that is there is not where it was: begin at the top */
};

/* The terminal's size may have changed. */
void screen_resize(struct screen *s, size_t rows, size_t columns);

/* Append what turns the page that is there into `page`: lines, safe for a terminal, each ended by
 * a newline. Long ones go on in rows that begin with `indent` blanks; what is more than the screen
 * is high is left out, and a last row tells how many lines. */
void screen_put(struct screen *s, struct str page, size_t indent, struct buf *out);

#endif
