/* SPDX-License-Identifier: Apache-2.0 */
/* Text from elsewhere as a terminal may get it: it must not move the cursor, colour or reorder what
 * stands beside it. Pure. */
#ifndef THALASSA_CLI_TERMINAL_H
#define THALASSA_CLI_TERMINAL_H

#include "base/buf.h"

/* Append as one line: control characters (C0, DEL, C1), marks that turn the direction of writing,
 * and bytes that are not UTF-8 become '?'. */
void terminal_put(struct buf *out, struct str text);

/* The same for text of several lines: newlines and tabs stay. */
void terminal_put_lines(struct buf *out, struct str text);

/* JSON text, still the same JSON: what terminal_put would replace is written as \u009b. */
void terminal_put_json(struct buf *out, struct str json);

/* Columns that terminal_put's output takes: 0 for combining marks, 2 for wide characters. */
size_t terminal_width(struct str text);

/* Bytes at the front of `text` that take no more than so many columns, whole characters. */
size_t terminal_fit(struct str text, size_t columns);

#endif
