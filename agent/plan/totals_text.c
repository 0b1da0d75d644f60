/* SPDX-License-Identifier: Apache-2.0 */
/* Totals as text, for the store; and what a stats-file of HAProxy's says. */
#include "plan/totals_inside.h"

#include "plan/csv.h"
#include "plan/lines.h"

#include <inttypes.h>

/* --- the stats-file --- */

/* HAProxy's column req_tot of a frontend is wrong (3.2, 3.4) or missing (3.0): its new worker makes
 * the number of these four. */
static bool is_part_of_requests(struct str column)
{
    return str_eq(column, STR("req_other")) || str_eq(column, STR("h1req")) ||
           str_eq(column, STR("h2req")) || str_eq(column, STR("h3req"));
}

static void read_value(struct inherited *in, bool frontend, struct str column, struct str field)
{
    enum counter counter = counter_of_column(column);
    uint64_t value;

    if (str_u64(field, &value))
        return;
    if (frontend && counter == COUNTER_REQUESTS)
        return;
    if (frontend && is_part_of_requests(column))
        in->counters[COUNTER_REQUESTS] += value;
    else if (counter < COUNTER_COUNT)
        in->counters[counter] = value;
}

static void read_inherited(struct tracks *w, bool frontend, struct str header, struct str line)
{
    struct inherited *in = ARENA_PUSH(&w->arena, w->inherited, w->inherited_count);

    *in = (struct inherited){.guid = arena_str(&w->arena, csv_field(&line))};
    (void)csv_field(&header);
    while (header.p && line.p) {
        struct str column = csv_field(&header);
        read_value(in, frontend, column, csv_field(&line));
    }
}

void totals_inherit(struct totals *t, struct totals_worker worker, struct str stats_file)
{
    struct lines l = lines_of("stats-file", stats_file);
    struct str header = STR_NONE;
    struct tracks *w = totals_worker_of(t, worker);
    bool frontend = false;

    if (w->sampled)
        return;
    arena_free(&w->arena);
    w->inherited = NULL;
    w->inherited_count = 0;
    while (lines_next(&l)) {
        if (l.line.p[0] == '#') { /* "#fe guid,stot,..." opens a table */
            struct str rest = l.line, kind = str_word(&rest);
            frontend = str_eq(kind, STR("#fe"));
            header = frontend || str_eq(kind, STR("#be")) ? str_trim(rest) : STR_NONE;
        } else if (header.p) {
            read_inherited(w, frontend, header, l.line);
        }
    }
    totals_sort_inherited(w);
}

/* --- the store --- */

static void put_columns(struct buf *out)
{
    static const char *const columns[] = {
#define COUNTER(id, column, of, metric, label, help) column,
#include "plan/counters.def"
#undef COUNTER
    };

    buf_add_z(out, "counters");
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        buf_printf(out, " %s", columns[i]);
    buf_add_char(out, '\n');
}

static void put_values(struct buf *out, const uint64_t *values)
{
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        buf_printf(out, " %" PRIu64, values[i]);
}

void totals_put(const struct totals *t, struct buf *out)
{
    put_columns(out);
    for (size_t i = 0; i < t->count; i++) {
        const struct total *total = t->items[i];
        buf_printf(out, "total %c " STR_FMT, total->frontend ? 'f' : 'b', STR_ARG(total->name));
        put_values(out, total->base);
        buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < t->worker_count; i++) {
        const struct tracks *w = &t->workers[i];
        if (!w->sampled)
            continue;
        buf_printf(out, "worker %" PRId64 " %" PRId64 "\n", w->worker.pid, w->worker.start_time_s);
        for (size_t k = 0; k < w->count; k++) {
            const struct track *track = w->items[k];
            buf_printf(out, "track %c " STR_FMT, track->frontend ? 'f' : 'b', STR_ARG(track->name));
            put_values(out, track->last);
            put_values(out, track->offset);
            buf_printf(out, " " STR_FMT "\n", STR_ARG(track->owner));
        }
    }
}

static int read_values(const struct lines *l, struct str *rest, uint64_t *values, struct err *e)
{
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        if (str_u64(str_word(rest), &values[i]))
            return lines_fail(l, "not a number where one belongs", e);
    }
    return 0;
}

static int read_worker(struct totals *t, const struct lines *l, struct str rest, struct err *e)
{
    struct totals_worker worker;

    if (str_i64(str_word(&rest), &worker.pid) || str_i64(str_word(&rest), &worker.start_time_s))
        return lines_fail(l, "not a number where one belongs", e);
    totals_worker_of(t, worker)->sampled = true;
    return 0;
}

static int read_track(struct tracks *w, const struct lines *l, bool frontend, struct str rest,
                      struct err *e)
{
    bool made;
    struct track *track = totals_track(w, frontend, str_word(&rest), &made);

    if (read_values(l, &rest, track->last, e) || read_values(l, &rest, track->offset, e))
        return -1;
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        if (track->offset[i] > track->last[i])
            return lines_fail(l, "an offset above its counter", e);
    }
    totals_set_text(&track->owner, str_word(&rest));
    return 0;
}

static int read_line(struct totals *t, const struct lines *l, struct err *e)
{
    struct str rest = l->line, what = str_word(&rest), kind;
    bool frontend;

    if (str_eq(what, STR("worker")))
        return read_worker(t, l, rest, e);
    kind = str_word(&rest);
    frontend = str_eq(kind, STR("f"));
    if (!frontend && !str_eq(kind, STR("b")))
        return lines_fail(l, "neither a frontend nor a backend", e);
    if (str_eq(what, STR("total"))) {
        struct total *total = totals_of(t, frontend, str_word(&rest));
        return read_values(l, &rest, total->base, e);
    }
    if (!str_eq(what, STR("track")) || t->worker_count == 0)
        return lines_fail(l, "an unknown line", e);
    return read_track(&t->workers[t->worker_count - 1], l, frontend, rest, e);
}

static int read_all(struct totals *t, struct str text, struct err *e)
{
    struct lines l = lines_of("totals", text);
    struct buf columns;
    bool same;

    buf_init(&columns, 4096);
    put_columns(&columns);
    same = lines_next(&l) && str_eq(l.line, str_trim(buf_str(&columns)));
    buf_free(&columns);
    if (!same)
        return lines_fail(&l, "other counters than these", e);
    while (lines_next(&l))
        if (read_line(t, &l, e))
            return -1;
    return 0;
}

int totals_load(struct totals *t, struct str text, struct err *e)
{
    if (read_all(t, text, e) == 0)
        return 0;
    totals_clear(t);
    return -1;
}
