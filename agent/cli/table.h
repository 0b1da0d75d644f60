/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned columns for people: as wide as what is in them, nothing cut. Pure. */
#ifndef THALASSA_CLI_TABLE_H
#define THALASSA_CLI_TABLE_H

#include "base/arena.h"
#include "base/buf.h"

enum { TABLE_COLUMNS_MAX = 16 };

struct table {
    struct arena *arena;
    const char *const *titles; /* one that begins with '>' is of a column aligned to the right */
    size_t columns;
    struct str *cells; /* row after row */
    size_t count;
    size_t widths[TABLE_COLUMNS_MAX]; /* at least; they grow with what is put, and stay */
};

/* `titles` ends with NULL and stays valid, as does the arena. */
void table_init(struct table *t, struct arena *arena, const char *const *titles);

/* The next cell, row after row. Views; an empty one is shown as "-". */
void table_add(struct table *t, struct str cell);
void table_add_z(struct table *t, const char *cell);

/* A line of titles and one per whole row, two blanks between columns, none at the end of a line,
 * all of it safe for a terminal. */
void table_put(struct table *t, struct buf *out);
/* The same, or the line `none` when there is no row. */
void table_put_or(struct table *t, const char *none, struct buf *out);

/* A table that comes in pieces: the rows alone, and the next piece. */
void table_put_rows(struct table *t, struct buf *out);
void table_clear(struct table *t);

#endif
