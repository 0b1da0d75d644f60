/* SPDX-License-Identifier: Apache-2.0 */
#include "app_stats.h"

#include "base/log.h"
#include "store/stats_log.h"

enum { BYTES = 32 * 1024 * 1024, MEMBER_BYTES = 64 * 1024 * 1024 };

static int load(void *ctx, struct str sample)
{
    struct app *a = ctx;

    return stats_load_sample(a->stats, sample);
}

/* Statistics are never a reason not to begin. */
void app_stats_open(struct app *a)
{
    int64_t retention = a->options->statsRetention, interval = a->options->statsInterval;
    struct stats_limits limits = {.samples = (size_t)(2 * retention / interval) + 2,
                                  .retention_ms = retention,
                                  .bytes = BYTES,
                                  .member_bytes = MEMBER_BYTES};
    struct err e;

    a->stats = stats_new(&limits);
    a->stats_log = stats_log_open(a->store, &e);
    if (!a->stats_log || stats_log_samples(a->stats_log, load, a, &e))
        log_warn("statistics begin anew: %s", e.text);
}

void app_stats_close(struct app *a)
{
    stats_log_close(a->stats_log);
    stats_free(a->stats);
    a->stats_log = NULL;
    a->stats = NULL;
}

/* All is observed more often than that while something goes on. */
bool app_stats_due(const struct app *a)
{
    return !a->stats_ms || app_now_ms() - a->stats_ms >= a->options->statsInterval / 2;
}

/* One record and one transaction, however many objects there are. */
static void remember(struct app *a)
{
    struct str minute = stats_minute(a->stats);
    struct buf sample;
    struct err e;

    if (!a->stats_log)
        return;
    buf_init(&sample, STATS_LOG_RECORD);
    stats_put_sample(a->stats, a->stats_lost, &sample);
    a->stats_lost =
        buf_failed(&sample) || stats_log_add(a->stats_log, buf_str(&sample),
                                             stats_kept(a->stats) + STATS_WHOLE_EACH, minute, &e);
    if (a->stats_lost && !a->stats_told)
        log_warn("statistics are not remembered: %s",
                 buf_failed(&sample) ? "too many objects" : e.text);
    a->stats_told = a->stats_lost;
    buf_free(&sample);
}

static struct str serving(void *ctx, struct str backend)
{
    const struct app *a = ctx;
    struct str proxy = app_serving_proxy(a, backend);

    return proxy.n ? proxy : backend;
}

void app_stats_take(struct app *a, struct have *have)
{
    if (have->members_read && totals_are_known(a->totals)) {
        a->stats_ms = app_now_ms();
        stats_take(a->stats, have, a->totals, serving, a, a->stats_ms, app_wall_ms());
        remember(a);
        if (a->on_stats)
            a->on_stats(a);
    }
    have_drop_members(have);
}

void app_stats_each(struct app *a, struct str id, stats_visit *visit, void *ctx)
{
    struct arena arena = ARENA_INIT;
    struct stat_id pattern;
    struct err e;

    if (stat_id_parse(&arena, id, &pattern, &e) == 0)
        stats_each(a->stats, &pattern, visit, ctx);
    arena_free(&arena);
}

struct putting {
    struct buf *out;
    bool done;
};

static void put_first(void *ctx, const struct stat_row *stat)
{
    struct putting *p = ctx;
    struct json_out o;

    if (p->done)
        return;
    json_out_init(&o, p->out, false);
    stat_put(&o, NULL, stat);
    json_out_fini(&o);
    p->done = true;
}

bool app_stats_put(struct app *a, struct str id, struct buf *out)
{
    struct putting putting = {.out = out};

    if (!str_ends(id, STR("*")))
        app_stats_each(a, id, put_first, &putting);
    return putting.done;
}
