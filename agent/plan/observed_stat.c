/* SPDX-License-Identifier: Apache-2.0 */
/* `show stat -1 3 -1`: state and counters of frontends and backends. */
#include "plan/observed.h"

#include "plan/csv.h"
#include "plan/lines.h"

enum { COLUMNS_MAX = 256 }; /* HAProxy 3.4 has 133 */

/* What a column of the table is: a counter, one of these, or nothing that is read. */
enum { COLUMN_PROXY = COUNTER_COUNT + 1, COLUMN_ROW, COLUMN_STATUS };
struct columns {
    unsigned what[COLUMNS_MAX];
    size_t count;
};

enum counter counter_of_column(struct str column)
{
    static const char *const columns[] = {
#define COUNTER(id, column, of, metric, label, help) [COUNTER_##id] = column,
#include "plan/counters.def"
#undef COUNTER
    };
    unsigned i = 0;

    while (i < COUNTER_COUNT && !str_eq_z(column, columns[i]))
        i++;
    return (enum counter)i;
}

static unsigned column_of(struct str name)
{
    if (str_eq(name, STR("pxname")))
        return COLUMN_PROXY;
    if (str_eq(name, STR("svname")))
        return COLUMN_ROW;
    if (str_eq(name, STR("status")))
        return COLUMN_STATUS;
    return counter_of_column(name);
}

static int read_header(const struct lines *l, struct columns *c, struct err *e)
{
    struct str rest = l->line;
    unsigned seen = 0;

    if (!str_starts(rest, STR("# ")))
        return lines_fail(l, "not the expected header", e);
    rest = (struct str){rest.p + 2, rest.n - 2};
    for (c->count = 0; rest.p && c->count < COLUMNS_MAX; c->count++) {
        unsigned what = c->what[c->count] = column_of(csv_field(&rest));
        if (what > COUNTER_COUNT)
            seen |= 1u << (what - COLUMN_PROXY);
    }
    if (seen != 7)
        return lines_fail(l, "no column pxname, svname or status", e);
    return 0;
}

static enum have_proxy_state state_of(struct str status)
{
    if (str_eq(status, STR("PAUSED")))
        return PROXY_PAUSED;
    return str_eq(status, STR("STOP")) ? PROXY_STOPPED : PROXY_OPEN;
}

static int read_row(struct have *h, const struct lines *l, const struct columns *c, struct err *e)
{
    struct have_proxy p = {0};
    struct str rest = l->line, row = STR_NONE, status = STR_NONE;
    struct have_backend *b;

    for (size_t i = 0; rest.p && i < c->count; i++) {
        struct str field = csv_field(&rest);
        unsigned what = c->what[i];
        if (what == COLUMN_PROXY)
            p.name = field;
        else if (what == COLUMN_ROW)
            row = field;
        else if (what == COLUMN_STATUS)
            status = field;
        else if (what < COUNTER_COUNT && field.n && str_u64(field, &p.counters[what]))
            return lines_fail(l, "not a number where one belongs", e);
    }
    if (!status.p)
        return lines_fail(l, "too few columns", e);
    p.frontend = str_eq(row, STR("FRONTEND"));
    if (!p.frontend && !str_eq(row, STR("BACKEND")))
        return 0;
    b = p.frontend ? NULL : have_find_backend(h, p.name);
    if (b) {
        b->unpublished = str_ends(status, STR("(UNPUB)"));
        b->stat_read = true;
    }
    p.state = p.frontend ? state_of(status) : PROXY_OPEN;
    p.name = arena_str(&h->arena, p.name);
    if (h->proxy_count == 2 * HAVE_MAX_BACKENDS)
        return lines_fail(l, "too many proxies", e);
    *ARENA_PUSH(&h->arena, h->proxies, h->proxy_count) = p;
    return 0;
}

int have_parse_stat_proxies(struct have *h, struct str text, struct err *e)
{
    struct lines l = lines_of("show stat", text);
    struct columns columns = {.count = 0};

    if (!lines_next(&l))
        return lines_fail(&l, "empty reply", e);
    if (read_header(&l, &columns, e))
        return -1;
    while (lines_next(&l))
        if (read_row(h, &l, &columns, e))
            return -1;
    return 0;
}

void have_keep_stat(struct have_backend *b, const struct have_backend *before)
{
    if (b->stat_read)
        return;
    b->unpublished = before->unpublished;
    b->stat_read = before->stat_read;
}

void have_keep_proxies(struct have *h, const struct have *before)
{
    size_t k = 0;

    if (h->proxies)
        return;
    for (size_t i = 0; i < before->proxy_count; i++) {
        struct have_proxy *p = ARENA_PUSH(&h->arena, h->proxies, h->proxy_count);
        *p = before->proxies[i];
        p->name = arena_str(&h->arena, p->name);
    }
    for (size_t i = 0; i < h->backend_count; i++) {
        while (k < before->backend_count &&
               str_cmp(before->backends[k].name, h->backends[i].name) < 0)
            k++;
        if (k < before->backend_count && str_eq(before->backends[k].name, h->backends[i].name))
            have_keep_stat(&h->backends[i], &before->backends[k]);
    }
}
