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

void table_put(const struct table *t, struct buf *out)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0}, rows = t->columns ? t->count / t->columns : 0;

    for (size_t c = 0; c < t->columns; c++) {
        widths[c] = terminal_width(str_z(title_of(t, c)));
        for (size_t r = 0; r < rows; r++) {
            size_t width = terminal_width(t->cells[r * t->columns + c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    for (size_t r = 0; r <= rows; r++) {
        size_t blanks = 0;
        for (size_t c = 0; c < t->columns; c++) {
            struct str cell = r == 0 ? str_z(title_of(t, c)) : t->cells[(r - 1) * t->columns + c];
            put_cell(out, cell, widths[c], *t->titles[c] == '>', &blanks);
        }
        buf_add_char(out, '\n');
    }
}

void table_put_or(const struct table *t, const char *none, struct buf *out)
{
    if (t->count)
        table_put(t, out);
    else
        buf_printf(out, "%s\n", none);
}
