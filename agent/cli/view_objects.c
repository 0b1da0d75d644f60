/* SPDX-License-Identifier: Apache-2.0 */
/* Frontends, backends, members. */
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/view.h"

static struct str number(struct view *v, size_t n)
{
    return arena_printf(v->arena, "%zu", n);
}

static void put_lines(struct view *v, const char *title, const struct json *o, const char *key)
{
    if (view_count(o, key))
        buf_printf(v->out, "\n%s:\n", title);
    JSON_EACH(line, view_list(o, key)) {
        buf_add_z(v->out, "  ");
        terminal_put(v->out, line->text);
        buf_add_char(v->out, '\n');
    }
}

void view_frontends(struct view *v, const struct json *list)
{
    static const char *const titles[] = {"FRONTEND", "MODE",     "BIND", "BACKEND",
                                         ">RULES",   ">NATIVES", NULL};
    struct table t;

    table_init(&t, v->arena, titles);
    JSON_EACH(f, list) {
        table_add(&t, view_text(f, "key"));
        table_add(&t, view_text(f, "mode"));
        table_add(&t, view_text(f, "bind"));
        table_add(&t, view_text(f, "backend"));
        table_add(&t, number(v, view_count(f, "rules")));
        table_add(&t, number(v, view_count(f, "natives")));
    }
    table_put_or(&t, "no frontends", v->out);
}

static void put_rules(struct view *v, const struct json *o)
{
    static const char *const titles[] = {">RULE", "OPERATION", "HEADER", "VALUE", "BACKEND", NULL};
    struct table t;
    size_t i = 0;

    if (view_count(o, "rules") == 0)
        return;
    table_init(&t, v->arena, titles);
    JSON_EACH(rule, view_list(o, "rules")) {
        table_add(&t, number(v, ++i));
        table_add(&t, view_text(rule, "operation"));
        table_add(&t, view_text(rule, "header"));
        table_add(&t, view_text(rule, "value"));
        table_add(&t, view_text(rule, "backend"));
    }
    buf_add_char(v->out, '\n');
    table_put_or(&t, "no frontends", v->out);
}

void view_frontend(struct view *v, const struct json *o)
{
    view_put_row(v, "frontend", view_text(o, "key"));
    view_put_row(v, "mode", view_text(o, "mode"));
    view_put_row(v, "bind", view_text(o, "bind"));
    view_put_row(v, "backend", view_text(o, "backend"));
    view_put_row(v, "keepalive", view_text(o, "keepalive"));
    put_rules(v, o);
    put_lines(v, "Natives", o, "natives");
}

/* Members that HAProxy calls up. */
static size_t count_up(const struct json *o)
{
    size_t count = 0;

    JSON_EACH(m, view_list(o, "members")) {
        const struct json *observed = json_get(m, "observed");
        count += observed && str_eq_z(view_text(observed, "status"), "UP");
    }
    return count;
}

void view_backends(struct view *v, const struct json *list)
{
    static const char *const titles[] = {"BACKEND", "TYPE",     "SERVICE", "VERSION", "MODE",
                                         "BALANCE", ">MEMBERS", ">UP",     NULL};
    struct table t;

    table_init(&t, v->arena, titles);
    JSON_EACH(b, list) {
        table_add(&t, view_text(b, "key"));
        table_add(&t, view_text(b, "type"));
        table_add(&t, view_text(b, "name"));
        table_add(&t, view_text(b, "version"));
        table_add(&t, view_text(b, "mode"));
        table_add(&t, view_text(b, "balance"));
        table_add(&t, number(v, view_count(b, "members")));
        table_add(&t, number(v, count_up(b)));
    }
    table_put_or(&t, "no backends", v->out);
}

static struct str health_of(struct view *v, const struct json *b)
{
    const struct json *h = json_get(b, "health");

    if (!h || h->type != JSON_OBJECT)
        return STR("TCP connect each 2000 ms");
    return arena_printf(v->arena, STR_FMT " " STR_FMT " " STR_FMT " each " STR_FMT " ms",
                        STR_ARG(view_text(h, "method")), STR_ARG(view_text(h, "uri")),
                        STR_ARG(view_text(h, "httpVersion")), STR_ARG(view_text(h, "interval")));
}

void view_backend(struct view *v, const struct json *o)
{
    const struct json *members = json_get(o, "members");

    view_put_row(v, "backend", view_text(o, "key"));
    view_put_row(v, "type", view_text(o, "type"));
    view_put_row(v, "service", view_text(o, "name"));
    view_put_row(v, "version", view_text(o, "version"));
    view_put_row(v, "mode", view_text(o, "mode"));
    view_put_row(v, "balance", view_text(o, "balance"));
    view_put_row(v, "host", view_text(o, "host"));
    view_put_row(v, "health", health_of(v, o));
    view_put_row(v, "cookie", view_text(o, "cookie"));
    put_lines(v, "Server options", o, "server");
    put_lines(v, "Natives", o, "natives");
    buf_add_char(v->out, '\n');
    if (members)
        view_members(v, members);
}

static struct str endpoint(struct view *v, const struct json *m)
{
    struct str host = view_text(m, "host");
    size_t at;
    bool ipv6 = str_find(host, ':', &at);

    return arena_printf(v->arena, "%s" STR_FMT "%s:" STR_FMT, ipv6 ? "[" : "", STR_ARG(host),
                        ipv6 ? "]" : "", STR_ARG(view_text(m, "port")));
}

/* What else is worth a word. */
static struct str other_remark(struct view *v, const struct json *m)
{
    struct str unusable = view_text(m, "unusable"), address = view_text(m, "address");

    if (unusable.n)
        return arena_printf(v->arena, "unusable: " STR_FMT, STR_ARG(unusable));
    if (str_eq_z(view_text(m, "backup"), "yes"))
        return STR("backup");
    if (address.n && !str_eq(address, view_text(m, "host")))
        return arena_printf(v->arena, "resolved to " STR_FMT, STR_ARG(address));
    return STR("");
}

struct str view_override(struct view *v, const struct json *o)
{
    struct str state, weight, since;

    if (!o || o->type != JSON_OBJECT)
        return STR("");
    state = view_text(o, "state");
    weight = view_text(o, "weight");
    since = view_time(v, view_number(o, "since"));
    return arena_printf(v->arena, STR_FMT "%s%s" STR_FMT ": by " STR_FMT "%s" STR_FMT,
                        STR_ARG(state), state.n && weight.n ? ", " : "", weight.n ? "weight " : "",
                        STR_ARG(weight), STR_ARG(view_text(o, "by")), since.n ? ", " : "",
                        STR_ARG(since));
}

static struct str remark(struct view *v, const struct json *m)
{
    struct str said = view_override(v, json_get(m, "override")), more = other_remark(v, m);

    if (!said.n || !more.n)
        return said.n ? said : more;
    return arena_printf(v->arena, STR_FMT "; " STR_FMT, STR_ARG(said), STR_ARG(more));
}

void view_members(struct view *v, const struct json *list)
{
    static const char *const titles[] = {"MEMBER", "SERVICE", "VERSION",   "HEALTH", "HAPROXY",
                                         "STATE",  ">WEIGHT", ">SESSIONS", "REMARK", NULL};
    struct table t;

    table_init(&t, v->arena, titles);
    JSON_EACH(m, list) {
        const struct json *o = json_get(m, "observed");
        bool seen = o && o->type == JSON_OBJECT;
        table_add(&t, endpoint(v, m));
        table_add(&t, view_text(m, "name"));
        table_add(&t, view_text(m, "version"));
        table_add(&t, view_text(m, "health"));
        table_add(&t, seen ? view_text(o, "status") : STR(""));
        table_add(&t, seen ? view_text(o, "state") : STR(""));
        table_add(&t, view_text(seen ? o : m, "weight"));
        table_add(&t, seen ? view_text(o, "sessions") : STR(""));
        table_add(&t, remark(v, m));
    }
    table_put_or(&t, "no members", v->out);
}
