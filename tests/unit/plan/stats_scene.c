/* SPDX-License-Identifier: Apache-2.0 */
#include "stats_scene.h"

#include "plan/stat_words.h"

#include <stdio.h>
#include <string.h>

enum { INTERVAL_MS = 2000, TEXT_BYTES = 1 << 20 };

static struct buf text;

void stats_scene_init(struct stats_scene *s, size_t samples)
{
    struct stats_limits limits = {.samples = samples,
                                  .retention_ms = 5 * (int64_t)INTERVAL_MS,
                                  .bytes = 1 << 20,
                                  .member_bytes = 1 << 20};

    *s = (struct stats_scene){.totals = totals_new(),
                              .stats = stats_new(&limits),
                              .serving = "live",
                              .now_ms = 1000,
                              .wall_ms = 1700000000000};
    buf_init(&text, TEXT_BYTES);
}

void stats_scene_fini(struct stats_scene *s)
{
    stats_free(s->stats);
    totals_free(s->totals);
    buf_free(&text);
}

static struct str owner_of(void *ctx, bool frontend, struct str proxy, struct str last)
{
    const struct stats_scene *s = ctx;

    (void)last;
    for (const struct stats_scene_row *r = s->rows; r->proxy; r++) {
        if (!r->server && r->frontend == frontend && str_eq_z(proxy, r->proxy))
            return str_z(r->owner);
    }
    return STR("");
}

static struct str guid_of(void *ctx, bool frontend, struct str proxy)
{
    (void)ctx;
    (void)frontend;
    (void)proxy;
    return STR("");
}

static struct str serving(void *ctx, struct str backend)
{
    const struct stats_scene *s = ctx;

    return str_eq_z(backend, "live") ? str_z(s->serving) : backend;
}

static void fill(const struct stats_scene_row *r, uint64_t *counters, uint64_t *gauges)
{
    counters[COUNTER_REQUESTS] = r->requests;
    counters[COUNTER_RESPONSES_2XX] = r->requests;
    counters[COUNTER_BYTES_OUT] = 100 * r->requests;
    gauges[GAUGE_SESSIONS_NOW] = r->sessions_now;
    gauges[GAUGE_STATUS] = r->frontend ? STATUS_OPEN : STATUS_UP;
    gauges[GAUGE_ACTIVE] = 1;
    gauges[GAUGE_SERVERS] = r->server ? 0 : 2;
    gauges[GAUGE_TIME_TOTAL] = 7;
    gauges[GAUGE_CHANGED_S] = 30;
    gauges[GAUGE_WEIGHT] = 3;
    gauges[GAUGE_CHECK_STATUS] = CHECK_L7OK;
    gauges[GAUGE_CHECK_CODE] = 200;
}

struct have *stats_scene_have(int64_t pid, const struct stats_scene_row *rows)
{
    struct have *h = have_new();

    h->pid = pid;
    h->start_time_s = 100 + pid;
    h->members_read = true;
    for (const struct stats_scene_row *r = rows; r->proxy; r++) {
        if (r->server) {
            struct have_member *m = ARENA_PUSH(&h->member_arena, h->members, h->member_count);
            m->proxy = str_z(r->proxy);
            m->name = str_z(r->server);
            fill(r, m->counters, m->gauges);
        } else {
            struct have_proxy *p = ARENA_PUSH(&h->arena, h->proxies, h->proxy_count);
            p->name = str_z(r->proxy);
            p->frontend = r->frontend;
            fill(r, p->counters, p->gauges);
        }
    }
    return h;
}

void stats_scene_take(struct stats_scene *s, int64_t pid, const struct stats_scene_row *rows)
{
    struct totals_names names = {s, owner_of, guid_of};
    struct have *h = stats_scene_have(pid, rows);

    s->rows = rows;
    s->now_ms += INTERVAL_MS;
    s->wall_ms += INTERVAL_MS;
    totals_take(s->totals, h, &names);
    stats_take(s->stats, h, s->totals, serving, s, s->now_ms, s->wall_ms);
    have_free(h);
}

static struct stat_id read_id(struct arena *a, const char *id)
{
    struct stat_id out;
    struct err e;

    if (stat_id_parse(a, str_z(id), &out, &e))
        fail_msg("%s", e.text);
    return out;
}

static void put_one(void *ctx, const struct stat_row *row)
{
    stat_put(ctx, NULL, row);
}

static const char *put(const struct stats_scene *s, const char *id, bool samples, int64_t since_ms,
                       size_t limit)
{
    struct arena arena = ARENA_INIT;
    struct stat_id which = read_id(&arena, id);
    struct json_out o;

    buf_reset(&text);
    json_out_init(&o, &text, true);
    json_open_array(&o, NULL);
    if (samples)
        (void)stats_samples(s->stats, &which, since_ms, limit, put_one, &o);
    else
        stats_each(s->stats, &which, put_one, &o);
    json_close_array(&o);
    json_out_fini(&o);
    arena_free(&arena);
    return text.p;
}

const char *stats_scene_latest(const struct stats_scene *s, const char *id)
{
    return put(s, id, false, 0, 0);
}

const char *stats_scene_samples(const struct stats_scene *s, const char *id, int64_t since_ms,
                                size_t limit)
{
    return put(s, id, true, since_ms, limit);
}

static void tell_requests(void *ctx, const struct stat_row *row)
{
    uint64_t growth =
        stat_growth(row->before[COUNTER_REQUESTS], row->values[COUNTER_REQUESTS]) * 1000;

    (void)ctx;
    buf_printf(&text, "%llu/%llu ",
               (unsigned long long)(row->elapsed_ms ? growth / (uint64_t)row->elapsed_ms : 0),
               (unsigned long long)row->values[COUNTER_REQUESTS]);
}

const char *stats_scene_requests(const struct stats_scene *s, const char *id)
{
    struct arena arena = ARENA_INIT;
    struct stat_id which = read_id(&arena, id);

    buf_reset(&text);
    buf_add_z(&text, "");
    if (!stats_samples(s->stats, &which, 0, 0, tell_requests, NULL))
        buf_add_z(&text, "none");
    arena_free(&arena);
    return text.p;
}
