/* SPDX-License-Identifier: Apache-2.0 */
/* Splits and policies, as the API shows them. */
#include "app_stats.h"
#include "app_view.h"

#include "policy/try.h"

#include <string.h>

/* What HAProxy has counted of one backend, over all of its workers. */
struct counted {
    struct str backend;
    const uint64_t *counters; /* NULL: nothing */
    uint64_t copy[COUNTER_COUNT];
};

static void find_counted(void *ctx, bool frontend, struct str name, const uint64_t *counters)
{
    struct counted *c = ctx;

    if (frontend || !str_eq(name, c->backend))
        return;
    memcpy(c->copy, counters, sizeof c->copy);
    c->counters = c->copy;
}

/* Rates of the last interval, and times, of the proxies that serve it. */
static void put_latest(void *ctx, const struct stat_row *s)
{
    json_open_object(ctx, "rate");
    stat_put_rate(ctx, "requests", s, COUNTER_REQUESTS);
    stat_put_rate(ctx, "responses5xx", s, COUNTER_RESPONSES_5XX);
    json_close_object(ctx);
    stat_put_times(ctx, s);
}

static void put_observed(struct app *a, struct json_out *o, struct str backend)
{
    struct counted c = {.backend = backend};
    struct stat_id id = {.kind = STAT_BACKEND, .key = backend, .member = STR("")};

    if (totals_are_known(a->totals))
        totals_each(a->totals, find_counted, &c);
    if (!c.counters) {
        json_put_null(o, "observed");
        return;
    }
    json_open_object(o, "observed");
    json_put_int(o, "requests", (int64_t)c.counters[COUNTER_REQUESTS]);
    json_put_int(o, "responses5xx", (int64_t)c.counters[COUNTER_RESPONSES_5XX]);
    json_put_int(o, "connectErrors", (int64_t)c.counters[COUNTER_CONNECT_ERRORS]);
    json_put_int(o, "responseErrors", (int64_t)c.counters[COUNTER_RESPONSE_ERRORS]);
    stats_each(a->stats, &id, put_latest, o);
    json_close_object(o);
}

static void put_targets(struct app *a, struct json_out *o, const struct json *targets)
{
    json_open_array(o, "targets");
    JSON_EACH(target, targets) {
        json_open_object(o, NULL);
        JSON_EACH(field, target) {
            json_put_tree(o, field->key.p, field);
        }
        put_observed(a, o, json_get(target, "backend")->text);
        json_close_object(o);
    }
    json_close_array(o);
}

/* The stored split, and what each target does. */
static void put_split(struct app *a, struct json_out *o, const struct split *s)
{
    struct arena arena = ARENA_INIT;
    struct json *stored = NULL;
    struct buf text;
    struct err e;

    split_text(s, &text);
    json_open_object(o, NULL);
    if (json_parse(&arena, buf_str(&text), JSON_MAX_DEPTH, &stored, &e) == 0) {
        JSON_EACH(field, stored) {
            if (str_eq_z(field->key, "targets"))
                put_targets(a, o, field);
            else
                json_put_tree(o, field->key.p, field);
        }
    }
    json_close_object(o);
    buf_free(&text);
    arena_free(&arena);
}

int app_view_split(struct app *a, struct str backend, struct buf *out, struct etag *etag,
                   struct err *e)
{
    const struct split *s = objects_split(a->stored, backend);
    struct json_out o;
    struct buf text;

    if (!s)
        return err_set(e, ERR_NOT_FOUND, "backend \"" STR_FMT "\" has no split", STR_ARG(backend));
    json_out_init(&o, out, false);
    put_split(a, &o, s);
    json_out_fini(&o);
    split_text(s, &text);
    *etag = etag_of(buf_str(&text));
    buf_free(&text);
    return 0;
}

int app_view_splits(struct app *a, struct buf *out, struct err *e)
{
    struct json_out o;

    (void)e;
    json_out_init(&o, out, false);
    app_put_splits(a, &o, NULL);
    json_out_fini(&o);
    return 0;
}

void app_put_splits(struct app *a, struct json_out *o, const char *key)
{
    json_open_array(o, key);
    for (size_t i = 0; i < a->stored->split_count; i++)
        put_split(a, o, a->stored->splits[i]);
    json_close_array(o);
}

int app_view_policy(struct app *a, struct str name, struct buf *out, struct etag *etag,
                    struct err *e)
{
    const struct policy *p = objects_policy(a->stored, name);
    struct json_out o;

    if (!p)
        return err_set(e, ERR_NOT_FOUND, "no policy \"" STR_FMT "\"", STR_ARG(name));
    json_out_init(&o, out, false);
    policy_put(&o, NULL, p);
    json_out_fini(&o);
    *etag = etag_of(buf_str(out));
    return 0;
}

int app_view_policies(struct app *a, struct buf *out, struct err *e)
{
    struct json_out o;

    (void)e;
    json_out_init(&o, out, false);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < a->stored->policy_count; i++)
        policy_put(&o, NULL, a->stored->policies[i]);
    json_close_array(&o);
    json_out_fini(&o);
    return 0;
}

/* A misspelt name would be answered with "no policy decides". */
static int check_frontend(const struct app *a, const struct policy_set *set, struct str name,
                          struct err *e)
{
    struct str_list named = policy_set_frontends(set); /* it may come later than its policies */

    for (size_t i = 0; i < named.count; i++) {
        if (str_eq(named.items[i], name))
            return 0;
    }
    if (objects_frontend(a->stored, name))
        return 0;
    return err_field(e, "frontend", "frontend: there is none called \"" STR_FMT "\"",
                     STR_ARG(name));
}

int app_try_policies(struct app *a, const struct json *request, struct buf *out, struct err *e)
{
    struct policy_set *set = policy_set_new((const struct policy *const *)a->stored->policies,
                                            a->stored->policy_count, e);
    struct policy_scratch *scratch = policy_scratch_new();
    struct policy_request r;
    struct arena arena = ARENA_INIT;
    struct json_out o;
    int rc = set ? try_parse(&arena, set, request, &r, e) : -1;

    if (rc == 0)
        rc = check_frontend(a, set, r.frontend, e);
    if (rc == 0) {
        json_out_init(&o, out, false);
        try_put(&o, NULL, set, &r, scratch);
        json_out_fini(&o);
    }
    policy_scratch_free(scratch);
    policy_set_free(set);
    arena_free(&arena);
    return rc;
}
