/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include "cli/terminal.h"

static const char *title_of(const struct table *t, size_t column)
{
    const char *title = t->titles[column];

    return *title == '>' ? title + 1 : title;
}

void table_init(struct table *t, struct arena *arena, const char *const *titles)
{
    *t = (struct table){.arena = arena, .titles = titles};
    while (titles[t->columns] && t->columns < TABLE_COLUMNS_MAX)
        t->columns++;
}

void table_add(struct table *t, struct str cell)
{
    *ARENA_PUSH(t->arena, t->cells, t->count) = cell.n ? cell : STR("-");
}

void table_add_z(struct table *t, const char *cell)
{
    table_add(t, str_z(cell));
}

static void put_blanks(struct buf *out, size_t n)
{
    while (n--)
        buf_add_char(out, ' ');
}

/* `blanks` are owed from the cells before: they are only written when something follows. */
static void put_cell(struct buf *out, struct str cell, size_t width, bool right, size_t *blanks)
{
    size_t rest = width - terminal_width(cell);

    put_blanks(out, *blanks + (right ? rest : 0));
    terminal_put(out, cell);
    *blanks = 2 + (right ? 0 : rest);
}

static struct str cell_at(const struct table *t, size_t row, size_t column)
{
    return t->cells[row * t->columns + column];
}

static size_t count_rows(const struct table *t)
{
    return t->columns ? t->count / t->columns : 0;
}

static void widen(size_t *width, struct str cell)
{
    size_t wanted = terminal_width(cell);

    *width = wanted > *width ? wanted : *width;
}

static void fit_columns(struct table *t)
{
    for (size_t c = 0; c < t->columns; c++) {
        widen(&t->widths[c], str_z(title_of(t, c)));
        for (size_t r = 0; r < count_rows(t); r++)
            widen(&t->widths[c], cell_at(t, r, c));
    }
}

static void put_rows(const struct table *t, struct buf *out)
{
    for (size_t r = 0; r < count_rows(t); r++) {
        size_t blanks = 0;
        for (size_t c = 0; c < t->columns; c++)
            put_cell(out, cell_at(t, r, c), t->widths[c], *t->titles[c] == '>', &blanks);
        buf_add_char(out, '\n');
    }
}

void table_put_rows(struct table *t, struct buf *out)
{
    fit_columns(t);
    put_rows(t, out);
}

void table_put(struct table *t, struct buf *out)
{
    size_t blanks = 0;

    fit_columns(t);
    for (size_t c = 0; c < t->columns; c++)
        put_cell(out, str_z(title_of(t, c)), t->widths[c], *t->titles[c] == '>', &blanks);
    buf_add_char(out, '\n');
    put_rows(t, out);
}

void table_put_or(struct table *t, const char *none, struct buf *out)
{
    if (t->count)
        table_put(t, out);
    else
        buf_printf(out, "%s\n", none);
}

void table_clear(struct table *t)
{
    t->cells = NULL;
    t->count = 0;
}
