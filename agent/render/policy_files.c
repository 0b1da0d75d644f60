/* SPDX-License-Identifier: Apache-2.0 */
#include "render/policy_files.h"

#include "render/cfg.h"
#include "render/policy_lines.h"

/* What a text has of itself. */
struct found {
    bool asks, agents, lua;
};

static void look_at(struct found *f, const struct cfg_line *line)
{
    struct str first = line->words[0], second = line->count > 1 ? line->words[1] : STR("");

    if (str_eq(first, STR("http-request")))
        f->asks = f->asks || str_eq(second, STR("send-spoe-group")) ||
                  str_eq(second, STR("lua.thalassa_decide"));
    else if (str_eq(first, STR("backend")))
        f->agents = f->agents || str_eq(second, STR(POLICY_AGENTS));
    else if (str_eq(first, STR("lua-load")))
        f->lua = f->lua || str_ends(second, STR("/lua/thalassa.lua"));
}

static struct found look(struct str text)
{
    struct found f = {false, false, false};

    while (text.p) {
        struct cfg_line line;

        cfg_split(str_cut(&text, '\n'), &line);
        if (line.count)
            look_at(&f, &line);
    }
    return f;
}

static int put_before(const struct line_env *env, struct buf *text, struct err *e)
{
    struct line_out o;
    struct buf whole;
    int rc;

    buf_init(&whole, RENDER_MAX_CONFIG);
    buf_add_z(&whole, "global\n    ");
    o = line_begin(env, &whole, e);
    policy_lua_lines(&o);
    rc = line_end(&o);
    buf_add_z(&whole, "\n\n");
    buf_add_str(&whole, buf_str(text));
    buf_free(text);
    *text = whole;
    return rc;
}

/* What stands before it in the text must not be inherited. */
static int put_behind(const struct line_env *env, struct buf *text, struct err *e)
{
    struct line_out o;
    int rc;

    buf_add_z(text,
              "\n\ndefaults thalassa.agent\n\nbackend " POLICY_AGENTS " from thalassa.agent\n    ");
    o = line_begin(env, text, e);
    policy_agents_lines(&o);
    rc = line_end(&o);
    buf_add_char(text, '\n');
    return rc;
}

int policy_complete(const struct line_env *env, struct buf *text, struct err *e)
{
    struct found f = look(buf_str(text));

    if (!f.asks)
        return 0;
    if (env->lua && !f.lua && put_before(env, text, e))
        return -1;
    return env->agent.n && !f.agents ? put_behind(env, text, e) : 0;
}

static struct str lookups(struct arena *a, const struct render_input *in)
{
    const struct desired *d = in->desired;
    struct str text;
    struct buf out;

    buf_init(&out, RENDER_MAX_CONFIG);
    for (size_t i = 0; i < d->ruleset_count; i++) {
        const struct ruleset *r = &d->rulesets[i];

        buf_printf(&out, "frontend " STR_FMT, STR_ARG(r->frontend));
        for (size_t k = 0; k < r->kind_count; k++) {
            struct str kind = r->kinds[k].name; /* "web.path_beg" */
            buf_printf(&out, " %.*s", (int)(kind.n - r->frontend.n - 1),
                       kind.p + r->frontend.n + 1);
        }
        buf_add_char(&out, '\n');
    }
    for (size_t i = 0; i < in->sticky_cookies.count; i++)
        buf_printf(&out, "cookie " STR_FMT "\n", STR_ARG(in->sticky_cookies.items[i]));
    text = arena_str(a, buf_str(&out));
    buf_free(&out);
    return text;
}

void policy_files(struct arena *a, const struct line_env *env, const struct render_input *in,
                  struct file_list *out)
{
    if (!env->lua)
        return;
    *ARENA_PUSH(a, out->items, out->count) = (struct file_text){STR("lookups.txt"), lookups(a, in)};
    for (size_t i = 0; i < in->lua_count; i++)
        *ARENA_PUSH(a, out->items, out->count) = (struct file_text){
            arena_str(a, in->lua_files[i].name), arena_str(a, in->lua_files[i].text)};
}
