/* SPDX-License-Identifier: Apache-2.0 */
/* A day of statistics in a store: how large it becomes, what a sample costs and what a question.
 * Fails when the store is too large or an answer takes too long. Times are of the processor:
 * nothing here waits for a disk, and others may be busy.
 *
 *     stats-day FOLDER [BACKENDS [MEMBERS [HOURS]]]     (200, 10, 25) */
#include "base/json_out.h"
#include "plan/stat_put.h"
#include "store/stats_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    INTERVAL_MS = 2000,
    KEEP_MS = 300000,
    QUERY_MS = 50,
    STORE_MB = 64,
    EXIT_BAD = 1,
    EXIT_CANNOT = 2
};

struct day {
    struct have *have;
    struct totals *totals;
    struct stats *stats;
    struct store *store;
    struct stats_log *log;
    size_t backends, members, hours;
    int64_t wall_ms;
    double take_ms, add_ms, worst_add_ms;
    size_t polls;
};

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(bool good, const char *what, const struct err *e)
{
    if (good)
        return;
    (void)fprintf(stderr, "stats-day: %s%s%s\n", what, e ? ": " : "", e ? e->text : "");
    exit(EXIT_CANNOT);
}

static struct str own_name(void *ctx, bool frontend, struct str proxy, struct str last)
{
    (void)ctx;
    (void)frontend;
    (void)last;
    return proxy;
}

static struct str no_guid(void *ctx, bool frontend, struct str proxy)
{
    (void)ctx;
    (void)frontend;
    (void)proxy;
    return STR("");
}

static struct str serving(void *ctx, struct str backend)
{
    (void)ctx;
    return backend;
}

static void build(struct day *d)
{
    struct have *h = d->have = have_new();

    h->pid = 1;
    h->members_read = true;
    for (size_t b = 0; b < d->backends; b++) {
        struct str name = arena_printf(&h->arena, "backend-%03zu", b);
        struct str front = arena_printf(&h->arena, "frontend-%03zu", b);
        *ARENA_PUSH(&h->arena, h->proxies, h->proxy_count) =
            (struct have_proxy){.name = front, .frontend = true};
        *ARENA_PUSH(&h->arena, h->proxies, h->proxy_count) = (struct have_proxy){.name = name};
        for (size_t m = 0; m < d->members; m++)
            *ARENA_PUSH(&h->member_arena, h->members, h->member_count) = (struct have_member){
                .proxy = name,
                .name = arena_printf(&h->member_arena, STR_FMT "_10.%zu.%zu.%zu:8080",
                                     STR_ARG(name), b / 250, b % 250, m)};
    }
}

/* Everybody is busy, each in a way of its own. */
static void count_on(uint64_t *counters, uint64_t *gauges, size_t who, size_t poll)
{
    uint64_t requests = 20 + (who * 37 + poll * 13) % 900;

    counters[COUNTER_REQUESTS] += requests;
    counters[COUNTER_SESSIONS] += requests / 3;
    counters[COUNTER_BYTES_IN] += 310 * requests;
    counters[COUNTER_BYTES_OUT] += 14000 * requests + poll % 999;
    counters[COUNTER_RESPONSES_2XX] += requests - requests / 50;
    counters[COUNTER_RESPONSES_4XX] += requests / 60;
    counters[COUNTER_RESPONSES_5XX] += requests / 300;
    gauges[GAUGE_SESSIONS_NOW] = requests / 20;
    gauges[GAUGE_TIME_RESPONSE] = (who + poll) % 50;
    gauges[GAUGE_TIME_TOTAL] = (who + poll) % 80;
    gauges[GAUGE_CHANGED_S] = poll * INTERVAL_MS / 1000;
}

static void poll_once(struct day *d)
{
    static const struct totals_names names = {NULL, own_name, no_guid};
    double begin, added;
    struct buf sample;
    struct err e;

    d->wall_ms += INTERVAL_MS;
    for (size_t i = 0; i < d->have->proxy_count; i++)
        count_on(d->have->proxies[i].counters, d->have->proxies[i].gauges, i, d->polls);
    for (size_t i = 0; i < d->have->member_count; i++)
        count_on(d->have->members[i].counters, d->have->members[i].gauges, i, d->polls);
    begin = now_ms();
    totals_take(d->totals, d->have, &names);
    stats_take(d->stats, d->have, d->totals, serving, NULL, (int64_t)d->polls * INTERVAL_MS + 1,
               d->wall_ms);
    d->take_ms += now_ms() - begin;
    begin = now_ms();
    buf_init(&sample, STATS_LOG_RECORD);
    stats_put_sample(d->stats, false, &sample);
    must(stats_log_add(d->log, buf_str(&sample), stats_kept(d->stats) + STATS_WHOLE_EACH,
                       stats_minute(d->stats), &e) == 0,
         "adding", &e);
    buf_free(&sample);
    added = now_ms() - begin;
    d->add_ms += added;
    if (added > d->worst_add_ms)
        d->worst_add_ms = added;
    d->polls++;
}

struct answer {
    struct json_out o;
    size_t minutes;
};

static void put_sample(void *ctx, const struct stat_row *row)
{
    struct answer *a = ctx;

    stat_put(&a->o, NULL, row);
}

static void put_minute(void *ctx, int64_t minute, const uint64_t *values)
{
    struct answer *a = ctx;

    a->minutes++;
    minute_put(&a->o, STAT_BACKEND, minute, values);
}

/* All that the API does for one. */
static double query(struct day *d, const char *name, size_t *bytes, size_t *minutes)
{
    struct stat_id id = {.kind = STAT_BACKEND, .key = str_z(name), .member = STR("")};
    struct answer a = {.minutes = 0};
    double begin = now_ms();
    struct buf out;
    struct err e;

    buf_init(&out, 64 * 1024 * 1024);
    json_out_init(&a.o, &out, false);
    json_open_array(&a.o, NULL);
    must(stats_samples(d->stats, &id, 0, 0, put_sample, &a), "no samples", NULL);
    must(stats_log_minutes(d->log, id.kind, id.key, put_minute, &a, &e) == 0, "reading", &e);
    json_close_array(&a.o);
    json_out_fini(&a.o);
    *bytes = out.n;
    *minutes = a.minutes;
    buf_free(&out);
    return now_ms() - begin;
}

static bool ask(struct day *d)
{
    double worst = 0, sum = 0;
    size_t bytes = 0, minutes = 0;
    char name[32];

    for (size_t b = 0; b < d->backends; b++) {
        (void)snprintf(name, sizeof name, "backend-%03zu", b);
        double took = query(d, name, &bytes, &minutes);
        sum += took;
        worst = took > worst ? took : worst;
    }
    (void)printf("CPU of a query of one, samples and %zu minutes as %zu kB of JSON: mean %.2f, "
                 "worst %.2f ms\n",
                 minutes, bytes / 1024, sum / (double)d->backends, worst);
    return worst < QUERY_MS && minutes >= 60 * (d->hours < 24 ? d->hours - 1 : 24);
}

static size_t number(int argc, char **argv, int at, size_t preset)
{
    uint64_t n = preset;

    if (argc > at)
        must(str_u64(str_z(argv[at]), &n) == 0 && n < 100000, "not a number", NULL);
    return (size_t)n;
}

int main(int argc, char **argv)
{
    struct stats_limits limits = {.samples = 2 * KEEP_MS / INTERVAL_MS,
                                  .retention_ms = KEEP_MS,
                                  .bytes = 32u << 20,
                                  .member_bytes = 64u << 20};
    struct day d = {.backends = number(argc, argv, 2, 200),
                    .members = number(argc, argv, 3, 10),
                    .hours = number(argc, argv, 4, 25),
                    .wall_ms = 1700000000000};
    double megabytes;
    struct err e;
    bool good;

    must(argc > 1, "which folder?", NULL);
    must((d.store = store_open(argv[1], NULL, &e)) != NULL, "store", &e);
    must((d.log = stats_log_open(d.store, &e)) != NULL, "log", &e);
    d.totals = totals_new();
    d.stats = stats_new(&limits);
    build(&d);
    for (size_t i = 0; i < d.hours * 3600 * 1000 / INTERVAL_MS; i++)
        poll_once(&d);
    megabytes = (double)store_used_bytes(d.store, STORE_HISTORY) / (1024 * 1024);
    (void)printf("%zu frontends, %zu backends, %zu members each, %zu hours: %.1f MB in history/\n",
                 d.backends, d.backends, d.members, d.hours, megabytes);
    (void)printf(
        "CPU of a sample: %.3f ms to take, %.3f ms to store, worst %.2f ms (an hour is closed)\n",
        d.take_ms / (double)d.polls, d.add_ms / (double)d.polls, d.worst_add_ms);
    good = ask(&d) && megabytes < STORE_MB;
    stats_log_close(d.log);
    store_close(d.store);
    stats_free(d.stats);
    totals_free(d.totals);
    have_free(d.have);
    return good ? 0 : EXIT_BAD;
}
