/* SPDX-License-Identifier: Apache-2.0 */
#include "render/data.h"

#include "render/policy_lines.h"
#include "render/server.h"

/* A tree that grows at its end. */
struct node {
    struct json *self;
    struct json **tail;
};

static struct node grow(struct json *self)
{
    struct node n = {self, &self->first};

    while (*n.tail)
        n.tail = &(*n.tail)->next;
    return n;
}

static void append(struct node *to, const char *key, struct json *child)
{
    child->key = str_z(key);
    *to->tail = child;
    to->tail = &child->next;
    to->self->count++;
}

static struct json *new_json(struct arena *a, enum json_type type)
{
    struct json *j = ARENA_NEW(a, struct json);

    j->type = type;
    return j;
}

static struct json *new_list(struct arena *a, struct node *parent, const char *key)
{
    struct json *j = new_json(a, JSON_ARRAY);

    append(parent, key, j);
    return j;
}

/* The empty text becomes null, which a template's {{#if}} takes as false. */
static void put_text(struct arena *a, struct node *to, const char *key, struct str text)
{
    struct json *j = new_json(a, text.n ? JSON_STRING : JSON_NULL);

    j->text = text;
    append(to, key, j);
}

static void put_number(struct arena *a, struct node *to, const char *key, uint64_t number)
{
    struct json *j = new_json(a, JSON_NUMBER);

    j->text = arena_printf(a, "%llu", (unsigned long long)number);
    j->is_integer = str_i64(j->text, &j->integer) == 0;
    append(to, key, j);
}

/* What the API's writers gave, as a tree; frees the text. */
static struct json *parse_back(struct arena *a, struct buf *text, struct err *e)
{
    struct json *tree = NULL;

    if (buf_failed(text))
        err_set(e, ERR_TOO_LARGE, "more data than a configuration may be made from");
    else if (json_parse(a, buf_str(text), JSON_MAX_DEPTH, &tree, e))
        tree = NULL;
    buf_free(text);
    return tree;
}

static struct json *frontend_data(struct arena *a, const struct frontend *f, struct err *e)
{
    struct json_out o;
    struct buf text;

    buf_init(&text, RENDER_MAX_CONFIG);
    json_out_init(&o, &text, false);
    frontend_put(&o, NULL, f);
    json_out_fini(&o);
    return parse_back(a, &text, e);
}

/* KEY_HOST:PORT taken apart, so that a template that puts the name together gets the same. */
static struct str host_of(const struct desired_backend *b, const struct desired_server *s)
{
    struct str place = server_place(b->object->name, s->name);
    size_t end = place.n;

    while (end > 0 && place.p[end - 1] != ':')
        end--;
    return end > 1 && place.n < s->name.n ? (struct str){place.p, end - 1} : s->address;
}

static void member_text(struct json_out *o, const struct desired_backend *b,
                        const struct desired_server *s, bool guid)
{
    struct arena a = ARENA_INIT;
    struct str args = s->args;
    struct member m = {.name = b->object->service,
                       .version = b->object->version,
                       .host = host_of(b, s),
                       .port = s->port,
                       .weight = s->weight,
                       .address = s->address};

    if (guid)
        args = arena_printf(&a, STR_FMT " guid " STR_FMT, STR_ARG(args),
                            STR_ARG(server_guid_in(&a, b->object->name, b->object->name, s->name)));
    member_put(o, NULL, &m, true);
    json_put_str(o, "server", s->name);
    json_put_str(o, "endpoint", server_address(&a, s->address, s->port));
    json_put_str(o, "args", args);
    json_close_object(o);
    arena_free(&a);
}

static struct json *members_data(struct arena *a, const struct desired_backend *b, bool guid,
                                 struct err *e)
{
    struct json_out o;
    struct buf text;

    buf_init(&text, RENDER_MAX_CONFIG);
    json_out_init(&o, &text, false);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < b->server_count; i++)
        member_text(&o, b, &b->servers[i], guid);
    json_close_array(&o);
    json_out_fini(&o);
    return parse_back(a, &text, e);
}

static void replace(struct json *object, struct str key, const struct json *list)
{
    for (struct json *j = object->first; j; j = j->next) {
        if (str_eq(j->key, key)) {
            j->first = list->first;
            j->count = list->count;
        }
    }
}

static struct json *backend_data(struct arena *a, const struct desired_backend *b, bool guid,
                                 struct err *e)
{
    static const struct member_list none = {0};
    struct json_out o;
    struct json *object, *members;
    struct node self;
    struct buf text;

    buf_init(&text, RENDER_MAX_CONFIG);
    json_out_init(&o, &text, false);
    backend_put(&o, NULL, b->object, &none);
    json_out_fini(&o);
    object = parse_back(a, &text, e);
    members = object ? members_data(a, b, guid, e) : NULL;
    if (!members)
        return NULL;
    replace(object, STR("members"), members);
    self = grow(object);
    put_text(a, &self, "profile", profile_name(a, profile_of(b->object)));
    return object;
}

static struct node new_object(struct arena *a, struct node *list, struct str name,
                              enum proxy_mode mode)
{
    struct json *j = new_json(a, JSON_OBJECT);
    struct node self = grow(j);

    put_text(a, &self, "name", name);
    put_text(a, &self, "mode", str_z(mode_name(mode)));
    append(list, NULL, j);
    return self;
}

static void profile_data(struct arena *a, struct node *list, struct profile p, unsigned count)
{
    struct str name = profile_name(a, p);
    struct node self = new_object(a, list, name, p.mode);
    struct node spares = grow(new_list(a, &self, "spares"));

    for (unsigned i = 1; i <= count; i++) {
        struct node spare = new_object(a, &spares, profile_spare(a, name, i), p.mode);
        put_text(a, &spare, "profile", name);
    }
}

static void settings_data(struct arena *a, struct node *root, const struct render_input *in,
                          const struct line_env *line)
{
    const struct render_paths *p = &in->paths;

    put_text(a, root, "haproxySocketPath", p->admin_socket);
    put_text(a, root, "haproxyMasterSocketPath", p->master_socket);
    put_text(a, root, "haproxyPidPath", p->pid);
    put_text(a, root, "haproxyDir", p->haproxy_dir);
    put_text(a, root, "stateFile", p->state_file);
    put_text(a, root, "statsFile", in->caps.stats_file ? p->stats_file : STR(""));
    put_text(a, root, "statsBind", in->stats_bind);
    put_text(a, root, "agents", line->agent.n ? STR(POLICY_AGENTS) : STR(""));
    put_text(a, root, "lua", line->lua ? STR("lua/thalassa.lua") : STR(""));
    put_text(a, root, "modeSpop", line->mode_spop ? STR("yes") : STR(""));
    put_number(a, root, "generation", in->desired->generation);
}

int data_build(struct arena *a, const struct render_input *in, const struct line_env *line,
               const struct profile_list *profiles, struct json **out, struct err *e)
{
    const struct desired *d = in->desired;
    struct node root = grow(*out = new_json(a, JSON_OBJECT));
    struct node list;

    settings_data(a, &root, in, line);
    list = grow(new_list(a, &root, "profiles"));
    for (size_t i = 0; i < profiles->count; i++)
        profile_data(a, &list, profiles->items[i], in->spares);
    list = grow(new_list(a, &root, "frontends"));
    for (size_t i = 0; i < d->frontend_count; i++) {
        struct json *j = frontend_data(a, d->frontends[i], e);
        if (!j)
            return err_wrap(e, "frontend " STR_FMT, STR_ARG(d->frontends[i]->name));
        append(&list, NULL, j);
    }
    list = grow(new_list(a, &root, "backends"));
    for (size_t i = 0; i < d->backend_count; i++) {
        struct json *j = backend_data(a, &d->backends[i], in->caps.guid, e);
        if (!j)
            return err_wrap(e, "backend " STR_FMT, STR_ARG(d->backends[i].object->name));
        append(&list, NULL, j);
    }
    return 0;
}
