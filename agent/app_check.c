/* SPDX-License-Identifier: Apache-2.0 */
#include "app_check.h"

#include "app_install.h"
#include "app_reload.h"
#include "haproxy/check.h"
#include "haproxy/probe.h"

#include <stdio.h>
#include <stdlib.h>

enum { DEADLINE_S = 60 };

struct checking {
    struct app *app;
    const struct app_rendered *rendered;
    struct file_set set;
    struct arena arena;
    char scratch[64];
    int failed;
    struct err e;
    app_on_checked *done;
    void *ctx;
};

int app_check_names(const struct app_rendered *r, struct err *e)
{
    struct structure_name one, other;

    if (!structure_name_clash(r->files.config, &one, &other))
        return 0;
    return err_set(e, ERR_CONFLICT,
                   "the name \"" STR_FMT "\" is used twice in the configuration: " STR_FMT
                   " and " STR_FMT,
                   STR_ARG(one.name), STR_ARG(one.kind), STR_ARG(other.kind));
}

static struct str *addresses_of(struct arena *a, const struct structure_binds *binds)
{
    struct str *out = ARENA_ARRAY(a, struct str, binds->count);

    for (size_t i = 0; i < binds->count; i++)
        out[i] = binds->items[i].address;
    return out;
}

/* While HAProxy starts or reloads, and before it was observed, an address that is taken may well be
 * taken by itself. The probe of the reload to come is made when all is known again. */
static bool knows_listeners(const struct app *a)
{
    if (a->reloaded || (a->reload && a->reload->step > RELOAD_PROBE))
        return false;
    return (a->running.known && a->have) || runtime_state(a->runtime) == RUNTIME_DOWN;
}

int app_probe(struct app *a, const struct app_rendered *r, struct err *e)
{
    struct arena arena = ARENA_INIT;
    struct structure none = {0}, have = {0}, want;
    struct structure_binds binds, running;
    struct str *beside;
    int rc = 0;

    if (!knows_listeners(a))
        return 0;
    if (a->running.known && a->have)
        structure_parse(&arena, buf_str(&a->running.text), NULL, &have);
    structure_parse(&arena, r->files.config, NULL, &want);
    running = structure_new_binds(&arena, &none, &have);
    binds = structure_new_binds(&arena, &have, &want);
    beside = addresses_of(&arena, &running);
    for (size_t i = 0; i < binds.count && rc == 0; i++) {
        rc = probe_bind_beside(&binds.items[i].address, 1, beside, running.count, e);
        if (rc) {
            (void)err_wrap(e, "cannot listen");
            str_copy(e->field, sizeof e->field, binds.items[i].owner);
        }
    }
    arena_free(&arena);
    return rc;
}

static void remove_scratch(void *ctx)
{
    struct checking *c = ctx;

    files_remove_scratch(c->scratch);
}

static void finish(void *ctx)
{
    struct checking *c = ctx;

    c->done(c->ctx, c->failed ? &c->e : NULL);
    arena_free(&c->arena);
    free(c);
}

static void clean_up(struct checking *c)
{
    worker_submit(c->app->worker, remove_scratch, finish, c);
}

/* HAProxy's words: the message to blame, and all of them as the detail. */
static void refuse(struct checking *c, const struct check_result *result)
{
    const struct check_message *m = check_blame(&result->messages, STR("haproxy.cfg"));
    struct str object = m ? rendered_object(&c->rendered->files, m->line) : STR("");
    struct str words = m ? m->text : str_trim(result->output), first = str_cut(&words, '\n');
    size_t n = 0;

    c->failed = -1;
    if (result->timed_out) {
        err_set(&c->e, ERR_UNAVAILABLE, "haproxy -c did not end within %d s", DEADLINE_S);
        return;
    }
    err_set(&c->e, ERR_UNPROCESSABLE, "HAProxy refuses the configuration: " STR_FMT,
            STR_ARG(first));
    if (m && m->line && !str_eq(object, STR("template")))
        str_copy(c->e.field, sizeof c->e.field, object);
    for (size_t i = 0; i < result->messages.count && n < sizeof c->e.detail; i++)
        n += (size_t)snprintf(c->e.detail + n, sizeof c->e.detail - n, "%s" STR_FMT, n ? "\n" : "",
                              STR_ARG(result->messages.items[i].text));
}

static void on_result(void *ctx, const struct check_result *result)
{
    struct checking *c = ctx;

    if (!result->valid)
        refuse(c, result);
    else
        c->failed = app_probe(c->app, c->rendered, &c->e);
    clean_up(c);
}

static void write_scratch(void *ctx)
{
    struct checking *c = ctx;

    c->failed = files_write_scratch(&c->set, c->scratch, &c->e);
}

static void run_check(void *ctx)
{
    struct checking *c = ctx;
    const struct options *o = c->app->options;
    char file[128];
    struct check_options options = {.haproxy_path = o->haproxyPath,
                                    .command = *o->haproxyCheckCmd ? o->haproxyCheckCmd : NULL,
                                    .sudo = o->sudo,
                                    .file = file,
                                    .deadline_s = DEADLINE_S};

    (void)snprintf(file, sizeof file, "%s/haproxy.cfg", c->scratch);
    if (c->failed == 0 && check_start(c->app->loop, &options, on_result, c, &c->e) == 0)
        return;
    c->failed = -1;
    clean_up(c);
}

void app_check(struct app *a, const struct app_rendered *r, app_on_checked *done, void *ctx)
{
    struct checking *c = calloc(1, sizeof *c);

    if (!c)
        abort();
    c->app = a;
    c->rendered = r;
    c->done = done;
    c->ctx = ctx;
    app_install_set(a, r, NULL, &c->arena, &c->set);
    worker_submit(a->worker, write_scratch, run_check, c);
}
