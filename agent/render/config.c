/* SPDX-License-Identifier: Apache-2.0 */
#include "render/config.h"

#include "render/cfg.h"
#include "render/data.h"
#include "render/find.h"
#include "render/helpers.h"

enum { PARTIALS = 64 };

struct templates {
    struct template *main;
    struct template *partials[PARTIALS];
    struct str names[PARTIALS];
    size_t count;
};

static void free_templates(struct templates *t)
{
    template_free(t->main);
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
    if (parse_one(&in->template, &t->main, e))
        return -1;
    for (size_t i = 0; i < in->partial_count; i++) {
        if (parse_one(&in->partials[i], &t->partials[i], e))
            return -1;
        t->names[t->count++] = in->partials[i].name;
    }
    return 0;
}

static struct line_env line_env_of(const struct render_input *in)
{
    return (struct line_env){in->paths.haproxy_dir, in->cookie_key, in->caps.guid,
                             &in->sticky_cookies};
}

static int run_template(const struct render_input *in, const struct templates *t,
                        struct arena *scratch, struct buf *text, struct err *e)
{
    struct profile_list profiles = profile_written(scratch, in->desired);
    struct helpers_ctx ctx = {line_env_of(in), in->desired, &profiles,
                              t->names,        t->partials, t->count};
    const struct template_env env = {.partial = helpers_partial,
                                     .helpers = helpers_table,
                                     .escape = template_escape_haproxy,
                                     .ctx = &ctx,
                                     .strict = true,
                                     .refuse_control = true,
                                     .max_out_bytes = RENDER_MAX_CONFIG};
    struct json *data;

    if (data_build(scratch, in, &profiles, &data, e))
        return -1;
    return template_render(t->main, &env, data, text, e);
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
    struct buf text;
    int rc = -1;

    *out = (struct rendered){.config = STR("")};
    buf_init(&text, RENDER_MAX_CONFIG);
    if (parse_templates(in, &templates, e) || run_template(in, &templates, &scratch, &text, e) ||
        maps_files(&out->arena, in->desired, in->active, in->active_count, &out->files, e))
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
