/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen.h"

#include "cli/terminal.h"

enum { ROWS_MIN = 3, COLUMNS_MIN = 20 };

void screen_resize(struct screen *s, size_t rows, size_t columns)
{
    rows = rows < ROWS_MIN ? ROWS_MIN : rows;
    columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
    if (s->painted && (rows != s->rows || columns != s->columns))
        s->moved = true;
    s->rows = rows;
    s->columns = columns;
}

/* Bytes of `text` that go into a row: up to a blank, where there is one not too far back. */
static size_t fit(struct str text, size_t columns)
{
    size_t n = terminal_fit(text, columns), blank = n;

    if (n == text.n)
        return n;
    while (blank > n / 2 && text.p[blank] != ' ')
        blank--;
    return blank > n / 2 ? blank : n;
}

/* The cell behind the last column stays free: terminals differ in what they do about it. */
static size_t put_line(const struct screen *s, struct str line, size_t indent, struct buf *out)
{
    size_t rows = 0, room = s->columns - 1, before = 0;

    indent = indent > room / 2 ? 0 : indent;
    do {
        size_t n = fit(line, room - before);
        buf_printf(out, "\033[K%*s" STR_FMT "\n", (int)before, "",
                   STR_ARG(((struct str){line.p, n})));
        line = str_trim((struct str){line.p + n, line.n - n});
        before = indent;
        rows++;
    } while (line.n);
    return rows;
}

static size_t count_lines(struct str page)
{
    size_t count = 0;

    while (page.n) {
        (void)str_cut(&page, '\n');
        count++;
    }
    return count;
}

/* The cursor's own row, below the page, is not for the page. */
static void put_page(struct screen *s, struct str page, size_t indent, struct buf *out)
{
    s->painted = 0;
    while (page.n) {
        size_t lines = count_lines(page), begin = out->n, rows;
        struct str line = str_cut(&page, '\n');
        rows = put_line(s, line, indent, out);
        if (s->painted + rows + (lines > 1) < s->rows) {
            s->painted += rows;
            continue;
        }
        buf_cut(out, begin);
        buf_printf(out, "\033[K... %zu more %s\n", lines, lines == 1 ? "line" : "lines");
        s->painted++;
        return;
    }
}

void screen_put(struct screen *s, struct str page, size_t indent, struct buf *out)
{
    if (s->moved)
        buf_add_z(out, "\033[H\033[2J");
    else if (s->painted)
        buf_printf(out, "\r\033[%zuA", s->painted);
    s->moved = false;
    put_page(s, page, indent, out);
    buf_add_z(out, "\033[J");
}
