/* SPDX-License-Identifier: Apache-2.0 */
#include "app_view.h"

/* The member's "observed": what HAProxy says of its server. */
static void put_observed(struct app *a, struct json_out *o, const struct backend *b,
                         const struct member *m)
{
    struct arena arena = ARENA_INIT;
    const struct have_backend *hb =
        a->have ? have_find_backend(a->have, app_serving_proxy(a, b->name)) : NULL;
    const struct have_server *s =
        hb ? have_find_server(hb, member_server_name(&arena, b->name, m)) : NULL;
    enum server_admin admin = s ? have_admin_state(s) : ADMIN_READY;

    if (!s) {
        json_put_null(o, "observed");
    } else {
        json_open_object(o, "observed");
        json_put_z(o, "status",
                   admin == ADMIN_MAINT    ? "MAINT"
                   : admin == ADMIN_DRAIN  ? "DRAIN"
                   : s->op == HAVE_STOPPED ? "DOWN"
                                           : "UP");
        json_put_int(o, "weight", s->uweight);
        json_put_z(o, "state", server_admin_name(admin));
        json_put_int(o, "sessions", s->used_conn);
        json_close_object(o);
    }
    arena_free(&arena);
}

static void put_member(struct app *a, struct json_out *o, const struct backend *b,
                       const struct member *m)
{
    member_put(o, NULL, m, true);
    put_observed(a, o, b, m);
    override_put(o, "override",
                 override_find(objects_overrides(a->stored, b->name), m->host, m->port));
    json_close_object(o);
}

static void put_members(struct app *a, struct json_out *o, const char *key, const struct backend *b)
{
    struct arena arena = ARENA_INIT;
    struct pool_members pool = app_members(a, &arena, b);

    json_open_array(o, key);
    for (size_t i = 0; i < pool.list.count; i++)
        put_member(a, o, b, &pool.list.items[i]);
    json_close_array(o);
    arena_free(&arena);
}

static void put_backend(struct app *a, struct json_out *o, const struct backend *b)
{
    struct arena arena = ARENA_INIT;
    struct json *stored = NULL;
    struct json_out text_out;
    struct buf text;
    struct err e;

    buf_init(&text, APP_VIEW_BYTES);
    json_out_init(&text_out, &text, false);
    backend_put(&text_out, NULL, b, NULL);
    json_out_fini(&text_out);
    json_open_object(o, NULL);
    if (json_parse(&arena, buf_str(&text), JSON_MAX_DEPTH, &stored, &e) == 0) {
        JSON_EACH(field, stored) {
            if (str_eq_z(field->key, "members"))
                put_members(a, o, "members", b);
            else
                json_put_tree(o, field->key.p, field);
        }
    }
    json_close_object(o);
    buf_free(&text);
    arena_free(&arena);
}

static struct etag stored_etag(const struct frontend *f, const struct backend *b)
{
    struct buf text;
    struct etag etag;

    if (f)
        frontend_text(f, &text);
    else
        backend_text(b, &text);
    etag = etag_of(buf_str(&text));
    buf_free(&text);
    return etag;
}

int app_view_frontend(struct app *a, struct str name, struct buf *out, struct etag *etag,
                      struct err *e)
{
    const struct frontend *f = objects_frontend(a->stored, name);
    struct json_out o;

    if (!f)
        return err_set(e, ERR_NOT_FOUND, "no frontend \"" STR_FMT "\"", STR_ARG(name));
    json_out_init(&o, out, false);
    frontend_put(&o, NULL, f);
    json_out_fini(&o);
    *etag = stored_etag(f, NULL);
    return 0;
}

int app_view_backend(struct app *a, struct str name, struct buf *out, struct etag *etag,
                     struct err *e)
{
    const struct backend *b = objects_backend(a->stored, name);
    struct json_out o;

    if (!b)
        return err_set(e, ERR_NOT_FOUND, "no backend \"" STR_FMT "\"", STR_ARG(name));
    json_out_init(&o, out, false);
    put_backend(a, &o, b);
    json_out_fini(&o);
    *etag = stored_etag(NULL, b);
    return 0;
}

int app_view_frontends(struct app *a, struct buf *out, struct err *e)
{
    struct json_out o;

    (void)e;
    json_out_init(&o, out, false);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < a->stored->frontend_count; i++)
        frontend_put(&o, NULL, a->stored->frontends[i]);
    json_close_array(&o);
    json_out_fini(&o);
    return 0;
}

int app_view_backends(struct app *a, struct buf *out, struct err *e)
{
    struct json_out o;

    (void)e;
    json_out_init(&o, out, false);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < a->stored->backend_count; i++)
        put_backend(a, &o, a->stored->backends[i]);
    json_close_array(&o);
    json_out_fini(&o);
    return 0;
}

int app_view_members(struct app *a, struct str backend, struct buf *out, struct err *e)
{
    const struct backend *b = objects_backend(a->stored, backend);
    struct json_out o;

    if (!b)
        return err_set(e, ERR_NOT_FOUND, "no backend \"" STR_FMT "\"", STR_ARG(backend));
    json_out_init(&o, out, false);
    put_members(a, &o, NULL, b);
    json_out_fini(&o);
    return 0;
}

/* It may come back: what is said of it holds. */
static void put_gone_member(struct json_out *o, const struct override *v)
{
    json_open_object(o, NULL);
    json_put_str(o, "host", v->member.host);
    json_put_int(o, "port", v->member.port);
    json_put_null(o, "observed");
    override_put(o, "override", v);
    json_close_object(o);
}

int app_view_member(struct app *a, struct str backend, const struct endpoint *member,
                    struct buf *out, struct err *e)
{
    const struct backend *b = objects_backend(a->stored, backend);
    struct arena arena = ARENA_INIT;
    struct pool_members pool = {0};
    const struct member *found = NULL;
    const struct override *v;
    struct json_out o;

    if (!b)
        return err_set(e, ERR_NOT_FOUND, "no backend \"" STR_FMT "\"", STR_ARG(backend));
    pool = app_members(a, &arena, b);
    for (size_t i = 0; i < pool.list.count && !found; i++) {
        const struct member *m = &pool.list.items[i];
        if (m->port == member->port && str_eq(endpoint_host(&arena, m->host), member->host))
            found = m;
    }
    v = override_find(objects_overrides(a->stored, backend), member->host, member->port);
    if (found || v) {
        json_out_init(&o, out, false);
        if (found)
            put_member(a, &o, b, found);
        else
            put_gone_member(&o, v);
        json_out_fini(&o);
    }
    arena_free(&arena);
    if (found || v)
        return 0;
    return err_set(e, ERR_NOT_FOUND, "backend \"" STR_FMT "\" has no member " STR_FMT ":%u",
                   STR_ARG(backend), STR_ARG(member->host), (unsigned)member->port);
}

int app_view_ready(struct app *a, struct err *e)
{
    if (!a->have)
        return err_set(e, ERR_UNAVAILABLE, "HAProxy does not answer: %s", a->runtime_error);
    if (a->problem[0])
        return err_set(e, ERR_UNAVAILABLE, "the configuration cannot be rendered: %s", a->problem);
    return 0;
}
