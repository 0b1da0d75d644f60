/* SPDX-License-Identifier: Apache-2.0 */
/* GET /plan and the answer of a dry run. */
#include "app_change.h"

#include "app_view.h"
#include "render/diff.h"

#include <stdlib.h>

enum { DIFF_BYTES = 256 * 1024 };

static void put_reason(struct json_out *o, struct str object, struct str field, struct str why)
{
    json_open_object(o, NULL);
    json_put_str(o, "object", object);
    json_put_str(o, "field", field);
    json_put_str(o, "why", why);
    json_close_object(o);
}

/* Of the configuration as it lies there and as it would be. */
static void put_diff(struct app *a, struct json_out *o, const struct app_rendered *r)
{
    struct buf have, diff;
    struct err e;
    struct str old, want = buf_str(&r->config);

    buf_init(&have, RENDER_MAX_CONFIG);
    buf_init(&diff, DIFF_BYTES);
    (void)file_read(a->options->haproxyCfgPath, &have, &e); /* none yet: all is new */
    old = buf_str(&have);
    if (str_starts(old, STR("# thalassa"))) /* the mark tells the generation: no difference */
        (void)str_cut(&old, '\n');
    (void)str_cut(&want, '\n');
    diff_unified("haproxy.cfg", old, "haproxy.cfg (planned)", want, &diff);
    json_put_str(o, "diff", buf_str(&diff));
    buf_free(&have);
    buf_free(&diff);
}

static bool is_of_backends(const struct reason *r)
{
    return str_starts(r->object, STR("backend/")) &&
           (str_eq(r->field, STR("created")) || str_eq(r->field, STR("deleted")) ||
            str_eq(r->field, STR("profile")));
}

/* Why backends cannot come at runtime with this template. */
static void put_template(const struct app *a, struct json_out *o, const struct reasons *reasons,
                         const struct app_rendered *rendered)
{
    const struct plain *plain = rendered ? &rendered->plain : &a->plain;
    struct arena arena = ARENA_INIT;
    bool any = false;

    for (size_t i = 0; i < reasons->count; i++)
        any = any || is_of_backends(&reasons->items[i]);
    if (any && !plain->at_runtime && plain->why[0])
        put_reason(o, STR("template"), STR("backends"),
                   arena_printf(&arena, "they come by reloads with this template: %s", plain->why));
    arena_free(&arena);
}

void app_put_plan(struct app *a, const struct plan *p, const struct reasons *reasons,
                  const struct app_rendered *rendered, struct buf *out)
{
    bool reload = reasons->count || p->reasons.count || !a->running.known;
    struct json_out o;

    json_out_init(&o, out, false);
    json_open_object(&o, NULL);
    json_put_z(&o, "verdict", reload ? "reload" : p->count ? "runtime" : "noop");
    json_open_array(&o, "operations");
    for (size_t i = 0; i < p->count; i++)
        json_put_str(&o, NULL, p->ops[i].command);
    json_close_array(&o);
    json_open_array(&o, "reasons");
    for (size_t i = 0; i < reasons->count; i++)
        put_reason(&o, reasons->items[i].object, reasons->items[i].field, reasons->items[i].why);
    for (size_t i = 0; i < p->reasons.count; i++)
        put_reason(&o, p->reasons.items[i].object, p->reasons.items[i].field,
                   p->reasons.items[i].why);
    put_template(a, &o, reasons, rendered);
    if (!a->running.known)
        put_reason(&o, STR("haproxy"), STR("running"), STR("HAProxy does not run yet"));
    json_close_array(&o);
    if (rendered)
        put_diff(a, &o, rendered);
    json_close_object(&o);
    json_out_fini(&o);
}

struct question {
    struct app *app;
    web_done *done;
    void *done_ctx;
};

static void on_rendered(void *ctx, struct app_rendered *r, const struct err *e)
{
    struct question *q = ctx;
    struct web_result result = {.error = e};
    struct buf body;

    buf_init(&body, APP_VIEW_BYTES);
    if (r)
        app_put_plan(q->app, &q->app->plan, &q->app->reasons, r, &body);
    result.body = buf_str(&body);
    q->done(q->done_ctx, &result);
    buf_free(&body);
    app_rendered_free(r);
    free(q);
}

void app_plan_question(struct app *a, web_done *done, void *done_ctx)
{
    struct question *q = malloc(sizeof *q);
    struct err e;

    if (!q)
        abort();
    *q = (struct question){a, done, done_ctx};
    if (!a->caps.known) {
        err_set(&e, ERR_UNAVAILABLE, "HAProxy's version is not known yet");
        on_rendered(q, NULL, &e);
        return;
    }
    app_render(a, a->want, a->effective, on_rendered, q);
}
