/* SPDX-License-Identifier: Apache-2.0 */
/* Myers, "An O(ND) Difference Algorithm and Its Variations", the greedy form, with a bound on D. */
#include "render/diff.h"

#include "base/arena.h"

struct side {
    struct str *lines;
    size_t count;
    bool *changed; /* deleted of the first, inserted into the second */
};

struct pair {
    struct side have, want;
    size_t start; /* lines equal at the start; the search begins behind them */
};

static struct side split(struct arena *a, struct str text)
{
    struct side s = {0};

    if (text.n && text.p[text.n - 1] == '\n')
        text.n--;
    else if (text.n == 0)
        text.p = NULL;
    while (text.p)
        *ARENA_PUSH(a, s.lines, s.count) = str_cut(&text, '\n');
    s.changed = ARENA_ARRAY(a, bool, s.count + 1);
    return s;
}

/* Furthest row reached on diagonal k after d changes; V of step d has the diagonals -d..d. */
struct trail {
    int *reach[DIFF_MAX_CHANGES + 2];
};

static int come_to(const int *before, int d, int k)
{
    if (d == 0)
        return 0;
    before += d - 1;
    if (k == -d)
        return before[k + 1];
    if (k == d)
        return before[k - 1] + 1;
    return before[k - 1] < before[k + 1] ? before[k + 1] : before[k - 1] + 1;
}

/* Follow equal lines from (x, x - k) on. */
static int slide(const struct pair *p, int n, int m, int x, int k)
{
    const struct str *a = p->have.lines + p->start, *b = p->want.lines + p->start;

    while (x < n && x - k < m && str_eq(a[x], b[x - k]))
        x++;
    return x;
}

/* The number of changes, or -1 past the limit. Diagonals that have left the grid stay outside. */
static int search(struct arena *arena, const struct pair *p, int n, int m, struct trail *t)
{
    for (int d = 0; d <= DIFF_MAX_CHANGES; d++) {
        t->reach[d] = ARENA_ARRAY(arena, int, 2 * (size_t)d + 1);
        for (int k = -d; k <= d; k += 2) {
            int x = come_to(d ? t->reach[d - 1] : NULL, d, k);

            if (x <= n && x - k <= m)
                x = slide(p, n, m, x, k);
            t->reach[d][k + d] = x;
            if (x == n && x - k == m)
                return d;
        }
    }
    return -1;
}

static void mark(struct pair *p, int n, int m, int d, const struct trail *t)
{
    int x = n, y = m;

    for (; d > 0; d--) {
        int k = x - y, from = come_to(t->reach[d - 1], d, k);
        const int *before = t->reach[d - 1] + d - 1;
        bool down = k == -d || (k != d && before[k - 1] < before[k + 1]);

        if (down)
            p->want.changed[p->start + (size_t)(from - k - 1)] = true;
        else
            p->have.changed[p->start + (size_t)(from - 1)] = true;
        x = down ? from : from - 1;
        y = down ? from - k - 1 : from - k;
    }
}

static void compare(struct arena *a, struct pair *p)
{
    struct side *h = &p->have, *w = &p->want;
    size_t n = h->count, m = w->count;
    struct trail *trail = ARENA_NEW(a, struct trail);
    int changes;

    while (p->start < n && p->start < m && str_eq(h->lines[p->start], w->lines[p->start]))
        p->start++;
    while (n > p->start && m > p->start && str_eq(h->lines[n - 1], w->lines[m - 1])) {
        n--;
        m--;
    }
    n -= p->start;
    m -= p->start;
    changes = search(a, p, (int)n, (int)m, trail);
    if (changes >= 0) {
        mark(p, (int)n, (int)m, changes, trail);
        return;
    }
    for (size_t i = 0; i < n; i++)
        h->changed[p->start + i] = true;
    for (size_t i = 0; i < m; i++)
        w->changed[p->start + i] = true;
}

/* A place in both texts; outside changes they advance together. */
struct place {
    size_t h, w;
};

static bool at_end(const struct pair *p, struct place at)
{
    return at.h >= p->have.count && at.w >= p->want.count;
}

static bool is_change(const struct pair *p, struct place at)
{
    return (at.h < p->have.count && p->have.changed[at.h]) ||
           (at.w < p->want.count && p->want.changed[at.w]);
}

static struct place step(const struct pair *p, struct place at)
{
    if (at.h < p->have.count && p->have.changed[at.h])
        return (struct place){at.h + 1, at.w};
    if (at.w < p->want.count && p->want.changed[at.w])
        return (struct place){at.h, at.w + 1};
    return (struct place){at.h + 1, at.w + 1};
}

/* Behind the last line of the hunk that starts at `at`: changes with at most twice the context
 * between them belong together. */
static struct place hunk_end(const struct pair *p, struct place at)
{
    struct place end = at;
    size_t equal = 0;

    while (!at_end(p, at) && equal <= 2 * (size_t)DIFF_CONTEXT) {
        bool change = is_change(p, at);

        at = step(p, at);
        equal = change ? 0 : equal + 1;
        if (equal <= DIFF_CONTEXT)
            end = at;
    }
    return end;
}

static void print_lines(const struct pair *p, struct place from, struct place to, struct buf *out)
{
    while (from.h < to.h || from.w < to.w) {
        struct place next = step(p, from);
        char sign = ' ';

        if (next.h == from.h)
            sign = '+';
        else if (next.w == from.w)
            sign = '-';
        buf_add_char(out, sign);
        buf_add_str(out, sign == '+' ? p->want.lines[from.w] : p->have.lines[from.h]);
        buf_add_char(out, '\n');
        from = next;
    }
}

/* As diff prints it: an empty range is named by the line before it. */
static void print_range(struct buf *out, char sign, size_t from, size_t to)
{
    size_t count = to - from;

    buf_printf(out, "%c%zu", sign, count ? from + 1 : from);
    if (count != 1)
        buf_printf(out, ",%zu", count);
}

static void print_hunk(const struct pair *p, struct place from, struct place to, struct buf *out)
{
    buf_add_z(out, "@@ ");
    print_range(out, '-', from.h, to.h);
    buf_add_char(out, ' ');
    print_range(out, '+', from.w, to.w);
    buf_add_z(out, " @@\n");
    print_lines(p, from, to, out);
}

static void print_all(const struct pair *p, struct buf *out)
{
    struct place at = {0, 0};

    while (!at_end(p, at)) {
        struct place from = at, to;
        size_t context;

        if (!is_change(p, at)) {
            at = step(p, at);
            continue;
        }
        context = from.h < from.w ? from.h : from.w;
        if (context > DIFF_CONTEXT)
            context = DIFF_CONTEXT;
        from.h -= context;
        from.w -= context;
        to = hunk_end(p, at);
        print_hunk(p, from, to, out);
        at = to;
    }
}

/* Cut at a line so that the mark fits. */
static void end_in_time(struct buf *out, size_t before)
{
    static const char mark_text[] = "...\n";
    size_t room = sizeof mark_text - 1;
    struct buf kept;

    if (!buf_failed(out))
        return;
    buf_init(&kept, out->limit);
    buf_add(&kept, out->p, out->n);
    while (kept.n > before && (kept.n + room > kept.limit || kept.p[kept.n - 1] != '\n'))
        buf_cut(&kept, kept.n - 1);
    buf_reset(out);
    buf_add(out, kept.p, kept.n);
    buf_add_z(out, mark_text);
    buf_free(&kept);
}

void diff_unified(const char *have_name, struct str have, const char *want_name, struct str want,
                  struct buf *out)
{
    struct arena a = ARENA_INIT;
    struct pair p = {split(&a, have), split(&a, want), 0};
    size_t before = out->n;

    if (!str_eq(have, want)) {
        compare(&a, &p);
        buf_printf(out, "--- %s\n+++ %s\n", have_name, want_name);
        print_all(&p, out);
        end_in_time(out, before);
    }
    arena_free(&a);
}
