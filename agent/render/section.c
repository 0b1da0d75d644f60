/* SPDX-License-Identifier: Apache-2.0 */
#include "render/section.h"

#include "model/natives.h"
#include "render/lookup.h"
#include "render/policy_lines.h"
#include "render/profile.h"
#include "render/server.h"

/* HAProxy's own formats (httplog, tcplog) with the operator's name of the backend in place of the
 * proxy's, which may be a spare. */
static const char log_http[] =
    "log-format \"%ci:%cp [%tr] %ft %[var(txn.be)]/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc "
    "%ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r\"";
static const char log_tcp[] =
    "log-format \"%ci:%cp [%t] %ft %[var(txn.be)]/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc "
    "%sq/%bq\"";

/* Natives by where they stand. HAProxy evaluates redirect and use_backend behind all http-request
 * lines and warns when they stand before one. */
enum place { BEFORE_LOOKUPS, BEHIND_LOOKUPS, REDIRECT, USE_BACKEND };

struct natives {
    struct str_list at[USE_BACKEND + 1];
};

/* True for a line that may end the evaluation of the lines to which the lookups belong, while the
 * request goes on: behind it they would not run. */
static bool may_skip_rest(struct str native, enum proxy_mode mode)
{
    struct str first = str_word(&native), second = str_word(&native);

    if (mode == MODE_HTTP)
        return str_eq(first, STR("http-request")) && str_eq(second, STR("allow"));
    return str_eq(first, STR("tcp-request")) && str_eq(second, STR("content")) &&
           str_eq(str_word(&native), STR("accept"));
}

static struct natives sort_natives(struct arena *a, const struct frontend *f)
{
    enum place here = BEFORE_LOOKUPS;
    struct natives n = {0};

    for (size_t i = 0; i < f->natives.count; i++) {
        struct str line = f->natives.items[i], keyword = native_keyword(line);
        enum place place = here;

        if (may_skip_rest(line, f->mode))
            place = here = BEHIND_LOOKUPS;
        else if (str_eq(keyword, STR("redirect")))
            place = REDIRECT;
        else if (str_eq(keyword, STR("use_backend")))
            place = USE_BACKEND;
        *ARENA_PUSH(a, n.at[place].items, n.at[place].count) = line;
    }
    return n;
}

static bool is_log_format(struct str native)
{
    struct str rest = native, word = native_keyword(native);

    if (str_eq(word, STR("log-format")))
        return true;
    (void)str_word(&rest);
    word = str_word(&rest);
    return str_starts(native, STR("option")) &&
           (str_eq(word, STR("httplog")) || str_eq(word, STR("tcplog")) ||
            str_eq(word, STR("httpslog")));
}

static void guid_line(struct line_out *o, const char *prefix, struct str name)
{
    struct arena a = ARENA_INIT;

    if (o->env->guid)
        line_new(o, "guid " STR_FMT, STR_ARG(server_guid(&a, prefix, name)));
    arena_free(&a);
}

static void bind_lines(struct line_out *o, const struct frontend *f)
{
    for (size_t i = 0; i < f->bind.count; i++) {
        line_new(o, "bind ");
        line_word(o, f->bind.items[i]);
        if (f->bind_params.n) {
            line_more(o, " ");
            line_raw(o, f->bind_params);
        }
    }
}

static void keepalive_lines(struct line_out *o, const struct frontend *f)
{
    if (f->mode != MODE_HTTP)
        return;
    if (f->keepalive == KEEPALIVE_SERVER_CLOSE)
        line_new(o, "option http-server-close");
    else if (f->keepalive == KEEPALIVE_CLOSE)
        line_new(o, "option httpclose");
}

static void native_lines(struct line_out *o, const struct str_list *natives)
{
    for (size_t i = 0; i < natives->count; i++) {
        line_break(o);
        line_raw(o, natives->items[i]);
    }
}

/* The operator's own format wins. With use_backend lines of his own the name in txn.be may not be
 * where the request went, so the proxy is logged. */
static void log_line_of(struct line_out *o, const struct frontend *f, bool own_routes)
{
    for (size_t i = 0; i < f->natives.count; i++) {
        if (is_log_format(f->natives.items[i]))
            return;
    }
    if (own_routes)
        line_new(o, "option %s", f->mode == MODE_HTTP ? "httplog" : "tcplog");
    else
        line_new(o, "%s", f->mode == MODE_HTTP ? log_http : log_tcp);
}

int section_frontend(const struct line_env *env, const struct frontend *f,
                     const struct ruleset *rules, struct buf *to, struct err *e)
{
    struct arena a = ARENA_INIT;
    struct line_out o = line_begin(env, to, e);
    struct natives natives = sort_natives(&a, f);

    if (f->mode == MODE_TCP)
        rules = NULL;
    guid_line(&o, "fe", f->name);
    bind_lines(&o, f);
    line_new(&o, "mode %s", mode_name(f->mode));
    keepalive_lines(&o, f);
    log_line_of(&o, f, natives.at[USE_BACKEND].count > 0);
    if (rules)
        policy_filter_line(&o);
    native_lines(&o, &natives.at[BEFORE_LOOKUPS]);
    lookup_lines(&o, rules);
    native_lines(&o, &natives.at[BEHIND_LOOKUPS]);
    native_lines(&o, &natives.at[REDIRECT]);
    lookup_use_lines(&o, rules, &natives.at[USE_BACKEND]);
    arena_free(&a);
    return line_end(&o) ? err_wrap(e, "frontend " STR_FMT, STR_ARG(f->name)) : 0;
}

static void cookie_lines(struct line_out *o, const struct backend *b)
{
    if (b->cookie.n == 0)
        return;
    line_new(o, "cookie ");
    line_word(o, b->cookie);
    line_more(o, " insert indirect nocache dynamic");
    line_new(o, "dynamic-cookie-key ");
    line_word(o, o->env->cookie_key.n ? o->env->cookie_key : b->name);
}

static void server_lines(struct line_out *o, const struct desired_backend *b)
{
    for (size_t i = 0; i < b->server_count; i++) {
        const struct desired_server *s = &b->servers[i];
        struct arena a = ARENA_INIT;

        line_new(o, "server ");
        line_word(o, s->name);
        line_more(o, " ");
        line_word(o, server_address(&a, s->address, s->port));
        line_more(o, " weight %u ", s->weight);
        line_raw(o, s->args);
        if (o->env->guid)
            line_more(o, " guid " STR_FMT,
                      STR_ARG(server_guid_in(&a, b->object->name, b->object->name, s->name)));
        arena_free(&a);
    }
}

int section_backend(const struct line_env *env, const struct desired_backend *b, bool inherits,
                    struct buf *to, struct err *e)
{
    struct line_out o = line_begin(env, to, e);

    guid_line(&o, "be", b->object->name);
    if (inherits)
        line_new(&o, "mode %s", mode_name(b->object->mode));
    else
        profile_lines(&o, profile_of(b->object));
    cookie_lines(&o, b->object);
    native_lines(&o, &b->object->natives);
    server_lines(&o, b);
    return line_end(&o) ? err_wrap(e, "backend " STR_FMT, STR_ARG(b->object->name)) : 0;
}

int section_spare(const struct line_env *env, struct str name, struct str mode, struct buf *to,
                  struct err *e)
{
    struct line_out o = line_begin(env, to, e);

    guid_line(&o, "be", name);
    line_new(&o, "mode " STR_FMT, STR_ARG(mode));
    return line_end(&o);
}
