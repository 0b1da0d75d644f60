/* SPDX-License-Identifier: Apache-2.0 */
#include "app_spoa.h"

#include "base/log.h"
#include "spoa/spoa.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    RETRY_MS = 5000,
    GRACE_MS = 1200,   /* HAProxy checks once a second */
    LEAVING_MS = 4000, /* grace included; then it ends anyway */
    LEAVING_TICK_MS = 20
};

struct app_spoa {
    struct spoa *spoa;  /* NULL: the address cannot be had */
    struct objects *of; /* referenced: whose policies it decides by */
    ev_timer timer;
    int64_t try_ms;
    char error[512];
    int64_t leave_ms; /* 0, or until when it may drain */
    void (*done)(struct app *a);
};

static bool same_policies(const struct objects *a, const struct objects *b)
{
    if (a->policy_count != b->policy_count)
        return false;
    for (size_t i = 0; i < a->policy_count; i++) {
        if (a->policies[i] != b->policies[i])
            return false;
    }
    return true;
}

static struct policy_set *compile(struct app *a, struct err *e)
{
    return policy_set_new((const struct policy *const *)a->effective->policies,
                          a->effective->policy_count, e);
}

static void on_thread(void *ctx, unsigned thread, bool stuck, int64_t silent_ms)
{
    struct app *a = ctx;
    struct arena arena = ARENA_INIT;
    struct str object = arena_printf(&arena, "spoe/thread %u", thread);

    if (stuck) {
        log_error("SPOE thread %u is stuck (%lld ms): its listener is closed", thread,
                  (long long)silent_ms);
        app_note(a, "stuck", object, "agent", "silent for %lld ms: its listener is closed",
                 (long long)silent_ms);
    } else {
        log_info("SPOE thread %u turns again: it listens", thread);
        app_note(a, "returned", object, "agent", "it turns again and listens");
    }
    arena_free(&arena);
}

static int try_start(struct app *a, struct err *e)
{
    struct app_spoa *s = a->spoa;
    struct spoa_options o = {a->options->spoeListen, a->options->spoeThreads, on_thread, a};
    struct policy_set *set = compile(a, e);

    s->try_ms = app_now_ms() + RETRY_MS;
    s->spoa = set ? spoa_start(&o, set, e) : NULL;
    if (!s->spoa) {
        policy_set_free(set);
        (void)snprintf(s->error, sizeof s->error, "%s", e->text);
        return -1;
    }
    s->error[0] = 0;
    objects_unref(s->of);
    s->of = objects_ref(a->effective);
    log_info("SPOE agent on %s", o.listen);
    return 0;
}

static void leave(struct app *a)
{
    struct app_spoa *s = a->spoa;
    void (*done)(struct app *) = s->done;

    if (!spoa_is_drained(s->spoa) && app_now_ms() < s->leave_ms)
        return;
    ev_timer_stop(a->loop, &s->timer);
    s->done = NULL;
    if (done)
        done(a);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    struct app *a = w->data;
    struct app_spoa *s = a->spoa;
    int64_t now = app_now_ms();
    struct err e;

    (void)loop, (void)events;
    if (s->leave_ms)
        leave(a);
    else if (s->spoa)
        spoa_tick(s->spoa, now);
    else if (now >= s->try_ms)
        (void)try_start(a, &e);
}

int app_spoa_start(struct app *a, struct err *e)
{
    struct app_spoa *s;

    if (!*a->options->spoeListen)
        return 0;
    s = a->spoa = calloc(1, sizeof *s);
    if (!s)
        abort();
    ev_timer_init(&s->timer, on_timer, WATCH_PERIOD_MS / 1000.0, WATCH_PERIOD_MS / 1000.0);
    s->timer.data = a;
    ev_timer_start(a->loop, &s->timer);
    if (try_start(a, e) == 0)
        return 0;
    if (a->options->origin[OPTION_spoeListen] != ORIGIN_DEFAULT)
        return err_wrap(e, "--spoeListen");
    log_warn("SPOE agent: %s: Lua in HAProxy decides until it can be had", s->error);
    return 0;
}

void app_spoa_update(struct app *a)
{
    struct app_spoa *s = a->spoa;
    struct policy_set *set;
    struct err e;

    if (!s || !s->spoa || same_policies(s->of, a->effective))
        return;
    set = compile(a, &e);
    if (!set) { /* each of them was compiled before it was stored */
        log_error("policies: %s: the former ones count on", e.text);
        return;
    }
    spoa_decide_by(s->spoa, set);
    objects_unref(s->of);
    s->of = objects_ref(a->effective);
}

void app_spoa_end(struct app *a, void (*done)(struct app *a))
{
    struct app_spoa *s = a->spoa;
    struct spoa_thread all = {.stuck = false};

    if (s && s->spoa)
        spoa_read_all(s->spoa, &all);
    if (all.state.connections == 0) {
        done(a);
        return;
    }
    s->done = done;
    s->leave_ms = app_now_ms() + LEAVING_MS;
    spoa_drain(s->spoa, GRACE_MS);
    s->timer.repeat = LEAVING_TICK_MS / 1000.0;
    ev_timer_again(a->loop, &s->timer);
}

void app_spoa_stop(struct app *a)
{
    struct app_spoa *s = a->spoa;

    if (!s)
        return;
    ev_timer_stop(a->loop, &s->timer);
    spoa_stop(s->spoa);
    objects_unref(s->of);
    free(s);
    a->spoa = NULL;
}

/* --- shown --- */

static void put_threads(struct app *a, struct json_out *o)
{
    struct spoa_thread t;
    int64_t now = app_now_ms();

    json_open_array(o, "threads");
    for (unsigned i = 0; i < spoa_thread_count(a->spoa->spoa); i++) {
        spoa_read(a->spoa->spoa, i, &t);
        json_open_object(o, NULL);
        json_put_z(o, "state", t.stuck ? "stuck" : t.state.listening ? "listening" : "closed");
        json_put_int(o, "connections", t.state.connections);
        json_put_int(o, "silent", now > t.state.beat_ms ? now - t.state.beat_ms : 0);
        json_close_object(o);
    }
    json_close_array(o);
}

void app_spoa_put(struct app *a, struct json_out *o)
{
    struct app_spoa *s = a->spoa;
    struct spoa_thread all = {.stuck = false};

    if (s && s->spoa)
        spoa_read_all(s->spoa, &all);
    json_open_object(o, "spoe");
    json_put_z(o, "state",
               !s            ? "off"
               : !s->spoa    ? "down"
               : s->leave_ms ? "draining"
               : all.stuck   ? "stuck"
                             : "listening");
    json_put_z(o, "listen", a->options->spoeListen);
    if (s && s->error[0])
        json_put_z(o, "error", s->error);
    if (s && s->spoa)
        put_threads(a, o);
    json_put_int(o, "connections", all.state.connections);
#define X(name, text) json_put_int(o, #name, (int64_t)all.name);
    ASK_COUNTERS(X)
#undef X
    json_put_bool(o, "lua", a->lua);
    json_put_int(o, "byLua", (int64_t)lua_totals_decided(&a->lua_totals));
    json_put_int(o, "tooLarge", (int64_t)lua_totals_too_large(&a->lua_totals));
    json_close_object(o);
}

static void put_lua_metrics(struct app *a, struct metrics *m)
{
    metrics_family(m, "thalassa_lua_decisions_total", METRIC_COUNTER,
                   "Decisions of Lua in HAProxy, since the agent did not answer.");
    metrics_put_int(m, NULL, 0, (int64_t)lua_totals_decided(&a->lua_totals));
    metrics_family(m, "thalassa_spoe_too_large_total", METRIC_COUNTER,
                   "Requests that fit into no question to the agent: the maps' route holds.");
    metrics_put_int(m, NULL, 0, (int64_t)lua_totals_too_large(&a->lua_totals));
}

void app_spoa_metrics(struct app *a, struct metrics *m)
{
    struct spoa_thread all;

    put_lua_metrics(a, m);
    if (!a->spoa || !a->spoa->spoa)
        return;
    spoa_read_all(a->spoa->spoa, &all);
    metrics_family(m, "thalassa_spoe_stuck", METRIC_GAUGE, "Whether an SPOE thread is stuck.");
    metrics_put_int(m, NULL, 0, all.stuck);
    metrics_family(m, "thalassa_spoe_connections", METRIC_GAUGE, "Connections of HAProxy.");
    metrics_put_int(m, NULL, 0, all.state.connections);
    metrics_family(m, "thalassa_spoe_decisions_total", METRIC_COUNTER,
                   "Questions of HAProxy by what was decided.");
#define X(kind, text)                                                                              \
    metrics_put_int(m, &(struct metric_label){"decision", STR(#kind)}, 1, (int64_t)all.kind);
    ASK_COUNTERS(X)
#undef X
    metrics_family(m, "thalassa_spoe_events_total", METRIC_COUNTER,
                   "What the SPOE agent's threads have seen.");
#define X(event, text)                                                                             \
    metrics_put_int(m, &(struct metric_label){"event", STR(#event)}, 1, (int64_t)all.state.event);
#include "spoe/counters.def"
#undef X
}
