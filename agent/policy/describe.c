/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/describe.h"

#include "base/buf.h"

enum { SHOWN = 8, TEXT_BYTES = 256, LINE_BYTES = 8192 };

static void add_text(struct buf *to, struct str text)
{
    bool cut = text.n > TEXT_BYTES;

    if (cut)
        text.n = TEXT_BYTES;
    buf_printf(to, "\"" STR_FMT "%s\"", STR_ARG(text), cut ? "..." : "");
}

static void add_rest(struct buf *to, size_t count)
{
    if (count > SHOWN)
        buf_printf(to, " and %zu more", count - SHOWN);
}

static void add_texts(struct buf *to, const struct str_list *list)
{
    for (size_t i = 0; i < list->count && i < SHOWN; i++) {
        buf_add_z(to, i ? ", " : " ");
        add_text(to, list->items[i]);
    }
    add_rest(to, list->count);
}

static void add_condition(struct buf *to, const struct condition *c)
{
    buf_printf(to, " %s", condition_op_name(c->op));
    if (c->op == CONDITION_IN) {
        add_texts(to, &c->texts);
    } else if (c->op != CONDITION_PRESENT && c->op != CONDITION_ABSENT) {
        buf_add_char(to, ' ');
        add_text(to, c->text);
    }
}

static void add_networks(struct buf *to, const struct match *m)
{
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < m->network_count && i < SHOWN; i++) {
        buf_add_z(to, i ? ", " : " ");
        buf_add_str(to, network_text(&a, &m->networks[i]));
    }
    add_rest(to, m->network_count);
    arena_free(&a);
}

static void add_percent(struct buf *to, const struct match *m)
{
    buf_printf(to, " %u.%02u by %s", m->share / 100, m->share % 100, percent_by_name(m->by));
    if (m->by != PERCENT_SRC)
        buf_printf(to, " " STR_FMT, STR_ARG(m->name));
}

struct str describe_match(struct arena *a, const struct match *m)
{
    struct buf to;
    struct str text;

    buf_init(&to, LINE_BYTES);
    buf_add_z(&to, match_kind_name(m->kind));
    switch (m->kind) {
    case MATCH_HEADER:
    case MATCH_COOKIE:
    case MATCH_QUERY:
        buf_printf(&to, " " STR_FMT, STR_ARG(m->name));
        add_condition(&to, &m->condition);
        break;
    case MATCH_HOST:
    case MATCH_PATH: add_condition(&to, &m->condition); break;
    case MATCH_METHOD: add_texts(&to, &m->methods); break;
    case MATCH_SRC: add_networks(&to, m); break;
    case MATCH_PERCENT: add_percent(&to, m); break;
    case MATCH_ANY:
    case MATCH_NOT:
    case MATCH_ALL:
    case MATCH_KIND_COUNT: break;
    }
    text = arena_str(a, buf_str(&to));
    buf_free(&to);
    return text;
}
