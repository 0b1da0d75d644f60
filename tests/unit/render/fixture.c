/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/file.h"
#include "base/json_in.h"
#include "render/rules.h"
#include "render/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

const struct render_caps fixture_caps_26 = {.pool_keywords = true, .lua = true};
const struct render_caps fixture_caps_30 = {.guid = true, .stats_file = true};
const struct render_caps fixture_caps_34 = {.guid = true,
                                            .stats_file = true,
                                            .mode_spop = true,
                                            .init_state = true,
                                            .lua_bools = true,
                                            .lua = true};

enum { FILE_BYTES = 1 << 22 };

static void must(int rc, const struct err *e, const char *what)
{
    if (rc)
        fail_msg("%s: %s: %s", what, e->field, e->text);
}

static void load_frontends(struct fixture *f, const struct json *list)
{
    struct desired *d = &f->desired;

    JSON_EACH(o, list) {
        struct err e = {0};
        struct frontend *fe = frontend_parse(json_get(o, "key")->text, o, &e);

        must(fe ? 0 : -1, &e, "frontend");
        must(rules_check(fe, &e), &e, "rules");
        *ARENA_PUSH(&d->arena, d->frontends, d->frontend_count) = fe;
    }
}

static void load_servers(struct fixture *f, struct desired_backend *b, const struct json *list,
                         const struct render_caps *caps)
{
    struct arena *a = &f->desired.arena;

    JSON_EACH(o, list) {
        struct err e = {0};
        struct member m;
        struct desired_server s;

        must(member_read(a, o, &m, &e), &e, "member");
        s = (struct desired_server){.name = member_server_name(a, b->object->name, &m),
                                    .address = m.address,
                                    .port = m.port,
                                    .weight = m.weight};
        must(server_args(a, b->object, &m, caps, &s.args, &e), &e, "server");
        *ARENA_PUSH(a, b->servers, b->server_count) = s;
    }
}

static void load_splits(struct fixture *f, const struct json *list)
{
    struct desired *d = &f->desired;

    JSON_EACH(o, list) {
        struct err e = {0};
        struct split *s = split_parse(json_get(o, "key")->text, o, &e);

        must(s ? 0 : -1, &e, "split");
        *ARENA_PUSH(&d->arena, d->splits, d->split_count) = s;
    }
}

static void load_backends(struct fixture *f, const struct json *root,
                          const struct render_caps *caps)
{
    struct desired *d = &f->desired;
    const struct json *members = json_get(root, "members");

    JSON_EACH(o, json_get(root, "backends")) {
        struct err e = {0};
        char key[LIMIT_NAME + 1];
        struct backend *b = backend_parse(json_get(o, "key")->text, o, &e);
        struct desired_backend db = {.object = b};
        const struct json *list;

        must(b ? 0 : -1, &e, "backend");
        if (!b)
            return;
        db.proxy = b->name;
        str_copy(key, sizeof key, b->name);
        list = members ? json_get(members, key) : NULL;
        if (list)
            load_servers(f, &db, list, caps);
        *ARENA_PUSH(&d->arena, d->objects, d->object_count) = b;
        *ARENA_PUSH(&d->arena, d->backends, d->backend_count) = db;
    }
}

static int by_frontend(const void *a, const void *b)
{
    return str_cmp((*(struct frontend *const *)a)->name, (*(struct frontend *const *)b)->name);
}

static int by_backend(const void *a, const void *b)
{
    return str_cmp(((const struct desired_backend *)a)->object->name,
                   ((const struct desired_backend *)b)->object->name);
}

static void compile(struct fixture *f)
{
    struct desired *d = &f->desired;

    if (d->frontend_count)
        qsort(d->frontends, d->frontend_count, sizeof *d->frontends, by_frontend);
    if (d->backend_count)
        qsort(d->backends, d->backend_count, sizeof *d->backends, by_backend);
    d->rulesets = ARENA_ARRAY(&d->arena, struct ruleset, d->frontend_count);
    for (size_t i = 0; i < d->frontend_count; i++) {
        if (d->frontends[i]->mode == MODE_HTTP)
            rules_compile(&d->arena, d->frontends[i], &d->rulesets[d->ruleset_count++]);
    }
    maps_build(d);
}

void fixture_load(struct fixture *f, struct str json, const struct render_caps *caps)
{
    struct err e = {0};
    struct json *root;
    const struct json *active;

    *f = (struct fixture){.desired = {.refs = 1, .generation = 17}};
    must(json_parse(&f->arena, json, JSON_MAX_DEPTH, &root, &e), &e, "fixture");
    load_frontends(f, json_get(root, "frontends"));
    load_backends(f, root, caps);
    if (json_get(root, "splits"))
        load_splits(f, json_get(root, "splits"));
    compile(f);
    active = json_get(root, "active");
    if (!active)
        return;
    JSON_EACH(o, active) {
        *ARENA_PUSH(&f->arena, f->active, f->active_count) =
            (struct active_set){o->key, o->text.p[0]};
    }
}

void fixture_text(struct fixture *f, const char *json, const struct render_caps *caps)
{
    size_t n = strlen(json);
    char *text = malloc(n + 1);

    assert_non_null(text);
    for (size_t i = 0; i <= n; i++)
        text[i] = (char)(json[i] == '\'' ? '"' : json[i]);
    fixture_load(f, (struct str){text, n}, caps);
    free(text);
}

void fixture_free(struct fixture *f)
{
    for (size_t i = 0; i < f->desired.frontend_count; i++)
        frontend_unref(f->desired.frontends[i]);
    for (size_t i = 0; i < f->desired.object_count; i++)
        backend_unref(f->desired.objects[i]);
    for (size_t i = 0; i < f->desired.split_count; i++)
        split_unref(f->desired.splits[i]);
    arena_free(&f->desired.arena);
    arena_free(&f->arena);
}

struct str fixture_read(struct arena *a, const char *path)
{
    struct err e = {0};
    struct buf text;
    struct str copy;
    char full[512];

    (void)snprintf(full, sizeof full, "%s/%s", THALASSA_SOURCE_DIR, path);
    buf_init(&text, FILE_BYTES);
    must(file_read(full, &text, &e), &e, full);
    copy = arena_str(a, buf_str(&text));
    buf_free(&text);
    return copy;
}

static struct file_text partial(struct arena *a, const char *name)
{
    struct str path = arena_printf(a, "templates/partials/%s.tmpl", name);

    return (struct file_text){str_z(name), fixture_read(a, path.p)};
}

struct render_input fixture_input(struct fixture *f, const struct render_caps *caps)
{
    struct arena *a = &f->arena;
    struct file_text *partials = ARENA_ARRAY(a, struct file_text, 5);

    partials[0] = partial(a, "thalassa.defaults");
    partials[1] = partial(a, "thalassa.proxies");
    partials[2] = partial(a, "thalassa.spares");
    partials[3] = partial(a, "thalassa.stats");
    partials[4] = partial(a, "thalassa.agents");
    return (struct render_input){
        .desired = &f->desired,
        .caps = *caps,
        .paths = {.haproxy_dir = STR("/var/lib/thalassa"),
                  .admin_socket = STR("/var/lib/thalassa/admin.sock"),
                  .master_socket = STR("/var/lib/thalassa/master.sock"),
                  .pid = STR("/var/lib/thalassa/haproxy.pid"),
                  .state_file = STR("/var/lib/thalassa/server.state"),
                  .stats_file = STR("/var/lib/thalassa/stats.file")},
        .active = f->active,
        .active_count = f->active_count,
        .spares = caps->guid ? 0 : 2,
        .template = {STR("dev.haproxycfg.tmpl"), fixture_read(a, "templates/dev.haproxycfg.tmpl")},
        .partials = partials,
        .partial_count = 5};
}
