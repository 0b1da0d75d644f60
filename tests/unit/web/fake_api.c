/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_api.h"

#include "base/json_out.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum err_kind kind;
} failures[] = {
    {"conflict", ERR_CONFLICT},     {"forbidden", ERR_FORBIDDEN}, {"missing", ERR_NOT_FOUND},
    {"refused", ERR_UNPROCESSABLE}, {"full", ERR_UNAVAILABLE},    {"broken", ERR_INTERNAL},
};

static const char *const kinds[] = {
    [CHANGE_PUT_FRONTEND] = "put frontend",
    [CHANGE_DELETE_FRONTEND] = "delete frontend",
    [CHANGE_PUT_BACKEND] = "put backend",
    [CHANGE_DELETE_BACKEND] = "delete backend",
    [CHANGE_SWITCH] = "switch",
    [CHANGE_CONFIG] = "config",
    [CHANGE_OVERRIDE] = "override",
    [CHANGE_ACCEPT_LOSS] = "accept loss",
};

static void describe_override(struct json_out *o, const struct override_wish *w)
{
    static const char *const words[] = {"keep", "back", "set"};
    struct arena a = ARENA_INIT;
    struct str weight = arena_printf(&a, " %u", w->weight);

    json_put_str(o, "member",
                 arena_printf(&a, STR_FMT " %s%s%s, %s" STR_FMT,
                              STR_ARG(endpoint_text(&a, w->member.host, w->member.port)),
                              words[w->state_word], w->state_word == OVERRIDE_SET ? " " : "",
                              w->state_word == OVERRIDE_SET ? server_admin_name(w->state) : "",
                              words[w->weight_word],
                              STR_ARG(w->weight_word == OVERRIDE_SET ? weight : STR(""))));
    arena_free(&a);
}

static void describe(struct buf *to, const struct web_change *c)
{
    struct json_out o;

    json_out_init(&o, to, false);
    json_open_object(&o, NULL);
    json_put_z(&o, "kind", kinds[c->kind]);
    json_put_str(&o, "name", c->name);
    if (c->kind == CHANGE_OVERRIDE)
        describe_override(&o, &c->override);
    json_put_str(&o, "service", c->service);
    json_put_str(&o, "version", c->version);
    json_put_bool(&o, "prune", c->prune);
    json_put_bool(&o, "dryRun", c->dry_run);
    json_put_bool(&o, "strict", c->strict);
    json_put_bool(&o, "force", c->force);
    json_put_int(&o, "wait", (int64_t)c->wait_ms);
    json_put_z(&o, "actor", c->actor);
    json_open_array(&o, "frontends");
    for (size_t i = 0; i < c->frontend_count; i++)
        frontend_put(&o, NULL, c->frontends[i]);
    json_close_array(&o);
    json_open_array(&o, "backends");
    for (size_t i = 0; i < c->backend_count; i++)
        backend_put(&o, NULL, c->backends[i], NULL);
    json_close_array(&o);
    json_close_object(&o);
    json_out_fini(&o);
}

static int failure_of(const struct web_change *c, struct err *e)
{
    struct etag tag = etag_of(STR(FAKE_FRONTEND));
    const struct etag *current = str_eq_z(c->name, "web") ? &tag : NULL;

    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (!str_eq_z(c->name, failures[i].name))
            continue;
        err_set(e, failures[i].kind, "it is %s", failures[i].name);
        if (failures[i].kind == ERR_UNPROCESSABLE)
            str_copy(e->detail, sizeof e->detail, STR("[ALERT] line 7: \"no\""));
        return -1;
    }
    return etag_require(c->if_match, current, e);
}

static void answer(struct fake *f, const struct web_change *c, unsigned status, web_done *done,
                   void *done_ctx)
{
    static const struct str warnings[] = {{"no backend \"x\"", 14}, {"second", 6}};
    struct web_result r = {.status = status, .generation = 42, .etag = etag_of(c->name)};
    struct buf body;
    struct err e;

    buf_init(&body, FAKE_CONFIG_BYTES);
    f->answers++;
    if (failure_of(c, &e)) {
        r = (struct web_result){.error = &e};
    } else if (c->kind != CHANGE_DELETE_BACKEND) {
        describe(&body, c);
        r.body = buf_str(&body);
    }
    if (str_eq_z(c->name, "warned")) {
        r.warnings = warnings;
        r.warning_count = 2;
    }
    done(done_ctx, &r);
    buf_free(&body);
}

static void finish_one(struct fake_pending *p)
{
    web_done *done = p->done;

    ev_timer_stop(p->fake->loop, &p->timer);
    p->done = NULL;
    answer(p->fake, p->change, 202, done, p->done_ctx);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)loop;
    (void)events;
    finish_one(w->data);
}

static void keep(struct fake *f, const struct web_change *c, double after, web_done *done,
                 void *done_ctx)
{
    struct fake_pending *p = f->pending;

    while (p->done)
        if (++p == f->pending + FAKE_MAX_PENDING)
            abort();
    p->fake = f;
    p->change = c;
    p->done = done;
    p->done_ctx = done_ctx;
    ev_timer_init(&p->timer, on_timer, after, 0.0);
    p->timer.data = p;
    ev_timer_start(f->loop, &p->timer);
}

static void on_change(void *ctx, const struct web_change *c, web_done *done, void *done_ctx)
{
    struct fake *f = ctx;

    f->changes++;
    if (str_eq_z(c->name, "slow"))
        keep(f, c, 0.15, done, done_ctx);
    else if (str_eq_z(c->name, "never"))
        keep(f, c, 3600.0, done, done_ctx);
    else
        answer(f, c, 0, done, done_ctx);
}

void fake_finish(struct fake *f)
{
    for (struct fake_pending *p = f->pending; p < f->pending + FAKE_MAX_PENDING; p++) {
        if (p->done)
            finish_one(p);
    }
}

static int read_all(void *ctx, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)e;
    buf_add_z(out, "[" FAKE_FRONTEND "]");
    return 0;
}

static int read_frontend(void *ctx, struct str name, struct buf *out, struct etag *etag,
                         struct err *e)
{
    (void)ctx;
    if (!str_eq_z(name, "web"))
        return err_set(e, ERR_NOT_FOUND, "no frontend \"" STR_FMT "\"", STR_ARG(name));
    buf_add_z(out, FAKE_FRONTEND);
    *etag = etag_of(buf_str(out));
    return 0;
}

static int read_backend(void *ctx, struct str name, struct buf *out, struct etag *etag,
                        struct err *e)
{
    (void)ctx;
    if (!str_eq_z(name, "live") && !str_eq_z(name, "[::1]:80"))
        return err_set(e, ERR_NOT_FOUND, "no backend \"" STR_FMT "\"", STR_ARG(name));
    buf_printf(out, "{\"key\":\"" STR_FMT "\"}", STR_ARG(name));
    *etag = etag_of(buf_str(out));
    return 0;
}

static int read_members(void *ctx, struct str backend, struct buf *out, struct err *e)
{
    struct etag etag;
    struct buf object;
    int rc;

    buf_init(&object, 1024);
    rc = read_backend(ctx, backend, &object, &etag, e);
    buf_free(&object);
    buf_add_z(out, "[{\"host\":\"10.0.0.1\",\"port\":80}]");
    return rc;
}

static int read_member(void *ctx, struct str backend, const struct endpoint *m, struct buf *out,
                       struct err *e)
{
    struct etag etag;
    struct buf object;
    int rc;

    buf_init(&object, 1024);
    rc = read_backend(ctx, backend, &object, &etag, e);
    buf_free(&object);
    buf_printf(out, "[\"" STR_FMT " %u\"]", STR_ARG(m->host), (unsigned)m->port);
    return rc;
}

static int read_status(void *ctx, struct buf *out, struct err *e)
{
    struct fake *f = ctx;

    (void)e;
    buf_printf(out, "{\"changes\":%u,\"answers\":%u}", f->changes, f->answers);
    return 0;
}

static int read_activity(void *ctx, const struct web_activity_query *q, struct buf *out,
                         struct err *e)
{
    (void)ctx;
    (void)e;
    buf_printf(out, "[%d,%d,\"" STR_FMT "\"%s]", (int)q->since, (int)q->limit, STR_ARG(q->filter),
               q->oldest_first ? ",true" : "");
    return 0;
}

static int read_stats(void *ctx, const struct web_stats_query *q, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)e;
    buf_printf(out, "[\"%s\",\"" STR_FMT "\"]", q->has_kind ? stat_kind_name(q->kind) : "",
               STR_ARG(q->backend));
    return 0;
}

static int read_stat(void *ctx, const struct web_stat_query *q, struct buf *out, struct err *e)
{
    (void)ctx;
    (void)e;
    buf_printf(out, "[\"" STR_FMT "\",%d,%d]", STR_ARG(q->id), (int)q->since_ms, (int)q->limit);
    return 0;
}

static int read_config(void *ctx, struct buf *out, struct err *e)
{
    struct fake *f = ctx;

    if (!f->ready)
        return err_set(e, ERR_NOT_FOUND, "nothing has been written yet");
    for (size_t line = 0; line < FAKE_CONFIG_BYTES / 16; line++)
        buf_add_z(out, "# 14 characters\n");
    return 0;
}

static int read_metrics(void *ctx, struct metrics *m, struct err *e)
{
    struct fake *f = ctx;

    if (!f->ready)
        return err_set(e, ERR_UNAVAILABLE, "not yet");
    metrics_family(m, "thalassa_changes_total", METRIC_COUNTER, "Changes asked for.");
    metrics_put_int(m, NULL, 0, f->changes);
    return 0;
}

static int read_ready(void *ctx, struct err *e)
{
    struct fake *f = ctx;

    return f->ready ? 0 : err_set(e, ERR_UNAVAILABLE, "HAProxy is away");
}

static void on_plan(void *ctx, web_done *done, void *done_ctx)
{
    struct web_result r = {.body = STR("{\"verdict\":\"noop\"}")};

    (void)ctx;
    done(done_ctx, &r);
}

static void on_services(void *ctx, struct str service, web_done *done, void *done_ctx)
{
    struct web_result r = {.body = service.n ? STR("{\"1.0.0\":2}") : STR("{\"api\":{}}")};
    struct err e;

    (void)ctx;
    if (str_eq_z(service, "missing")) {
        err_set(&e, ERR_NOT_FOUND, "no such service");
        r.error = &e;
    }
    done(done_ctx, &r);
}

void fake_init(struct fake *f, struct ev_loop *loop)
{
    *f = (struct fake){
        .api = {.ctx = f,
                .change = on_change,
                .frontends = read_all,
                .frontend = read_frontend,
                .backends = read_all,
                .backend = read_backend,
                .splits = read_all,
                .split = read_backend,
                .policies = read_all,
                .policy = read_backend,
                .members = read_members,
                .member = read_member,
                .status = read_status,
                .activity = read_activity,
                .stats = read_stats,
                .stat = read_stat,
                .config = read_config,
                .metrics = read_metrics,
                .ready = read_ready,
                .plan = on_plan,
                .services = on_services},
        .loop = loop,
        .ready = true,
    };
}
