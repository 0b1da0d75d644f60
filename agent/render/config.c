/* SPDX-License-Identifier: Apache-2.0 */
#include "render/config.h"

#include "render/cfg.h"
#include "render/data.h"
#include "render/find.h"
#include "render/helpers.h"
#include "render/policy_files.h"
#include "render/policy_lines.h"

#include <stdlib.h>

enum { PARTIALS = 64 };

struct templates {
    struct template *main;
    struct template *spoe; /* NULL: none */
    struct template *partials[PARTIALS];
    struct str names[PARTIALS];
    size_t count;
};

static void free_templates(struct templates *t)
{
    template_free(t->main);
    template_free(t->spoe);
    for (size_t i = 0; i < t->count; i++)
        template_free(t->partials[i]);
}

static int parse_one(const struct file_text *source, struct template **out, struct err *e)
{
    char name[128];

    return template_parse(str_copy(name, sizeof name, source->name), source->text, out, e);
}

static int parse_templates(const struct render_input *in, struct templates *t, struct err *e)
{
    if (in->partial_count > PARTIALS)
        return err_set(e, ERR_INVALID, "more than %d partial templates", PARTIALS);
    if (parse_one(&in->template, &t->main, e) ||
        (in->spoe_listen.n && parse_one(&in->spoe_template, &t->spoe, e)))
        return -1;
    for (size_t i = 0; i < in->partial_count; i++) {
        if (parse_one(&in->partials[i], &t->partials[i], e))
            return -1;
        t->names[t->count++] = in->partials[i].name;
    }
    return 0;
}

static struct line_env line_env_of(struct arena *a, const struct render_input *in)
{
    return (struct line_env){.dir = in->paths.haproxy_dir,
                             .cookie_key = in->cookie_key,
                             .guid = in->caps.guid,
                             .sticky_cookies = &in->sticky_cookies,
                             .agent = policy_agent_address(a, in->spoe_listen),
                             .lua = in->caps.lua && in->lua_count > 0,
                             .mode_spop = in->caps.mode_spop,
                             .init_state = in->caps.init_state,
                             .lua_bools = in->caps.lua_bools};
}

/* The configuration, and spoe.conf if `spoe` is not NULL. */
static int run_templates(const struct render_input *in, const struct templates *t,
                         const struct line_env *line, struct arena *scratch, struct buf *text,
                         struct buf *spoe, struct err *e)
{
    struct profile_list profiles = profile_written(scratch, in->desired);
    struct helpers_ctx ctx = {*line, in->desired, &profiles, t->names, t->partials, t->count};
    const struct template_env env = {.partial = helpers_partial,
                                     .helpers = helpers_table,
                                     .escape = template_escape_haproxy,
                                     .ctx = &ctx,
                                     .strict = true,
                                     .refuse_control = true,
                                     .max_out_bytes = RENDER_MAX_CONFIG};
    struct json *data;

    if (data_build(scratch, in, line, &profiles, &data, e) ||
        template_render(t->main, &env, data, text, e) || policy_complete(line, text, e))
        return -1;
    return t->spoe ? template_render(t->spoe, &env, data, spoe, e) : 0;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct file_text *)a)->name, ((const struct file_text *)b)->name);
}

static int make_files(const struct render_input *in, const struct line_env *line,
                      const struct buf *spoe, struct rendered *out, struct err *e)
{
    struct file_list *files = &out->files;

    if (maps_files(&out->arena, in->desired, in->active, in->active_count, files, e))
        return -1;
    policy_files(&out->arena, line, in, files);
    if (in->spoe_listen.n)
        *ARENA_PUSH(&out->arena, files->items, files->count) =
            (struct file_text){STR("spoe.conf"), arena_str(&out->arena, buf_str(spoe))};
    qsort(files->items, files->count, sizeof *files->items, by_name);
    return 0;
}

/* "frontend/web" when this section line starts a section of ours, else "template". */
static struct str object_of(struct arena *a, const struct desired *d, const struct cfg_line *line)
{
    struct str name = cfg_section_name(line);

    if (str_eq(line->words[0], STR("frontend")) && find_frontend(d, name))
        return arena_printf(a, "frontend/" STR_FMT, STR_ARG(name));
    if (str_eq(line->words[0], STR("backend")) && find_backend(d, name))
        return arena_printf(a, "backend/" STR_FMT, STR_ARG(name));
    return STR("template");
}

static void blame_lines(const struct desired *d, struct rendered *out)
{
    struct str rest = out->config, object = STR("template");

    while (rest.p) {
        struct cfg_line line;

        cfg_split(str_cut(&rest, '\n'), &line);
        if (line.count && cfg_is_section(line.words[0]))
            object = object_of(&out->arena, d, &line);
        *ARENA_PUSH(&out->arena, out->line_objects, out->line_count) = object;
    }
}

int render_config(const struct render_input *in, struct rendered *out, struct err *e)
{
    struct arena scratch = ARENA_INIT;
    struct templates templates = {0};
    struct line_env line = line_env_of(&scratch, in);
    struct buf text, spoe;
    int rc = -1;

    *out = (struct rendered){.config = STR("")};
    buf_init(&text, RENDER_MAX_CONFIG);
    buf_init(&spoe, RENDER_MAX_CONFIG);
    if (parse_templates(in, &templates, e) ||
        run_templates(in, &templates, &line, &scratch, &text, &spoe, e) ||
        make_files(in, &line, &spoe, out, e))
        goto out;
    if (text.n && text.p[text.n - 1] != '\n')
        buf_add_char(&text, '\n'); /* HAProxy takes a file without it for a truncated one */
    if (buf_failed(&text)) {
        err_set(e, ERR_TOO_LARGE, "the configuration is larger than %d bytes", RENDER_MAX_CONFIG);
        goto out;
    }
    out->config = arena_str(&out->arena, buf_str(&text));
    blame_lines(in->desired, out);
    rc = 0;
out:
    buf_free(&text);
    buf_free(&spoe);
    free_templates(&templates);
    arena_free(&scratch);
    return rc;
}

void rendered_free(struct rendered *r)
{
    arena_free(&r->arena);
    *r = (struct rendered){.config = STR("")};
}

struct str rendered_object(const struct rendered *r, size_t number)
{
    return number >= 1 && number <= r->line_count ? r->line_objects[number - 1] : STR("template");
}
