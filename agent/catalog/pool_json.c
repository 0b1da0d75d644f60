/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a pool as JSON, so that members survive a restart of the agent while the registry is
 * away. Weights are the registry's, before scaling. */
#include "catalog/pool.h"

static const char *const status_words[] = {"passing", "warning", "critical", "maintenance", NULL};
static const char *const hold_words[] = {"none", "unconfirmed", "shrink", "disturbed", NULL};

static void put_member(struct json_out *o, const struct pool_member *pm)
{
    const struct member *m = &pm->candidate.member;

    json_open_object(o, NULL);
    json_put_str(o, "host", m->host);
    json_put_int(o, "port", m->port);
    json_put_str(o, "address", m->address);
    json_put_str(o, "unusable", m->unusable);
    json_put_z(o, "status", status_words[m->status]);
    json_put_int(o, "passing", pm->candidate.weight_passing);
    json_put_int(o, "warning", pm->candidate.weight_warning);
    json_put_int(o, "lastKnown", m->last_known_ms);
    json_put_str(o, "hostname", m->meta_hostname);
    json_put_str(o, "pid", m->meta_pid);
    json_put_str(o, "registered", m->meta_registered);
    json_put_z(o, "hold", hold_words[pm->hold]);
    json_put_int(o, "since", pm->since_ms);
    json_close_object(o);
}

void pool_export(const struct pool *p, struct json_out *o, const char *key)
{
    const struct pool_state *s = pool_state(p);

    json_open_object(o, key);
    json_put_str(o, "service", pool_service(p));
    json_put_str(o, "version", pool_version(p));
    json_put_bool(o, "known", s->known);
    json_open_array(o, "members");
    for (size_t i = 0; i < s->count; i++)
        put_member(o, &s->items[i]);
    json_close_array(o);
    json_close_object(o);
}

struct reader {
    const struct json *from;
    struct arena *arena;
    struct err *err;
    bool failed;
};

static void get_text(struct reader *r, const char *key, struct str *out)
{
    r->failed |= read_str(r->from, key, r->arena, out, r->err) != 0;
}

static uint64_t get_number(struct reader *r, const char *key, uint64_t max)
{
    uint64_t n = 0;

    r->failed |= read_uint(r->from, key, 0, max, &n, r->err) != 0;
    return n;
}

static unsigned get_word(struct reader *r, const char *key, const char *const *words)
{
    unsigned n = 0;

    r->failed |= read_enum(r->from, key, words, &n, r->err) != 0;
    return n;
}

static struct pool_member get_member(struct reader *r, const struct pool *p)
{
    struct pool_member pm = {.hold = (enum hold)get_word(r, "hold", hold_words)};
    struct member *m = &pm.candidate.member;

    m->name = arena_str(r->arena, pool_service(p));
    m->version = arena_str(r->arena, pool_version(p));
    get_text(r, "host", &m->host);
    get_text(r, "address", &m->address);
    get_text(r, "unusable", &m->unusable);
    get_text(r, "hostname", &m->meta_hostname);
    get_text(r, "pid", &m->meta_pid);
    get_text(r, "registered", &m->meta_registered);
    m->port = (uint16_t)get_number(r, "port", UINT16_MAX);
    m->status = (enum member_status)get_word(r, "status", status_words);
    m->last_known_ms = (int64_t)get_number(r, "lastKnown", INT64_MAX);
    pm.candidate.weight_passing = (unsigned)get_number(r, "passing", UINT16_MAX);
    pm.candidate.weight_warning = (unsigned)get_number(r, "warning", UINT16_MAX);
    pm.since_ms = (int64_t)get_number(r, "since", INT64_MAX);
    if (!r->failed && !m->address.n && !m->unusable.n)
        r->failed = err_field(r->err, "address", "neither an address nor why there is none") != 0;
    return pm;
}

static int read_members(const struct pool *p, const struct json *list, struct pool_state *to,
                        struct err *e)
{
    struct reader r = {.arena = &to->arena, .err = e};

    if (!list || list->type != JSON_ARRAY || list->count > LIMIT_MEMBERS)
        return err_field(e, "members", "not a list of at most %d members", LIMIT_MEMBERS);
    to->items = ARENA_ARRAY(&to->arena, struct pool_member, list->count);
    JSON_EACH(item, list) {
        struct pool_member *m = &to->items[to->count];
        r.from = item;
        *m = get_member(&r, p);
        if (r.failed)
            return err_in(e, "members[%zu]", to->count);
        if (to->count && candidate_compare(&m[-1].candidate, &m->candidate) >= 0)
            return err_field(e, "members", "not in the order of host and port");
        to->count++;
    }
    return 0;
}

static bool is_text(const struct json *o, const char *key, struct str text)
{
    const struct json *value = json_get(o, key);

    return value && value->type == JSON_STRING && str_eq(value->text, text);
}

int pool_import(struct pool *p, const struct json *o, struct err *e)
{
    struct pool_state to = {.arena = ARENA_INIT};

    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "not an object but %s", json_type_name(o->type));
    if (!is_text(o, "service", pool_service(p)) || !is_text(o, "version", pool_version(p)))
        return 0;
    if (read_bool(o, "known", &to.known, e) || read_members(p, json_get(o, "members"), &to, e)) {
        arena_free(&to.arena);
        return -1;
    }
    pool_install(p, &to);
    return 0;
}
