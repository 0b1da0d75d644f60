/* SPDX-License-Identifier: Apache-2.0 */
/* Connections and sessions of servers already known: `show servers conn`, `show stat`; what Lua
 * counts. */
#include "plan/observed.h"

#include "plan/csv.h"
#include "plan/lines.h"

/* Index of `name` among the blank-separated words of a header line; SIZE_MAX when absent. */
static size_t word_index(struct str header, const char *name)
{
    for (size_t i = 0;; i++) {
        struct str word = str_word(&header);
        if (!word.n)
            return SIZE_MAX;
        if (str_eq_z(word, name))
            return i;
    }
}

static int conn_row(struct have *h, const struct lines *l, size_t used_at, size_t idle_at,
                    struct err *e)
{
    struct str rest = l->line, name = str_word(&rest), backend = str_cut(&name, '/');
    struct have_server *s = have_find_server(have_find_backend(h, backend), name);
    uint64_t used = UINT64_MAX, idle = UINT64_MAX;
    struct str word;

    if (!name.p)
        return lines_fail(l, "expected backend/server", e);
    for (size_t i = 1; word = str_word(&rest), word.n; i++)
        if ((i == used_at && str_u64(word, &used)) || (i == idle_at && str_u64(word, &idle)))
            return lines_fail(l, "not a number where one belongs", e);
    if (used > UINT32_MAX || idle > UINT32_MAX)
        return lines_fail(l, "too few columns", e);
    if (s) {
        s->used_conn = (unsigned)used;
        s->idle_conn = (unsigned)idle;
    }
    return 0;
}

int have_parse_servers_conn(struct have *h, struct str text, struct err *e)
{
    struct lines l = lines_of("show servers conn", text);
    size_t used_at, idle_at;
    struct str header;

    if (!lines_next(&l) || !str_starts(l.line, STR("# bkname/svname ")))
        return lines_fail(&l, "not the expected header", e);
    header = (struct str){l.line.p + 2, l.line.n - 2};
    used_at = word_index(header, "used_cur");
    idle_at = word_index(header, "idle_cur");
    if (used_at == SIZE_MAX || idle_at == SIZE_MAX)
        return lines_fail(&l, "no column used_cur or idle_cur", e);
    while (lines_next(&l))
        if (conn_row(h, &l, used_at, idle_at, e))
            return -1;
    return 0;
}

struct stat_columns {
    size_t proxy, server, sessions, status;
};

static int stat_header(const struct lines *l, struct stat_columns *at, struct err *e)
{
    struct str rest = l->line;

    *at = (struct stat_columns){SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    if (!str_starts(rest, STR("# ")))
        return lines_fail(l, "not the expected header", e);
    rest = (struct str){rest.p + 2, rest.n - 2};
    for (size_t i = 0; rest.p; i++) {
        struct str name = csv_field(&rest);
        if (str_eq(name, STR("pxname")))
            at->proxy = i;
        else if (str_eq(name, STR("svname")))
            at->server = i;
        else if (str_eq(name, STR("scur")))
            at->sessions = i;
        else if (str_eq(name, STR("status")))
            at->status = i;
    }
    if (at->proxy == SIZE_MAX || at->server == SIZE_MAX || at->sessions == SIZE_MAX ||
        at->status == SIZE_MAX)
        return lines_fail(l, "no column pxname, svname, scur or status", e);
    return 0;
}

static int stat_row(struct have *h, const struct lines *l, const struct stat_columns *at,
                    struct err *e)
{
    struct str proxy = STR_NONE, server = STR_NONE, scur = STR_NONE, status = STR_NONE;
    struct str rest = l->line;
    struct have_backend *b;
    struct have_server *s;
    uint64_t sessions;

    for (size_t i = 0; rest.p; i++) {
        struct str field = csv_field(&rest);
        if (i == at->proxy)
            proxy = field;
        else if (i == at->server)
            server = field;
        else if (i == at->sessions)
            scur = field;
        else if (i == at->status)
            status = field;
    }
    if (!status.p)
        return lines_fail(l, "too few columns", e);
    if (str_u64(scur, &sessions) || sessions > UINT32_MAX)
        return lines_fail(l, "scur is not a number", e);
    b = have_find_backend(h, proxy);
    if (b && str_eq(server, STR("BACKEND"))) {
        b->unpublished = str_ends(status, STR("(UNPUB)"));
        b->stat_read = true;
    }
    s = have_find_server(b, server);
    if (s)
        s->sessions = (unsigned)sessions;
    return 0;
}

int have_parse_stat_sessions(struct have *h, struct str text, struct err *e)
{
    struct lines l = lines_of("show stat", text);
    struct stat_columns at;

    if (!lines_next(&l))
        return lines_fail(&l, "empty reply", e);
    if (stat_header(&l, &at, e))
        return -1;
    while (lines_next(&l))
        if (stat_row(h, &l, &at, e))
            return -1;
    return 0;
}

void have_parse_lua_counters(struct have *h, struct str text)
{
    struct lines l = lines_of("show thalassa counters", text);
    struct have_lua found = {.read = false};
    bool decided = false, too_large = false;

    while (lines_next(&l)) {
        struct str number = l.line, name = str_cut(&number, ':');

        number = str_trim(number);
        if (str_eq(name, STR("decided by Lua")))
            decided = str_u64(number, &found.decided) == 0;
        else if (str_eq(name, STR("too large for the agent, routed by the maps")))
            too_large = str_u64(number, &found.too_large) == 0;
    }
    found.read = decided && too_large;
    if (found.read)
        h->lua = found;
}
