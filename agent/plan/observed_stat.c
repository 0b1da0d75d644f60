/* SPDX-License-Identifier: Apache-2.0 */
/* `show stat -1 3 -1`: state, counters and gauges of frontends and backends; of servers with 7. */
#include "plan/observed.h"

#include "plan/csv.h"
#include "plan/lines.h"
#include "plan/stat_words.h"

#include <string.h>

enum { COLUMNS_MAX = 256 }; /* HAProxy 3.4 has 133 */

/* What a column of the table is: a counter, one of these, or nothing that is read. */
enum { COLUMN_PROXY = COUNTER_COUNT + 1, COLUMN_ROW, COLUMN_STATUS, COLUMN_GAUGE };
struct columns {
    unsigned what[COLUMNS_MAX];
    size_t count; /* to the last one that is read */
};

struct row {
    struct str proxy, row, status;
    uint64_t counters[COUNTER_COUNT], gauges[GAUGE_COUNT];
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

static unsigned gauge_of_column(struct str column)
{
    static const char *const columns[] = {
#define GAUGE(id, column, kind) [GAUGE_##id] = column,
#include "plan/gauges.def"
#undef GAUGE
    };
    unsigned i = 0;

    while (i < GAUGE_COUNT && !str_eq_z(column, columns[i]))
        i++;
    return i;
}

static unsigned column_of(struct str name)
{
    unsigned gauge = gauge_of_column(name);

    if (str_eq(name, STR("pxname")))
        return COLUMN_PROXY;
    if (str_eq(name, STR("svname")))
        return COLUMN_ROW;
    if (gauge == GAUGE_STATUS)
        return COLUMN_STATUS;
    return gauge < GAUGE_COUNT ? COLUMN_GAUGE + gauge : counter_of_column(name);
}

static int read_header(const struct lines *l, struct columns *c, struct err *e)
{
    struct str rest = l->line;
    unsigned seen = 0;

    if (!str_starts(rest, STR("# ")))
        return lines_fail(l, "not the expected header", e);
    rest = (struct str){rest.p + 2, rest.n - 2};
    for (size_t i = 0; rest.p && i < COLUMNS_MAX; i++) {
        unsigned what = c->what[i] = column_of(csv_field(&rest));
        if (what != COUNTER_COUNT)
            c->count = i + 1;
        if (what > COUNTER_COUNT && what < COLUMN_GAUGE)
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

/* A gauge that is no number ("-1": not measured) is 0. */
static void read_gauge(struct row *r, unsigned gauge, struct str field)
{
    if (gauge == GAUGE_CHECK_STATUS)
        r->gauges[gauge] = stat_check_of(field);
    else if (str_u64(field, &r->gauges[gauge]))
        r->gauges[gauge] = 0;
}

static int read_fields(struct row *r, const struct lines *l, const struct columns *c, struct err *e)
{
    struct str rest = l->line;

    for (size_t i = 0; rest.p && i < c->count; i++) {
        struct str field = csv_field(&rest);
        unsigned what = c->what[i];
        if (what == COLUMN_PROXY)
            r->proxy = field;
        else if (what == COLUMN_ROW)
            r->row = field;
        else if (what == COLUMN_STATUS)
            r->status = field;
        else if (!field.n || what == COUNTER_COUNT)
            continue;
        else if (what >= COLUMN_GAUGE)
            read_gauge(r, what - COLUMN_GAUGE, field);
        else if (str_u64(field, &r->counters[what]))
            return lines_fail(l, "not a number where one belongs", e);
    }
    if (!r->status.p)
        return lines_fail(l, "too few columns", e);
    r->gauges[GAUGE_STATUS] = stat_status_of(r->status);
    return 0;
}

static int take_member(struct have *h, const struct lines *l, const struct row *r, struct err *e)
{
    const struct have_member *last = h->member_count ? &h->members[h->member_count - 1] : NULL;
    bool same = last && str_eq(last->proxy, r->proxy);
    struct str proxy = same ? last->proxy : arena_str(&h->member_arena, r->proxy);
    struct have_member *m;

    if (h->member_count == HAVE_MAX_SERVERS)
        return lines_fail(l, "too many servers", e);
    m = ARENA_PUSH(&h->member_arena, h->members, h->member_count);
    m->proxy = proxy;
    m->name = arena_str(&h->member_arena, r->row);
    memcpy(m->counters, r->counters, sizeof m->counters);
    memcpy(m->gauges, r->gauges, sizeof m->gauges);
    return 0;
}

static int take_proxy(struct have *h, const struct lines *l, const struct row *r, bool frontend,
                      struct err *e)
{
    struct have_backend *b = frontend ? NULL : have_find_backend(h, r->proxy);
    struct have_proxy *p;

    if (b) {
        b->unpublished = str_ends(r->status, STR("(UNPUB)"));
        b->stat_read = true;
    }
    if (h->proxy_count == 2 * HAVE_MAX_BACKENDS)
        return lines_fail(l, "too many proxies", e);
    p = ARENA_PUSH(&h->arena, h->proxies, h->proxy_count);
    p->name = arena_str(&h->arena, r->proxy);
    p->frontend = frontend;
    p->state = frontend ? state_of(r->status) : PROXY_OPEN;
    memcpy(p->counters, r->counters, sizeof p->counters);
    memcpy(p->gauges, r->gauges, sizeof p->gauges);
    if (b)
        p->gauges[GAUGE_SERVERS] = b->count;
    return 0;
}

static int read_row(struct have *h, const struct lines *l, const struct columns *c, struct err *e)
{
    struct row r = {.status = STR_NONE};
    bool frontend;

    if (read_fields(&r, l, c, e))
        return -1;
    frontend = str_eq(r.row, STR("FRONTEND"));
    if (frontend || str_eq(r.row, STR("BACKEND")))
        return take_proxy(h, l, &r, frontend, e);
    return take_member(h, l, &r, e);
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

void have_drop_members(struct have *h)
{
    arena_free(&h->member_arena);
    h->members = NULL;
    h->member_count = 0;
}
