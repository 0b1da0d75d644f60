/* SPDX-License-Identifier: Apache-2.0 */
#include "app_stream.h"

#include "app_stats.h"
#include "app_stream_pass.h"
#include "app_view.h"
#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    PAUSE_MS = 100, /* between two passes over what has changed */
    STAT_BYTES = 16 * 1024,
    TURN_MS = 4 /* of a pass, before others have their turn */
};

struct app_stream {
    struct app *app;
    struct hub *hub;
    struct live *live;
    struct stream_pass *pass;
    bool changed; /* since the last pass began */
    bool running; /* a pass is under way */
    int64_t began_ms;
    ev_timer timer;
};

/* --- when --- */

static void wake(struct app_stream *s, int64_t in_ms)
{
    if (ev_is_active(&s->timer))
        return;
    ev_timer_set(&s->timer, in_ms > 0 ? (double)in_ms / 1000.0 : 0.0, 0.0);
    ev_timer_start(s->app->loop, &s->timer);
}

static void run_pass(struct app_stream *s)
{
    int64_t end_ms = app_now_ms() + TURN_MS;

    while (stream_pass_step(s->pass, s->app, s->hub)) {
        if (app_now_ms() < end_ms)
            continue;
        live_flush(s->live);
        wake(s, 0);
        return;
    }
    s->running = false;
    live_greet(s->live);
    if (s->changed)
        wake(s, s->began_ms + PAUSE_MS - app_now_ms());
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    struct app_stream *s = w->data;

    (void)loop;
    (void)events;
    if (!s->running) {
        s->running = true;
        s->changed = false;
        s->began_ms = app_now_ms();
        stream_pass_begin(s->pass, s->app, s->hub);
    }
    run_pass(s);
}

void app_stream_changed(struct app *a)
{
    struct app_stream *s = a->stream;

    if (!s)
        return;
    s->changed = true;
    if (live_viewers(s->live) && !s->running && !a->stopping)
        wake(s, s->began_ms + PAUSE_MS - app_now_ms());
}

void app_stream_members_changed(struct app *a, struct str backend)
{
    if (!a->stream)
        return;
    stream_pass_touch(a->stream->pass, backend);
    app_stream_changed(a);
}

void app_stream_activity(struct app *a, struct str entry)
{
    if (!a->stream)
        return;
    hub_note_activity(a->stream->hub, entry);
    live_flush(a->stream->live);
    app_stream_changed(a);
}

/* --- what the viewers need --- */

static void on_wanted(void *ctx)
{
    struct app_stream *s = ctx;

    s->changed = true;
    if (!s->running)
        wake(s, 0);
}

struct telling {
    void (*visit)(void *visit_ctx, struct str id, struct str object);
    void *visit_ctx;
    struct buf text;
};

static void tell_stat(void *ctx, const struct stat_row *row)
{
    struct telling *t = ctx;
    struct json_out o;

    buf_reset(&t->text);
    json_out_init(&o, &t->text, false);
    stat_put(&o, NULL, row);
    json_out_fini(&o);
    t->visit(t->visit_ctx, row->id, buf_str(&t->text));
}

static void on_stats_wanted(void *ctx, struct str topic,
                            void (*visit)(void *visit_ctx, struct str id, struct str object),
                            void *visit_ctx)
{
    struct app_stream *s = ctx;
    struct telling t = {.visit = visit, .visit_ctx = visit_ctx};

    buf_init(&t.text, STAT_BYTES);
    app_stats_each(s->app, topic, tell_stat, &t);
    buf_free(&t.text);
}

static void on_stats(struct app *a)
{
    live_stats(a->stream->live);
}

/* --- beginning and end --- */

static void make_epoch(char out[17])
{
    uint64_t number;

    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        abort();
    (void)hash_hex(number, out);
}

/* Those of former lives, so that a snapshot has them. */
static void remember(struct app_stream *s)
{
    struct activity_query query = {.limit = hub_limits_default().activity};
    struct arena arena = ARENA_INIT;
    struct json *entries;
    struct buf text, one;
    struct err e;

    buf_init(&text, APP_VIEW_BYTES);
    buf_init(&one, APP_VIEW_BYTES);
    if (activity_query(s->app->activity, &query, &text, &e) == 0 &&
        json_parse(&arena, buf_str(&text), JSON_MAX_DEPTH, &entries, &e) == 0) {
        const struct json **list = ARENA_ARRAY(&arena, const struct json *, entries->count);
        size_t count = 0;
        JSON_EACH(entry, entries) {
            list[count++] = entry;
        }
        while (count) {
            struct json_out o;
            buf_reset(&one);
            json_out_init(&o, &one, false);
            json_put_tree(&o, NULL, list[--count]);
            json_out_fini(&o);
            hub_remember_activity(s->hub, buf_str(&one));
        }
    }
    buf_free(&one);
    buf_free(&text);
    arena_free(&arena);
}

void app_stream_start(struct app *a, const struct web_api *api, const struct access *access)
{
    struct app_stream *s = calloc(1, sizeof *s);
    struct hub_limits hub = hub_limits_default();
    struct live_limits limits = live_limits_default();
    struct live_source source = {s, on_wanted, on_stats_wanted};
    char epoch[17], hello[128];

    if (!s)
        abort();
    a->stream = s;
    s->app = a;
    make_epoch(epoch);
    (void)snprintf(hello, sizeof hello, "\"version\":\"%s\",\"statsInterval\":%" PRId64,
                   THALASSA_VERSION, (int64_t)a->options->statsInterval);
    /* no number of a former life is one of this: who resumes without the epoch is told all */
    s->hub = hub_new(&hub, (uint64_t)app_wall_ms(), str_z(epoch), str_z(hello));
    s->pass = stream_pass_new();
    s->live = live_new(a->loop, &limits, s->hub, &source, api, access);
    ev_init(&s->timer, on_timer);
    s->timer.data = s;
    remember(s);
    a->on_stats = on_stats;
}

struct live *app_stream_live(struct app *a)
{
    return a->stream->live;
}

void app_stream_stop(struct app *a)
{
    live_stop(a->stream->live);
    ev_timer_stop(a->loop, &a->stream->timer);
}

void app_stream_free(struct app *a)
{
    struct app_stream *s = a->stream;

    a->stream = NULL;
    a->on_stats = NULL;
    live_free(s->live);
    hub_free(s->hub);
    stream_pass_free(s->pass);
    free(s);
}

/* --- metrics --- */

void app_stream_metrics(struct app *a, struct metrics *m)
{
    struct live_counts c = live_counts(a->stream->live);
    const struct {
        const char *name;
        enum metric_type type;
        const char *help;
        uint64_t value;
    } rows[] = {
        {"thalassa_stream_viewers", METRIC_GAUGE, "Clients that watch the stream.", c.viewers},
        {"thalassa_stream_connections_total", METRIC_COUNTER, "Clients that have come.", c.opened},
        {"thalassa_stream_refused_total", METRIC_COUNTER,
         "Clients that were refused, since there were too many.", c.refused},
        {"thalassa_stream_lost_total", METRIC_COUNTER,
         "Clients that were dropped, since they did not read.", c.lost},
        {"thalassa_stream_bytes_total", METRIC_COUNTER, "Bytes sent to clients of the stream.",
         c.sent_bytes},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        metrics_family(m, rows[i].name, rows[i].type, rows[i].help);
        metrics_put_int(m, NULL, 0, (int64_t)rows[i].value);
    }
}
