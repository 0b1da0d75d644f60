/* SPDX-License-Identifier: Apache-2.0 */
/* The process, its backends and their servers. Sessions are in observed_counts.c, counters in
 * observed_stat.c, maps in observed_maps.c, the master's processes in observed_proc.c. */
#include "plan/observed.h"

#include "plan/lines.h"

#include <stdlib.h>
#include <string.h>

struct have *have_new(void)
{
    struct have *h = calloc(1, sizeof *h);

    if (!h)
        abort();
    arena_init(&h->arena);
    return h;
}

void have_free(struct have *h)
{
    if (!h)
        return;
    arena_free(&h->arena);
    arena_free(&h->map_arena);
    arena_free(&h->member_arena);
    free(h);
}

static int compare_backend(const void *a, const void *b)
{
    return str_cmp(((const struct have_backend *)a)->name, ((const struct have_backend *)b)->name);
}

static int compare_server(const void *a, const void *b)
{
    return str_cmp(((const struct have_server *)a)->name, ((const struct have_server *)b)->name);
}

struct have_backend *have_find_backend(const struct have *h, struct str name)
{
    struct have_backend key = {.name = name};

    if (!h->backend_count)
        return NULL;
    return bsearch(&key, h->backends, h->backend_count, sizeof key, compare_backend);
}

struct have_server *have_find_server(const struct have_backend *b, struct str name)
{
    struct have_server key = {.name = name};

    if (!b || !b->count)
        return NULL;
    return bsearch(&key, b->servers, b->count, sizeof key, compare_server);
}

static int info_number(const struct lines *l, struct str value, int64_t *out, struct err *e)
{
    if (str_i64(value, out) || *out < 0)
        return lines_fail(l, "not a number", e);
    return 0;
}

/* Field of `show info` that the agent reads; others, also such that HAProxy breaks over several
 * lines (a description), are skipped. */
static int info_line(struct have *h, const struct lines *l, unsigned *seen, struct err *e)
{
    struct str value = l->line;
    struct str name = str_cut(&value, ':');
    int64_t stopping = 0;
    int rc = 0;

    value = str_trim(value);
    if (str_eq(name, STR("Version"))) {
        h->version = arena_str(&h->arena, value);
        *seen |= value.n ? 1 : 0;
    } else if (str_eq(name, STR("Pid"))) {
        rc = info_number(l, value, &h->pid, e);
        *seen |= h->pid > 0 ? 2 : 0;
    } else if (str_eq(name, STR("Uptime_sec"))) {
        rc = info_number(l, value, &h->uptime_s, e);
        *seen |= 4;
    } else if (str_eq(name, STR("Start_time_sec"))) {
        rc = info_number(l, value, &h->start_time_s, e);
        *seen |= 8;
    } else if (str_eq(name, STR("Stopping"))) {
        rc = info_number(l, value, &stopping, e);
        h->stopping = stopping != 0;
        *seen |= 16;
    } else if (str_eq(name, STR("CurrConns"))) {
        rc = info_number(l, value, &h->connections, e);
    }
    return rc;
}

int have_parse_info(struct have *h, struct str text, struct err *e)
{
    static const char *const names[] = {"Version", "Pid", "Uptime_sec", "Start_time_sec",
                                        "Stopping"};
    struct lines l = lines_of("show info", text);
    unsigned seen = 0;

    while (lines_next(&l))
        if (info_line(h, &l, &seen, e))
            return -1;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (!(seen & 1u << i))
            return err_set(e, ERR_UNAVAILABLE, "show info: no %s in the reply", names[i]);
    return 0;
}

static int backend_add(struct have *h, const struct lines *l, struct str name, struct err *e)
{
    if (h->backend_count >= HAVE_MAX_BACKENDS)
        return lines_fail(l, "too many backends", e);
    *ARENA_PUSH(&h->arena, h->backends, h->backend_count) =
        (struct have_backend){.name = arena_str(&h->arena, name)};
    return 0;
}

static int backends_sort(struct have *h, const char *command, struct err *e)
{
    if (h->backend_count)
        qsort(h->backends, h->backend_count, sizeof *h->backends, compare_backend);
    for (size_t i = 1; i < h->backend_count; i++)
        if (str_eq(h->backends[i - 1].name, h->backends[i].name))
            return err_set(e, ERR_UNAVAILABLE, "%s: \"" STR_FMT "\" is there twice", command,
                           STR_ARG(h->backends[i].name));
    return 0;
}

int have_parse_backends(struct have *h, struct str text, struct err *e)
{
    struct lines l = lines_of("show backend", text);
    struct have known = *h; /* the sorted part, while new ones are appended behind */

    if (!lines_next(&l) || !str_eq(str_trim(l.line), STR("# name")))
        return lines_fail(&l, "expected the header \"# name\"", e);
    while (lines_next(&l)) {
        struct str rest = l.line;
        struct str name = str_word(&rest);
        if (str_trim(rest).n)
            return lines_fail(&l, "expected one name", e);
        if (!have_find_backend(&known, name) && backend_add(h, &l, name, e))
            return -1;
    }
    return backends_sort(h, l.command, e);
}

int have_note_backend(struct have *h, struct str name, struct err *e)
{
    struct lines l = lines_of("show servers state", name);

    if (have_find_backend(h, name))
        return 0;
    (void)lines_next(&l);
    return backend_add(h, &l, name, e) ? -1 : backends_sort(h, l.command, e);
}

/* Columns of `show servers state`, version 1 (all HAProxy versions); those behind are not read. */
static const char state_header[] =
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "
    "srv_iweight srv_time_since_last_change srv_check_status srv_check_result "
    "srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn "
    "srv_port";
enum column {
    BE_NAME = 1,
    SRV_NAME = 3,
    SRV_ADDR,
    SRV_OP,
    SRV_ADMIN,
    SRV_UWEIGHT,
    SRV_IWEIGHT,
    CHECK_STATUS = 10,
    CHECK_RESULT,
    CHECK_HEALTH,
    CHECK_STATE,
    SRV_FQDN = 17,
    SRV_PORT,
    COLUMNS_READ
};

static struct str dash_as_empty(struct have *h, struct str s)
{
    return str_eq(s, STR("-")) ? STR("") : arena_str(&h->arena, s);
}

/* HAProxy may show a negative health (-1: not checked yet); that reads as 0. */
static int column_unsigned(const struct lines *l, struct str text, unsigned *out, struct err *e)
{
    int64_t v;

    if (str_i64(text, &v) || v < -1 || v > UINT32_MAX)
        return lines_fail(l, "not a number where one belongs", e);
    *out = v < 0 ? 0 : (unsigned)v;
    return 0;
}

static int server_row(struct have *h, const struct lines *l, const struct str col[COLUMNS_READ],
                      struct have_server *s, struct err *e)
{
    unsigned port = 0;

    if (column_unsigned(l, col[SRV_OP], &s->op, e) ||
        column_unsigned(l, col[SRV_ADMIN], &s->admin, e) ||
        column_unsigned(l, col[SRV_UWEIGHT], &s->uweight, e) ||
        column_unsigned(l, col[SRV_IWEIGHT], &s->iweight, e) ||
        column_unsigned(l, col[CHECK_STATUS], &s->check_status, e) ||
        column_unsigned(l, col[CHECK_RESULT], &s->check_result, e) ||
        column_unsigned(l, col[CHECK_HEALTH], &s->check_health, e) ||
        column_unsigned(l, col[CHECK_STATE], &s->check_state, e) ||
        column_unsigned(l, col[SRV_PORT], &port, e))
        return -1;
    if (port > UINT16_MAX)
        return lines_fail(l, "port out of range", e);
    s->port = (uint16_t)port;
    s->name = arena_str(&h->arena, col[SRV_NAME]);
    s->address = dash_as_empty(h, col[SRV_ADDR]);
    s->fqdn = dash_as_empty(h, col[SRV_FQDN]);
    return 0;
}

/* Rows come backend by backend; those of one are gathered apart, to be kept in one piece. */
struct rows {
    struct arena arena;
    struct have_server *items;
    size_t count, backend; /* index of whose they are; SIZE_MAX: nobody's */
};

static void rows_keep(struct have *h, struct rows *rows)
{
    struct have_backend *b;
    struct have_server *all;

    if (rows->count) {
        b = &h->backends[rows->backend];
        all = ARENA_ARRAY(&h->arena, struct have_server, b->count + rows->count);
        if (b->count)
            memcpy(all, b->servers, b->count * sizeof *all);
        memcpy(all + b->count, rows->items, rows->count * sizeof *all);
        b->servers = all;
        b->count += rows->count;
        h->server_count += rows->count;
    }
    arena_free(&rows->arena);
    *rows = (struct rows){.backend = SIZE_MAX};
}

/* The backend of the row before, else one of the sorted part, else a new one behind it. */
static int row_backend(struct have *h, const struct have *known, const struct lines *l,
                       struct str name, struct rows *rows, struct err *e)
{
    struct have_backend *b;

    if (rows->backend != SIZE_MAX && str_eq(h->backends[rows->backend].name, name))
        return 0;
    rows_keep(h, rows);
    b = have_find_backend(known, name);
    rows->backend = b ? (size_t)(b - known->backends) : h->backend_count;
    return b ? 0 : backend_add(h, l, name, e);
}

static int state_line(struct have *h, const struct have *known, struct lines *l, struct rows *rows,
                      struct err *e)
{
    struct str col[COLUMNS_READ], rest = l->line;
    struct have_server s = {0};

    for (size_t i = 0; i < COLUMNS_READ; i++) {
        col[i] = str_word(&rest);
        if (!col[i].n)
            return lines_fail(l, "too few columns", e);
    }
    if (h->server_count + rows->count >= HAVE_MAX_SERVERS)
        return lines_fail(l, "too many servers", e);
    if (server_row(h, l, col, &s, e) || row_backend(h, known, l, col[BE_NAME], rows, e))
        return -1;
    *ARENA_PUSH(&rows->arena, rows->items, rows->count) = s;
    return 0;
}

static int servers_sort(struct have_backend *b, struct err *e)
{
    if (b->count)
        qsort(b->servers, b->count, sizeof *b->servers, compare_server);
    for (size_t i = 1; i < b->count; i++)
        if (str_eq(b->servers[i - 1].name, b->servers[i].name))
            return err_set(e, ERR_UNAVAILABLE,
                           "show servers state: server " STR_FMT "/" STR_FMT " is there twice",
                           STR_ARG(b->name), STR_ARG(b->servers[i].name));
    return 0;
}

int have_parse_servers_state(struct have *h, struct str text, struct err *e)
{
    struct lines l = lines_of("show servers state", text);
    struct have known = *h;
    struct rows rows = {.backend = SIZE_MAX};
    int rc = 0;

    if (!lines_next(&l) || !str_eq(str_trim(l.line), STR("1")))
        return lines_fail(&l, "expected the format version 1", e);
    if (!lines_next(&l) || !str_starts(l.line, str_z(state_header)))
        return lines_fail(&l, "not the expected columns", e);
    while (rc == 0 && lines_next(&l))
        rc = state_line(h, &known, &l, &rows, e);
    rows_keep(h, &rows);
    for (size_t i = 0; rc == 0 && i < h->backend_count; i++)
        rc = servers_sort(&h->backends[i], e);
    return rc ? rc : backends_sort(h, l.command, e);
}
