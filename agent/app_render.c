/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "haproxy/mark.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PARTIALS_MAX = 64, LUA_MAX = 16, TEMPLATE_BYTES = 1024 * 1024 };

struct job {
    struct app *app;
    struct app_rendered *out;
    struct render_input in;
    struct arena arena; /* paths and active sets; then the template texts */
    app_on_rendered *done;
    void *ctx;
    int failed;
    struct err e;
};

struct render_caps app_render_caps(const struct app *a)
{
    const struct capabilities *c = &a->caps;

    return (struct render_caps){.guid = c->guid,
                                .stats_file = c->stats_file,
                                .pool_keywords = c->pool_keywords,
                                .mode_spop = c->mode_spop,
                                .init_state = c->init_state,
                                .lua_bools = c->lua_bools,
                                .lua = a->lua};
}

void app_rendered_free(struct app_rendered *r)
{
    if (!r)
        return;
    rendered_free(&r->files);
    buf_free(&r->config);
    buf_free(&r->structure);
    desired_unref(r->desired);
    objects_unref(r->objects);
    free(r);
}

static int read_template(struct arena *a, const char *path, struct str *text, struct err *e)
{
    struct buf file;
    int rc;

    buf_init(&file, TEMPLATE_BYTES);
    rc = file_read(path, &file, e);
    if (rc == 0)
        *text = arena_str(a, buf_str(&file));
    buf_free(&file);
    return rc ? err_wrap(e, "template") : 0;
}

static bool has_partial(const struct job *j, struct str name)
{
    for (size_t i = 0; i < j->in.partial_count; i++) {
        if (str_eq(j->in.partials[i].name, name))
            return true;
    }
    return false;
}

/* DIR/NAME.tmpl is the partial NAME; the first folder that has it wins. */
static int read_partial(struct job *j, struct str folder, const char *file, struct err *e)
{
    struct file_text *list = (struct file_text *)(uintptr_t)j->in.partials;
    struct str name = str_z(file), path;
    struct file_text *p = &list[j->in.partial_count];

    if (!str_ends(name, STR(".tmpl")))
        return 0;
    name.n -= 5;
    if (has_partial(j, name))
        return 0;
    if (j->in.partial_count == PARTIALS_MAX)
        return err_set(e, ERR_INVALID, "template: more than %d partials", PARTIALS_MAX);
    path = arena_printf(&j->arena, STR_FMT "/%s", STR_ARG(folder), file);
    p->name = arena_str(&j->arena, name);
    if (read_template(&j->arena, path.p, &p->text, e))
        return -1;
    j->in.partial_count++;
    return 0;
}

static int read_folder(struct job *j, struct str folder, struct err *e)
{
    DIR *d = opendir(folder.p);
    struct dirent *entry;
    int rc = 0;

    while (d && rc == 0 && (entry = readdir(d)))
        rc = read_partial(j, folder, entry->d_name, e);
    if (d)
        (void)closedir(d);
    return rc;
}

/* The partials lie in the folder `partials` beside the template, and beside those that are shipped.
 */
static int read_partials(struct job *j, const struct options *o, struct err *e)
{
    const char *slash = strrchr(o->templateFile, '/');
    struct str own = arena_printf(&j->arena, "%.*spartials",
                                  slash ? (int)(slash - o->templateFile + 1) : 0, o->templateFile);

    j->in.partials = ARENA_ARRAY(&j->arena, struct file_text, PARTIALS_MAX);
    if (read_folder(j, own, e))
        return -1;
    if (!*o->shippedTemplates)
        return 0;
    return read_folder(j, arena_printf(&j->arena, "%s/partials", o->shippedTemplates), e);
}

/* Beside the template, or beside those that are shipped. */
static int read_spoe_template(struct job *j, const struct options *o, struct err *e)
{
    static const char name[] = "spoe.conf.tmpl";
    const char *slash = strrchr(o->templateFile, '/');
    struct str path = arena_printf(
        &j->arena, "%.*s%s", slash ? (int)(slash - o->templateFile + 1) : 0, o->templateFile, name);

    if (!*o->spoeListen)
        return 0;
    if (access(path.p, F_OK))
        path = arena_printf(&j->arena, "%s/%s", o->shippedTemplates, name);
    j->in.spoe_template.name = path;
    return read_template(&j->arena, path.p, &j->in.spoe_template.text, e);
}

/* They are installed beside the templates. */
static int read_lua(struct job *j, const struct options *o, struct err *e)
{
    struct file_text *list = ARENA_ARRAY(&j->arena, struct file_text, LUA_MAX);
    struct str folder = arena_printf(&j->arena, "%s/../lua", o->shippedTemplates);
    DIR *d = j->in.caps.lua && *o->shippedTemplates ? opendir(folder.p) : NULL;
    struct dirent *entry;
    int rc = 0;

    j->in.lua_files = list;
    while (d && rc == 0 && j->in.lua_count < LUA_MAX && (entry = readdir(d))) {
        struct file_text *f = &list[j->in.lua_count];
        struct str path = arena_printf(&j->arena, STR_FMT "/%s", STR_ARG(folder), entry->d_name);

        if (!str_ends(path, STR(".lua")))
            continue;
        f->name = arena_printf(&j->arena, "lua/%s", entry->d_name);
        rc = read_template(&j->arena, path.p, &f->text, e);
        j->in.lua_count += rc == 0;
    }
    if (d)
        (void)closedir(d);
    return rc;
}

static void print_structure(struct app_rendered *r)
{
    struct arena a = ARENA_INIT;
    struct structure s;

    structure_parse(&a, r->files.config, NULL, &s);
    buf_init(&r->structure, RENDER_MAX_CONFIG);
    structure_print(&r->structure, &s);
    arena_free(&a);
}

static void run(void *ctx)
{
    struct job *j = ctx;
    const char *path = j->app->options->templateFile;

    j->in.template.name = str_z(path);
    j->failed = read_template(&j->arena, path, &j->in.template.text, &j->e) ||
                read_partials(j, j->app->options, &j->e) ||
                read_spoe_template(j, j->app->options, &j->e) ||
                read_lua(j, j->app->options, &j->e) || render_config(&j->in, &j->out->files, &j->e);
    if (j->failed) {
        j->e.kind = ERR_UNPROCESSABLE; /* whatever the template's fault is to those who read it */
        return;
    }
    print_structure(j->out);
    plain_probe(&j->in, &j->out->plain);
    buf_init(&j->out->config, RENDER_MAX_CONFIG + 4096);
    mark_write(&j->out->config, j->out->desired->generation, j->out->files.config);
}

static void done(void *ctx)
{
    struct job *j = ctx;
    struct app_rendered *out = j->out;

    if (j->failed) {
        app_rendered_free(out);
        out = NULL;
    }
    j->done(j->ctx, out, j->failed ? &j->e : NULL);
    arena_free(&j->arena);
    free(j);
}

static struct str copy_z(struct arena *a, const char *text)
{
    return arena_str(a, str_z(text ? text : ""));
}

static void fill_input(struct job *j, struct app *a, struct desired *d)
{
    const struct options *o = a->options;
    struct plan_input plan = app_plan_input(a, d);
    struct active_set *sets = ARENA_ARRAY(&j->arena, struct active_set, d->ruleset_count);

    for (size_t i = 0; i < d->ruleset_count; i++)
        sets[i] = (struct active_set){d->rulesets[i].frontend,
                                      plan_active_set(&plan, d->rulesets[i].frontend)};
    j->in = (struct render_input){
        .desired = d,
        .caps = app_render_caps(a),
        .paths = {.haproxy_dir = copy_z(&j->arena, o->haproxyDir),
                  .admin_socket = copy_z(&j->arena, o->haproxySocketPath),
                  .master_socket = copy_z(&j->arena, o->haproxyMasterSocketPath),
                  .pid = copy_z(&j->arena, o->haproxyPidPath),
                  .state_file = arena_printf(&j->arena, "%s/server.state", o->haproxyDir),
                  .stats_file = arena_printf(&j->arena, "%s/stats.file", o->haproxyDir)},
        .active = sets,
        .active_count = d->ruleset_count,
        .cookie_key = STR(""),
        .sticky_cookies = o->stickyCookies,
        .spoe_listen = copy_z(&j->arena, o->spoeListen),
        .spares = a->caps.add_backend ? 0 : o->spareBackends,
        .stats_bind = copy_z(&j->arena, o->haproxyStats),
    };
}

void app_render(struct app *a, struct desired *desired, struct objects *objects,
                app_on_rendered *on_done, void *ctx)
{
    struct job *j = calloc(1, sizeof *j);

    if (!j)
        abort();
    j->out = calloc(1, sizeof *j->out);
    if (!j->out)
        abort();
    j->app = a;
    j->done = on_done;
    j->ctx = ctx;
    j->out->desired = desired_ref(desired);
    j->out->objects = objects_ref(objects);
    fill_input(j, a, desired);
    worker_submit(a->worker, run, done, j);
}
