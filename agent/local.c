/* SPDX-License-Identifier: Apache-2.0 */
#include "local.h"

#include "app_install.h"
#include "haproxy/files.h"
#include "haproxy/words.h"

#include <stdio.h>

enum { VERSION_DEADLINE_S = 10, CHECK_DEADLINE_S = 60 };

void local_open(struct local *l, const struct options *options)
{
    *l = (struct local){.app = {.options = options, .loop = ev_default_loop(EVFLAG_AUTO)}};
    l->app.worker = worker_start(l->app.loop);
    l->app.maps = map_cache_new();
    l->app.ledger = ledger_new();
    l->app.lock = -1;
}

void local_close(struct local *l)
{
    worker_stop(l->app.worker);
    map_cache_free(l->app.maps);
    ledger_free(l->app.ledger);
    objects_unref(l->objects);
    if (l->catalog)
        catalog_free(l->catalog);
    arena_free(&l->arena);
}

/* --- version --- */

struct asking {
    struct local *local;
    struct str said;
    bool lua;
    int status;
};

static void on_version(void *ctx, const struct child_result *result)
{
    struct asking *a = ctx;

    a->status = result->timed_out ? -1 : result->status;
    a->lua = capabilities_lua(result->output);
    a->said = arena_str(&a->local->arena, capabilities_version(result->output));
    ev_break(a->local->app.loop, EVBREAK_ALL);
}

static int ask_program(struct local *l, struct str *said, struct err *e)
{
    const struct options *o = l->app.options;
    struct asking a = {.local = l};
    struct words words = {0};

    words_add_sudo(&l->arena, &words, o->sudo);
    words_add(&l->arena, &words, str_z(o->haproxyPath));
    words_add(&l->arena, &words, STR("-vv"));
    if (!child_run(l->app.loop, words.items, VERSION_DEADLINE_S, on_version, &a, e))
        return -1;
    ev_run(l->app.loop, 0);
    *said = a.said;
    l->app.lua = a.lua;
    if (a.status || a.said.n == 0)
        return err_set(e, ERR_UNAVAILABLE, "%s%s -vv does not tell a version (exit status %d)",
                       o->sudo ? "sudo -n " : "", o->haproxyPath, a.status);
    return 0;
}

int local_learn_version(struct local *l, const char *version, struct str *said, struct err *e)
{
    l->app.lua = true;
    if (version)
        *said = str_z(version);
    else if (ask_program(l, said, e))
        return -1;
    return capabilities_of(*said, &l->app.caps, e);
}

/* --- rendering --- */

struct rendering {
    struct local *local;
    struct app_rendered *out;
    struct err e;
};

static void on_rendered(void *ctx, struct app_rendered *r, const struct err *e)
{
    struct rendering *g = ctx;

    g->out = r;
    if (e)
        g->e = *e;
    ev_break(g->local->app.loop, EVBREAK_ALL);
}

int local_render(struct local *l, struct app_rendered **out, struct err *e)
{
    struct render_caps caps = app_render_caps(&l->app);
    struct build_input in = {.objects = l->objects,
                             .ctx = l,
                             .members = local_members,
                             .ledger = l->app.ledger,
                             .caps = &caps};
    struct rendering g = {.local = l};
    struct str_list problems;
    struct desired *d = build_desired(&in, &problems);

    app_render(&l->app, d, l->objects, on_rendered, &g);
    ev_run(l->app.loop, 0);
    desired_unref(d);
    *out = g.out;
    if (g.out)
        return 0;
    if (e)
        *e = g.e;
    return -1;
}

/* --- checking --- */

struct checking {
    struct local *local;
    const struct app_rendered *rendered;
    struct str_list *warnings;
    int rc;
    struct err e;
};

static void take_warnings(struct checking *c, const struct check_messages *m)
{
    struct arena *a = &c->local->arena;

    for (size_t i = 0; i < m->count; i++) {
        if (!m->items[i].alert)
            *ARENA_PUSH(a, c->warnings->items, c->warnings->count) = arena_str(a, m->items[i].text);
    }
}

static void refuse(struct checking *c, const struct check_result *result)
{
    const struct check_message *m = check_blame(&result->messages, STR("haproxy.cfg"));
    struct str object = m ? rendered_object(&c->rendered->files, m->line) : STR("");

    if (result->timed_out)
        c->rc = err_set(&c->e, ERR_UNAVAILABLE, "it did not end within %d s", CHECK_DEADLINE_S);
    else
        c->rc = err_set(&c->e, ERR_UNPROCESSABLE, STR_FMT,
                        STR_ARG(m ? m->text : str_trim(result->output)));
    str_copy(c->e.field, sizeof c->e.field, object);
    str_copy(c->e.detail, sizeof c->e.detail, str_trim(result->output));
}

static void on_checked(void *ctx, const struct check_result *result)
{
    struct checking *c = ctx;

    if (!result->valid)
        refuse(c, result);
    take_warnings(c, &result->messages);
    ev_break(c->local->app.loop, EVBREAK_ALL);
}

int local_check(struct local *l, const struct app_rendered *r, struct str_list *warnings,
                struct err *e)
{
    const struct options *o = l->app.options;
    struct checking c = {.local = l, .rendered = r, .warnings = warnings};
    struct file_set set;
    char scratch[64] = "", file[128];
    struct check_options options = {.haproxy_path = o->haproxyPath,
                                    .command = *o->haproxyCheckCmd ? o->haproxyCheckCmd : NULL,
                                    .sudo = o->sudo,
                                    .file = file,
                                    .deadline_s = CHECK_DEADLINE_S};

    app_install_set(&l->app, r, NULL, &l->arena, &set);
    if (files_write_scratch(&set, scratch, e))
        return -1;
    (void)snprintf(file, sizeof file, "%s/haproxy.cfg", scratch);
    if (check_start(l->app.loop, &options, on_checked, &c, &c.e) == 0)
        ev_run(l->app.loop, 0);
    else
        c.rc = -1;
    files_remove_scratch(scratch);
    if (c.rc && e)
        *e = c.e;
    return c.rc;
}
