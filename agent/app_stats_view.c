/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics as the API and Prometheus see them. */
#include "app_stats.h"

#include "plan/stat_words.h"
#include "store/stats_log.h"

static const struct stat_id all[] = {{.kind = STAT_FRONTEND, .all = true},
                                     {.kind = STAT_BACKEND, .all = true},
                                     {.kind = STAT_MEMBER, .all = true}};

static void put_one(void *ctx, const struct stat_row *stat)
{
    stat_put(ctx, NULL, stat);
}

int app_view_stats(struct app *a, const struct web_stats_query *query, struct buf *out,
                   struct err *e)
{
    struct json_out o;

    (void)e;
    json_out_init(&o, out, false);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct stat_id pattern = all[i];
        if (query->has_kind && query->kind != pattern.kind)
            continue;
        if (query->backend.n && pattern.kind == STAT_FRONTEND)
            continue;
        pattern.key = query->backend;
        stats_each(a->stats, &pattern, put_one, &o);
    }
    json_close_array(&o);
    json_out_fini(&o);
    return 0;
}

struct minutes {
    struct json_out *o;
    enum stat_kind kind;
    int64_t since_ms;
    bool any;
};

static void put_minute(void *ctx, int64_t minute, const uint64_t *values)
{
    struct minutes *m = ctx;

    m->any = true;
    if (minute * MINUTE_MS > m->since_ms)
        minute_put(m->o, m->kind, minute, values);
}

static int put_history(struct app *a, struct json_out *o, const struct stat_id *id,
                       const struct web_stat_query *query, struct err *e)
{
    struct minutes minutes = {o, id->kind, query->since_ms, false};
    bool known;
    int rc = 0;

    json_open_array(o, "samples");
    known = stats_samples(a->stats, id, query->since_ms, query->limit, put_one, o);
    json_close_array(o);
    json_open_array(o, "minutes");
    if (id->kind != STAT_MEMBER && a->stats_log)
        rc = stats_log_minutes(a->stats_log, id->kind, id->key, put_minute, &minutes, e);
    json_close_array(o);
    if (rc == 0 && !known && !minutes.any)
        rc = err_set(e, ERR_NOT_FOUND, "no statistics of \"" STR_FMT "\"", STR_ARG(query->id));
    return rc;
}

int app_view_stat(struct app *a, const struct web_stat_query *query, struct buf *out, struct err *e)
{
    struct arena arena = ARENA_INIT;
    struct json_out o;
    struct stat_id id;
    struct err unread;
    int rc;

    if (stat_id_parse(&arena, query->id, &id, &unread) || id.all) {
        arena_free(&arena);
        return err_set(e, ERR_NOT_FOUND, "no statistics of \"" STR_FMT "\"", STR_ARG(query->id));
    }
    json_out_init(&o, out, false);
    json_open_object(&o, NULL);
    json_put_str(&o, "id", stat_id_text(&arena, id.kind, id.key, id.member));
    json_put_int(&o, "interval", a->options->statsInterval);
    rc = put_history(a, &o, &id, query, e);
    json_close_object(&o);
    json_out_fini(&o);
    arena_free(&arena);
    return rc;
}

/* --- metrics --- */

enum { OF_FRONTEND = 1, OF_BACKEND = 2, OF_MEMBER = 4 };

struct gauge_family {
    enum gauge gauge, more; /* `more` is added, unless it is the same */
    unsigned of;
    double scale;
    const char *names[STAT_KIND_COUNT], *help;
};

#define NAMES(name)                                                                                \
    {                                                                                              \
        "thalassa_haproxy_frontend_" name, "thalassa_haproxy_backend_" name,                       \
            "thalassa_haproxy_server_" name                                                        \
    }
#define SAME(id) GAUGE_##id, GAUGE_##id

static const struct gauge_family gauges[] = {
    {SAME(SESSIONS_NOW), OF_FRONTEND | OF_BACKEND | OF_MEMBER, 1, NAMES("current_sessions"),
     "Sessions now."},
    {SAME(SESSIONS_LIMIT), OF_FRONTEND | OF_BACKEND | OF_MEMBER, 1, NAMES("limit_sessions"),
     "Sessions that are allowed at once; 0 for no limit."},
    {SAME(QUEUE_NOW), OF_BACKEND | OF_MEMBER, 1, NAMES("current_queue"),
     "Requests that wait for a server."},
    {SAME(TIME_QUEUE), OF_BACKEND | OF_MEMBER, 0.001, NAMES("queue_time_average_seconds"),
     "Average time in the queue of the last 1024 requests."},
    {SAME(TIME_CONNECT), OF_BACKEND | OF_MEMBER, 0.001, NAMES("connect_time_average_seconds"),
     "Average time to connect of the last 1024 requests."},
    {SAME(TIME_RESPONSE), OF_BACKEND | OF_MEMBER, 0.001, NAMES("response_time_average_seconds"),
     "Average time to the response of the last 1024 requests."},
    {SAME(TIME_TOTAL), OF_BACKEND | OF_MEMBER, 0.001, NAMES("total_time_average_seconds"),
     "Average time of the last 1024 requests in all."},
    {GAUGE_ACTIVE, GAUGE_BACKUP, OF_BACKEND, 1, NAMES("up_servers"), "Servers that are in use."},
    {SAME(SERVERS), OF_BACKEND, 1, NAMES("servers"), "Servers that there are."},
    {SAME(WEIGHT), OF_MEMBER, 1, NAMES("weight"), "Weight in the backend."},
};

struct family_out {
    struct metrics *m;
    const struct gauge_family *family; /* NULL: of counters */
    enum counter counter;
    const char *code;
    bool up; /* whether the server is up */
};

static void put_sample(void *ctx, const struct stat_row *s)
{
    const struct family_out *f = ctx;
    bool member = s->kind == STAT_MEMBER;
    struct metric_label labels[3] = {{s->kind == STAT_FRONTEND ? "frontend" : "backend", s->key}};
    size_t count = 1;
    uint64_t status = stat_gauge(s, GAUGE_STATUS), value;

    if (member)
        labels[count++] = (struct metric_label){"server", s->member};
    if (f->up) {
        metrics_put_int(f->m, labels, count, status == STATUS_UP || status == STATUS_NO_CHECK);
        return;
    }
    if (!f->family) {
        if (*f->code)
            labels[count++] = (struct metric_label){"code", str_z(f->code)};
        metrics_put_int(f->m, labels, count, (int64_t)s->values[f->counter]);
        return;
    }
    value = stat_gauge(s, f->family->gauge);
    if (f->family->more != f->family->gauge)
        value += stat_gauge(s, f->family->more);
    metrics_put_double(f->m, labels, count, (double)value * f->family->scale);
}

static void put_gauges(struct app *a, struct metrics *m, enum stat_kind kind)
{
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        struct family_out out = {.m = m, .family = &gauges[i]};
        if (!(gauges[i].of & 1u << kind))
            continue;
        metrics_family(m, gauges[i].names[kind], METRIC_GAUGE, gauges[i].help);
        stats_each(a->stats, &all[kind], put_sample, &out);
    }
}

/* As its worker counts: after a reload they may begin anew. */
static void put_member_counters(struct app *a, struct metrics *m)
{
    static const struct {
        const char *name, *code, *help, *of;
    } counters[] = {
#define COUNTER(id, column, of, metric, label, help)                                               \
    [COUNTER_##id] = {"thalassa_haproxy_server_" metric, label, help, #of},
#include "plan/counters.def"
#undef COUNTER
    };

    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        struct family_out out = {.m = m, .counter = (enum counter)i, .code = counters[i].code};
        if (str_eq_z(str_z(counters[i].of), "FRONTEND"))
            continue;
        if (*counters[i].help)
            metrics_family(m, counters[i].name, METRIC_COUNTER, counters[i].help);
        stats_each(a->stats, &all[STAT_MEMBER], put_sample, &out);
    }
}

void app_stats_metrics(struct app *a, struct metrics *m)
{
    struct family_out up = {.m = m, .up = true};

    put_gauges(a, m, STAT_FRONTEND);
    put_gauges(a, m, STAT_BACKEND);
    if (!a->options->metricsMembers)
        return;
    metrics_family(m, "thalassa_haproxy_server_up", METRIC_GAUGE, "Whether the server is up.");
    stats_each(a->stats, &all[STAT_MEMBER], put_sample, &up);
    put_gauges(a, m, STAT_MEMBER);
    put_member_counters(a, m);
}
