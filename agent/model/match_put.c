/* SPDX-License-Identifier: Apache-2.0 */
/* A tree of conditions as the API's JSON: what match_parse reads, always in the same order. */
#include "model/condition.h"

static void put_percent(struct json_out *o, const struct match *m)
{
    struct arena a = ARENA_INIT;

    json_open_object(o, match_kind_name(m->kind));
    json_put_int(o, "share", m->share);
    if (m->by == PERCENT_SRC)
        json_put_z(o, "by", percent_by_name(m->by));
    else
        json_put_str(o, "by",
                     arena_printf(&a, "%s:" STR_FMT, percent_by_name(m->by), STR_ARG(m->name)));
    json_close_object(o);
    arena_free(&a);
}

static void put_networks(struct json_out *o, const struct match *m)
{
    struct arena a = ARENA_INIT;

    json_open_array(o, match_kind_name(m->kind));
    for (size_t i = 0; i < m->network_count; i++)
        json_put_str(o, NULL, network_text(&a, &m->networks[i]));
    json_close_array(o);
    arena_free(&a);
}

static void put_any(struct json_out *o, const struct match *m)
{
    json_open_array(o, match_kind_name(m->kind));
    for (size_t i = 0; i < m->part_count; i++)
        match_put(o, NULL, &m->parts[i]);
    json_close_array(o);
}

static void put_part(struct json_out *o, const struct match *m)
{
    switch (m->kind) {
    case MATCH_HOST:
    case MATCH_PATH: condition_put(o, str_z(match_kind_name(m->kind)), &m->condition); break;
    case MATCH_METHOD: put_str_list(o, match_kind_name(m->kind), &m->methods); break;
    case MATCH_HEADER:
    case MATCH_COOKIE:
    case MATCH_QUERY: condition_put(o, m->name, &m->condition); break;
    case MATCH_SRC: put_networks(o, m); break;
    case MATCH_PERCENT: put_percent(o, m); break;
    case MATCH_ANY: put_any(o, m); break;
    case MATCH_NOT: match_put(o, match_kind_name(m->kind), &m->parts[0]); break;
    case MATCH_ALL:
    case MATCH_KIND_COUNT: break;
    }
}

static bool is_named(enum match_kind kind)
{
    return kind == MATCH_HEADER || kind == MATCH_COOKIE || kind == MATCH_QUERY;
}

void match_put(struct json_out *o, const char *key, const struct match *m)
{
    json_open_object(o, key);
    for (size_t i = 0; i < m->part_count; i++) {
        const struct match *part = &m->parts[i];
        bool named = is_named(part->kind);

        if (named && (i == 0 || part[-1].kind != part->kind))
            json_open_object(o, match_kind_name(part->kind));
        put_part(o, part);
        if (named && (i + 1 == m->part_count || part[1].kind != part->kind))
            json_close_object(o);
    }
    json_close_object(o);
}
