/* SPDX-License-Identifier: Apache-2.0 */
#include "app_install.h"

#include "app_drift.h"
#include "base/log.h"

#include <malloc.h>
#include <stdlib.h>

static const struct str EMPTY_STATE = {"1\n", 2};

struct app_install {
    struct app *app;
    struct app_reload *reload;     /* NULL: files only */
    struct app_rendered *rendered; /* files only: owned */
    struct arena arena;
    struct file_set set;
    struct files_backup *backup;
    size_t written;
    int64_t installed_ns;    /* files_installed_ns */
    char edited[FILES_PATH]; /* where a configuration edited by hand is kept; "" */
    int failed;
    struct err e;
    app_on_installed *done;
};

static void add_item(struct arena *arena, struct files_item **items, size_t *count,
                     const char *name, struct str text, bool keep)
{
    *ARENA_PUSH(arena, *items, *count) = (struct files_item){str_z(name), text, keep};
}

void app_install_set(const struct app *a, const struct app_rendered *r, const struct app_dump *dump,
                     struct arena *arena, struct file_set *set)
{
    struct files_item *items = NULL;
    size_t count = 0;

    for (size_t i = 0; i < r->files.files.count; i++)
        *ARENA_PUSH(arena, items, count) =
            (struct files_item){r->files.files.items[i].name, r->files.files.items[i].text, false};
    /* one that was left by a reload that was cut short would win over the configuration */
    add_item(arena, &items, &count, "server.state", dump ? dump->state : EMPTY_STATE, false);
    if (a->caps.stats_file)
        add_item(arena, &items, &count, "stats.file", dump ? dump->stats : STR(""), !dump);
    *set = (struct file_set){a->options->haproxyCfgPath, a->options->haproxyDir,
                             buf_str(&r->config), items, count};
}

void app_install_free(struct app_install *i)
{
    if (!i)
        return;
    files_backup_free(i->backup);
    app_rendered_free(i->rendered);
    arena_free(&i->arena);
    free(i);
}

static struct app_install *new_install(struct app *a, struct app_reload *r)
{
    struct app_install *i = calloc(1, sizeof *i);

    if (!i)
        abort();
    i->app = a;
    i->reload = r;
    return i;
}

static void note_edited(struct app_install *i)
{
    if (!i->edited[0])
        return;
    log_warn("%s was edited by hand: kept as %s", i->app->options->haproxyCfgPath, i->edited);
    app_note(i->app, "edited", STR("haproxy"), "haproxy",
             "the configuration was edited by hand: kept as %s", i->edited);
}

/* The configuration says what is wanted again. */
static void note_written(struct app_install *i)
{
    i->app->config_changed_ns = i->installed_ns;
    if (!i->failed)
        i->app->edit_held = false;
    note_edited(i);
}

static void run_install(void *ctx)
{
    struct app_install *i = ctx;

    i->failed = files_install(&i->set, &i->backup, &i->written, i->edited, &i->e);
    i->installed_ns = files_installed_ns(&i->set);
}

/* --- for a reload --- */

static void done_step(void *ctx)
{
    struct app_install *i = ctx;

    i->done(i->reload, i->failed ? &i->e : NULL);
}

static void done_install(void *ctx)
{
    struct app_install *i = ctx;

    note_written(i);
    done_step(ctx);
}

void app_install(struct app_reload *r, app_on_installed *done)
{
    struct app_install *i = new_install(r->app, r);
    struct app_dump dump = {r->state.n ? buf_str(&r->state) : EMPTY_STATE, buf_str(&r->stats)};

    r->install = i;
    i->done = done;
    app_install_set(r->app, r->rendered, r->facts.running ? &dump : NULL, &i->arena, &i->set);
    worker_submit(r->app->worker, run_install, done_install, i);
}

static void run_restore(void *ctx)
{
    struct app_install *i = ctx;

    i->failed = i->backup ? files_restore(i->backup, &i->e) : 0;
}

void app_install_restore(struct app_reload *r, app_on_installed *done)
{
    r->install->done = done;
    worker_submit(r->app->worker, run_restore, done_step, r->install);
}

/* A state file that stayed would win over the configuration at a later restart. */
static void run_clean(void *ctx)
{
    struct app_install *i = ctx;
    struct str path = arena_printf(&i->arena, "%s/server.state", i->app->options->haproxyDir);

    i->failed = file_write_atomic(path.p, EMPTY_STATE, 0644, &i->e);
    files_sweep(&i->set);
}

void app_install_clean(struct app_reload *r, app_on_installed *done)
{
    r->install->done = done;
    worker_submit(r->app->worker, run_clean, done_step, r->install);
}

/* --- after runtime changes --- */

void app_files_look(struct app *a)
{
    int64_t now = files_time_ns(a->options->haproxyCfgPath);

    if (!a->config_changed_ns || a->writing || now == a->config_changed_ns)
        return;
    app_drift_file(a);
    if (now)
        a->config_changed_ns = now;
}

static void end_writing(struct app *a)
{
    a->writing = false;
    a->files_written_ms = app_now_ms();
    a->write_ms = a->files_written_ms - a->write_began_ms;
    app_ask_drive(a);
}

static void done_files(void *ctx)
{
    struct app_install *i = ctx;
    struct app *a = i->app;

    note_written(i);
    if (i->failed) {
        log_error("the configuration is not written: %s", i->e.text);
        a->files_stale = true;
    } else if (i->written) {
        log_debug("%zu files written", i->written);
    }
    app_install_free(i);
    (void)malloc_trim(0); /* rendering takes much more than what stays */
    end_writing(a);
}

static void on_rendered(void *ctx, struct app_rendered *r, const struct err *e)
{
    struct app *a = ctx;
    struct app_install *i;

    if (a->stopping) {
        app_rendered_free(r);
        return;
    }
    if (e) {
        log_error("the configuration is not written: %s", e->text);
        end_writing(a);
        return;
    }
    i = new_install(a, NULL);
    i->rendered = r;
    app_install_set(a, r, NULL, &i->arena, &i->set);
    worker_submit(a->worker, run_install, done_files, i);
}

void app_write_files(struct app *a)
{
    a->files_stale = false; /* what changes from here on makes them stale again */
    a->write_began_ms = app_now_ms();
    app_render(a, a->want, a->effective, on_rendered, a);
}
