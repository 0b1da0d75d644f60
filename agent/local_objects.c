/* SPDX-License-Identifier: Apache-2.0 */
/* Where the objects of `render` and `check` come from. */
#include "app_store_overrides.h"
#include "local.h"

#include "cli/client.h"
#include "registry/resolve.h"
#include "store/persistence.h"

#include <stdio.h>
#include <unistd.h>

/* --- members --- */

/* A static member by its host name, as the agent's resolver would find it. */
static void resolve(struct arena *arena, struct member *m)
{
    char host[256];
    struct resolve_answer answer;

    resolve_by_system(str_copy(host, sizeof host, m->host), &answer);
    m->address = arena_str(arena, str_z(answer.address));
    m->unusable = arena_str(arena, m->address.n ? STR("") : str_z(answer.problem));
}

static struct pool_members static_members(struct arena *arena, const struct backend *b)
{
    struct pool_members out = {
        .list = {ARENA_ARRAY(arena, struct member, b->members.count), b->members.count}};

    for (size_t i = 0; i < b->members.count; i++) {
        out.list.items[i] = b->members.items[i];
        if (out.list.items[i].address.n == 0)
            resolve(arena, &out.list.items[i]);
    }
    return out;
}

static bool has_text(const struct json *list, struct str text)
{
    JSON_EACH(item, list) {
        if (str_eq(item->text, text))
            return true;
    }
    return false;
}

/* Members as the running agent tells them. */
static struct pool_members told_members(struct local *l, struct arena *arena,
                                        const struct backend *b)
{
    struct pool_members out = {.panic = l->panic && has_text(l->panic, b->name)};

    JSON_EACH(object, l->backends) {
        const struct json *key = json_get(object, "key"), *list = json_get(object, "members");
        if (!key || !str_eq(key->text, b->name) || !list || list->type != JSON_ARRAY)
            continue;
        JSON_EACH(item, list) {
            struct member m;
            if (member_read(arena, item, &m, NULL) == 0)
                *ARENA_PUSH(arena, out.list.items, out.list.count) = m;
        }
    }
    return out;
}

struct pool_members local_members(void *local, struct arena *arena, const struct backend *b)
{
    struct local *l = local;
    struct pool_view *view;

    if (b->type == BACKEND_STATIC)
        return static_members(arena, b);
    if (l->backends)
        return told_members(l, arena, b);
    view = l->catalog ? catalog_view(l->catalog, b->name) : NULL;
    return view ? (struct pool_members){.list = view->members, .panic = view->panic}
                : (struct pool_members){0};
}

/* --- the store --- */

static void on_pool(void *ctx, struct str backend)
{
    (void)ctx;
    (void)backend;
}

static void subscribe(struct local *l)
{
    const struct options *o = l->app.options;
    const struct objects *objects = l->objects;
    struct catalog_options options = {
        .pool = {.max_shrink_percent = (unsigned)o->maxShrink, .panic = o->panic},
        .on_pool = on_pool};
    struct subscription *subs = ARENA_ARRAY(&l->arena, struct subscription, objects->backend_count);
    size_t count = 0;

    l->catalog = catalog_new(&options);
    for (size_t i = 0; i < objects->backend_count; i++) {
        const struct backend *b = objects->backends[i];
        if (b->type == BACKEND_DYNAMIC)
            subs[count++] = (struct subscription){b->name, b->service, b->version};
    }
    catalog_set_subscriptions(l->catalog, subs, count);
}

struct loading {
    struct local *local;
    bool frontends;
};

static int load_object(void *ctx, struct str key, struct str value, struct err *e)
{
    struct loading *g = ctx;
    struct local *l = g->local;
    struct frontend *f = NULL;
    struct backend *b = NULL;
    struct json *o;

    if (json_parse(&l->arena, value, JSON_MAX_DEPTH, &o, e))
        return err_wrap(e, "store: " STR_FMT, STR_ARG(key));
    if (g->frontends ? !(f = frontend_parse(key, o, e)) : !(b = backend_parse(key, o, e)))
        return err_wrap(e, "store: " STR_FMT, STR_ARG(key));
    if (f)
        objects_put_frontend(l->objects, f);
    if (b)
        objects_put_backend(l->objects, b);
    frontend_unref(f);
    backend_unref(b);
    return 0;
}

static int load_pool(void *ctx, struct str key, struct str value, struct err *e)
{
    struct local *l = ctx;
    struct json *o;

    if (json_parse(&l->arena, value, JSON_MAX_DEPTH, &o, e) ||
        catalog_import(l->catalog, key, o, e))
        return err_wrap(e, "store: members of " STR_FMT, STR_ARG(key));
    return 0;
}

static int load_all(struct local *l, struct store_txn *t, struct err *e)
{
    struct loading g = {l, true};
    struct str generation;

    if (store_each(t, STORE_FRONTENDS, STORE_FORWARD, STR_NONE, load_object, &g, e))
        return -1;
    g.frontends = false;
    if (store_each(t, STORE_BACKENDS, STORE_FORWARD, STR_NONE, load_object, &g, e) ||
        app_load_override_sets(t, l->objects, e) ||
        store_get(t, STORE_META, STR("generation"), &generation, e))
        return -1;
    if (generation.p)
        (void)str_u64(generation, &l->objects->generation);
    subscribe(l);
    return store_each(t, STORE_MEMBERS, STORE_FORWARD, STR_NONE, load_pool, l, e);
}

static int read_store(struct local *l, struct err *e)
{
    const char *folder = l->app.options->dbPath;
    struct store *s = store_open(folder, NULL, e);
    struct store_txn *t = s ? store_read(s, STORE_STATE, e) : NULL;
    int rc = t ? load_all(l, t, e) : -1;

    store_abort(t);
    store_close(s);
    (void)snprintf(l->source, sizeof l->source, "the store %s", folder);
    return rc;
}

/* --- --persistence --- */

static int read_persistence(struct local *l, struct err *e)
{
    const char *path = l->app.options->persistence;
    struct persistence p;
    int rc = persistence_read(path, &p, e);

    if (rc == 0 && p.problems.count && !l->app.options->importSkipBad)
        rc = err_set(e, ERR_INVALID,
                     "%s: " STR_FMT " (%zu objects do not pass; --importSkipBad "
                     "leaves them out)",
                     path, STR_ARG(p.problems.items[0]), p.problems.count);
    for (size_t i = 0; rc == 0 && i < p.frontend_count; i++)
        objects_put_frontend(l->objects, p.frontends[i]);
    for (size_t i = 0; rc == 0 && i < p.backend_count; i++)
        objects_put_backend(l->objects, p.backends[i]);
    for (size_t i = 0; rc == 0 && i < p.split_count; i++)
        objects_put_split(l->objects, p.splits[i]);
    for (size_t i = 0; rc == 0 && i < p.policy_count; i++)
        objects_put_policy(l->objects, p.policies[i]);
    for (size_t i = 0; rc == 0 && i < p.override_count; i++)
        objects_put_overrides(l->objects, p.overrides[i]);
    persistence_free(&p);
    (void)snprintf(l->source, sizeof l->source, "--persistence %s", path);
    return rc ? err_wrap(e, "--persistence") : 0;
}

/* --- the running agent --- */

static int ask(struct local *l, struct client *client, struct str path, struct json **out,
               struct err *e)
{
    struct client_request request = {.method = "GET", .path = path};
    struct client_reply reply;
    int rc = client_call(client, &request, &reply, e);

    if (rc == 0)
        rc = json_parse(&l->arena, buf_str(&reply.body), JSON_MAX_DEPTH, out, e);
    buf_free(&reply.body);
    return rc;
}

static int take_frontends(struct local *l, const struct json *list, struct err *e)
{
    JSON_EACH(o, list) {
        const struct json *key = json_get(o, "key");
        struct frontend *f = frontend_parse(key ? key->text : STR(""), o, e);
        if (!f)
            return -1;
        objects_put_frontend(l->objects, f);
        frontend_unref(f);
    }
    return 0;
}

static int take_backends(struct local *l, const struct json *list, struct err *e)
{
    JSON_EACH(o, list) {
        const struct json *key = json_get(o, "key");
        struct backend *b = backend_parse(key ? key->text : STR(""), o, e);
        if (!b)
            return -1;
        objects_put_backend(l->objects, b);
        backend_unref(b);
    }
    return 0;
}

static int read_agent(struct local *l, struct err *e)
{
    struct client *client = client_open(l->app.options);
    struct json *frontends, *backends, *status;
    const struct json *generation, *registry;
    int rc = ask(l, client, STR("/frontends"), &frontends, e) ||
             ask(l, client, STR("/backends"), &backends, e) ||
             ask(l, client, STR("/status"), &status, e) || take_frontends(l, frontends, e) ||
             take_backends(l, backends, e);

    client_close(client);
    if (rc)
        return -1;
    generation = json_get(status, "generation");
    registry = json_get(status, "registry");
    l->backends = backends;
    l->panic = registry ? json_get(registry, "panic") : NULL;
    generation = generation ? json_get(generation, "desired") : NULL;
    if (generation && generation->is_integer && generation->integer >= 0)
        l->objects->generation = (uint64_t)generation->integer;
    (void)snprintf(l->source, sizeof l->source, "the running agent");
    return 0;
}

/* --- which of them --- */

static bool has_store(const struct options *o, struct arena *a)
{
    return access(arena_printf(a, "%s/state", o->dbPath).p, F_OK) == 0;
}

static int read_stored(struct local *l, struct err *e)
{
    struct err held;

    if (read_store(l, e) == 0)
        return 0;
    if (e->kind != ERR_CONFLICT)
        return -1;
    held = *e;
    if (read_agent(l, e) == 0)
        return 0;
    return err_set(e, ERR_UNAVAILABLE, "%.250s, and %.250s", held.text, e->text);
}

int local_read_objects(struct local *l, struct err *e)
{
    const struct options *o = l->app.options;
    struct err why;
    int rc = 0;

    l->objects = objects_new();
    if (*o->persistence && o->origin[OPTION_persistence] == ORIGIN_COMMAND_LINE)
        return read_persistence(l, e);
    if (has_store(o, &l->arena))
        rc = read_stored(l, &why);
    else
        (void)snprintf(l->source, sizeof l->source, "there is no store in %s", o->dbPath);
    if (rc == 0 && l->objects->generation == 0 && *o->persistence) {
        rc = read_persistence(l, &why);
        rc = rc && why.kind == ERR_NOT_FOUND ? 0 : rc;
    }
    if (rc && e)
        *e = why;
    return rc;
}
