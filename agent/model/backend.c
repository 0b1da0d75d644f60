/* SPDX-License-Identifier: Apache-2.0 */
#include "model/backend.h"

#include "model/names.h"
#include "model/natives.h"
#include "model/server_options.h"

#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = {"dynamic", "static", NULL};
static const char *const balance_names[] = {"roundrobin", "source", "leastconn", "first",
                                            "random",     "uri",    NULL};
static const char *const method_names[] = {"GET", "POST", "HEAD", "OPTIONS", NULL};
static const char *const version_names[] = {"HTTP/1.0", "HTTP/1.1", NULL};
static const char *const mode_names[] = {"http", "tcp", NULL};

enum { INTERVAL_MIN_MS = 10, INTERVAL_MAX_MS = 3600 * 1000, INTERVAL_DEFAULT_MS = 2000 };

const char *backend_type_name(enum backend_type t)
{
    return type_names[t];
}

const char *balance_name(enum balance b)
{
    return balance_names[b];
}

const char *health_method_name(enum health_method m)
{
    return method_names[m];
}

static int check_host(struct str host, struct err *e)
{
    for (size_t i = 0; i < host.n; i++) {
        if (strchr(" \"'\\#;,/?@", host.p[i]))
            return err_field(e, "host", "host: character '%c' is not allowed", host.p[i]);
    }
    return 0;
}

static int check_uri(struct str uri, struct err *e)
{
    if (uri.n == 0 || uri.p[0] != '/')
        return err_field(e, "uri", "uri: must start with '/'");
    for (size_t i = 0; i < uri.n; i++) {
        if (strchr(" \"'\\#", uri.p[i]) || (unsigned char)uri.p[i] > 0x7e)
            return err_field(e, "uri", "uri: blanks, quotes, '\\' and '#' must be percent-encoded");
    }
    return 0;
}

static int parse_health(struct backend *b, const struct json *o, struct err *e)
{
    static const char *const known[] = {"method", "uri", "httpVersion", "interval", NULL};
    const struct json *h = json_get(o, "health");
    unsigned method = HEALTH_GET, version = 0;
    uint64_t interval = INTERVAL_DEFAULT_MS;

    b->health = (struct health){.uri = STR("/"), .interval_ms = INTERVAL_DEFAULT_MS};
    if (!h || h->type == JSON_NULL)
        return 0;
    if (h->type != JSON_OBJECT)
        return err_field(e, "health", "health: an object wanted, this is %s",
                         json_type_name(h->type));
    if (read_known(h, known, e) || read_enum(h, "method", method_names, &method, e) ||
        read_str(h, "uri", &b->arena, &b->health.uri, e) || check_uri(b->health.uri, e) ||
        read_enum(h, "httpVersion", version_names, &version, e) ||
        read_uint(h, "interval", INTERVAL_MIN_MS, INTERVAL_MAX_MS, &interval, e)) {
        err_in(e, "health");
        return err_wrap(e, "health");
    }
    b->health.set = true;
    b->health.method = (enum health_method)method;
    b->health.http_1_1 = version == 1;
    b->health.interval_ms = (unsigned)interval;
    if (b->health.http_1_1 && b->host.n == 0)
        return err_field(e, "host", "host is required with health check with httpVersion=HTTP/1.1");
    return 0;
}

static int parse_static_member(struct backend *b, const struct json *o, struct member *m,
                               struct err *e)
{
    static const char *const known[] = {"host",    "port",      "weight",   "backup",   "name",
                                        "version", "lastKnown", "meta",     "id",       "observed",
                                        "health",  "address",   "unusable", "override", NULL};
    uint64_t port = 0, weight = 1;

    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    *m = member_blank();
    m->name = b->name;
    if (read_known(o, known, e) || read_str(o, "host", &b->arena, &m->host, e) ||
        read_uint(o, "port", 1, 65535, &port, e) || read_uint(o, "weight", 0, 256, &weight, e) ||
        read_bool(o, "backup", &m->backup, e))
        return -1;
    if (m->host.n == 0)
        return err_field(e, "host", "host: required");
    if (port == 0)
        return err_field(e, "port", "port: required");
    if (address_is_literal(m->host)) {
        if (!address_is_usable(m->host))
            return err_field(e, "host", "host: " STR_FMT " is no address of a server",
                             STR_ARG(m->host));
        m->address = m->host;
    } else if (!host_is_name(m->host)) {
        return err_field(e, "host", "host: neither an IP address nor a host name");
    } else {
        m->unusable = STR("name not resolved yet");
    }
    m->port = (uint16_t)port;
    m->weight = (unsigned)weight;
    return 0;
}

static int member_cmp(const void *pa, const void *pb)
{
    const struct member *a = pa, *b = pb;
    int c = str_cmp(a->host, b->host);

    return c ? c : (a->port > b->port) - (a->port < b->port);
}

static int check_unique(struct member_list *list, struct err *e)
{
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, member_cmp);
    for (size_t i = 1; i < list->count; i++) {
        if (member_cmp(&list->items[i - 1], &list->items[i]) == 0)
            return err_field(e, "members", "members: " STR_FMT ":%u is given twice",
                             STR_ARG(list->items[i].host), (unsigned)list->items[i].port);
    }
    return 0;
}

static int parse_members(struct backend *b, const struct json *o, struct err *e)
{
    const struct json *list = json_get(o, "members");
    size_t i = 0;

    if (b->type == BACKEND_DYNAMIC || !list || list->type == JSON_NULL)
        return 0;
    if (list->type != JSON_ARRAY)
        return err_field(e, "members", "members: a list wanted, this is %s",
                         json_type_name(list->type));
    if (list->count > LIMIT_MEMBERS)
        return err_field(e, "members", "members: more than %d", LIMIT_MEMBERS);
    b->members.items = ARENA_ARRAY(&b->arena, struct member, list->count);
    b->members.count = list->count;
    JSON_EACH(child, list) {
        if (parse_static_member(b, child, &b->members.items[i], e)) {
            err_in(e, "members[%zu]", i);
            return err_wrap(e, "members[%zu]", i);
        }
        i++;
    }
    return check_unique(&b->members, e);
}

static int parse_subscription(struct backend *b, const struct json *o, struct err *e)
{
    if (read_str(o, "name", &b->arena, &b->service, e) ||
        read_str(o, "version", &b->arena, &b->version, e))
        return -1;
    if (b->type == BACKEND_STATIC)
        return 0;
    if (b->service.n == 0)
        return err_field(e, "name", "name: required for a dynamic backend");
    if (b->version.n == 0)
        return err_field(e, "version", "version: required for a dynamic backend");
    if (b->service.n > LIMIT_NAME || b->version.n > LIMIT_NAME)
        return err_field(e, b->service.n > LIMIT_NAME ? "name" : "version", "longer than %d bytes",
                         LIMIT_NAME);
    return 0;
}

static int parse_fields(struct backend *b, const struct json *o, struct err *e)
{
    static const char *const known[] = {"id",      "_type",   "key",     "type",    "name",
                                        "version", "balance", "host",    "mode",    "health",
                                        "server",  "cookie",  "members", "natives", NULL};
    unsigned type = 2, balance = BALANCE_ROUNDROBIN, mode = MODE_HTTP;

    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_known(o, known, e) || read_identity(o, "backend", b->name, false, e) ||
        read_enum(o, "type", type_names, &type, e))
        return -1;
    if (type == 2)
        return err_field(e, "type", "type: required (dynamic or static)");
    b->type = (enum backend_type)type;
    if (parse_subscription(b, o, e) || read_enum(o, "balance", balance_names, &balance, e) ||
        read_enum(o, "mode", mode_names, &mode, e) || read_str(o, "host", &b->arena, &b->host, e) ||
        check_host(b->host, e) || parse_health(b, o, e) ||
        read_str_list(o, "server", LIMIT_NATIVES, &b->arena, &b->server, e) ||
        server_options_check(&b->arena, &b->server, e) ||
        read_str(o, "cookie", &b->arena, &b->cookie, e) ||
        (b->cookie.n && name_check(b->cookie, "cookie", e)) || parse_members(b, o, e) ||
        read_str_list(o, "natives", LIMIT_NATIVES, &b->arena, &b->natives, e))
        return -1;
    b->balance = (enum balance)balance;
    b->mode = (enum proxy_mode)mode;
    if (b->mode == MODE_TCP && b->cookie.n)
        return err_field(e, "cookie", "cookie: only http backends have one");
    if (b->mode == MODE_TCP && b->balance == BALANCE_URI)
        return err_field(e, "balance", "balance: uri needs mode http");
    return natives_check(&b->natives, false, e);
}

struct backend *backend_parse(struct str name, const struct json *o, struct err *e)
{
    struct backend *b;

    if (proxy_name_check(name, "name", e))
        return NULL;
    b = calloc(1, sizeof *b);
    if (!b)
        abort();
    b->refs = 1;
    b->name = arena_str(&b->arena, name);
    b->service = b->version = b->host = b->cookie = STR("");
    if (parse_fields(b, o, e)) {
        backend_unref(b);
        return NULL;
    }
    return b;
}

struct backend *backend_ref(struct backend *b)
{
    b->refs++;
    return b;
}

void backend_unref(struct backend *b)
{
    if (!b || --b->refs)
        return;
    arena_free(&b->arena);
    free(b);
}

static void put_health(struct json_out *o, const struct health *h)
{
    if (!h->set) {
        json_put_null(o, "health");
        return;
    }
    json_open_object(o, "health");
    json_put_z(o, "method", method_names[h->method]);
    json_put_str(o, "uri", h->uri);
    json_put_z(o, "httpVersion", version_names[h->http_1_1]);
    json_put_int(o, "interval", h->interval_ms);
    json_close_object(o);
}

static void put_static_member(struct json_out *o, const struct member *m)
{
    json_open_object(o, NULL);
    json_put_str(o, "host", m->host);
    json_put_int(o, "port", m->port);
    json_put_int(o, "weight", m->weight);
    json_put_bool(o, "backup", m->backup);
    json_close_object(o);
}

static void put_text_or_null(struct json_out *o, const char *key, struct str s)
{
    if (s.n)
        json_put_str(o, key, s);
    else
        json_put_null(o, key);
}

void backend_put(struct json_out *o, const char *key, const struct backend *b,
                 const struct member_list *members)
{
    struct arena a = ARENA_INIT;

    json_open_object(o, key);
    json_put_str(o, "id", arena_printf(&a, "backend/" STR_FMT, STR_ARG(b->name)));
    json_put_z(o, "_type", "backend");
    json_put_str(o, "key", b->name);
    json_put_z(o, "type", type_names[b->type]);
    put_text_or_null(o, "name", b->service);
    put_text_or_null(o, "version", b->version);
    json_put_z(o, "balance", balance_names[b->balance]);
    put_text_or_null(o, "host", b->host);
    json_put_z(o, "mode", mode_names[b->mode]);
    put_health(o, &b->health);
    put_str_list(o, "server", &b->server);
    put_text_or_null(o, "cookie", b->cookie);
    json_open_array(o, "members");
    for (size_t i = 0; members && i < members->count; i++)
        member_put(o, NULL, &members->items[i], false);
    for (size_t i = 0; !members && i < b->members.count; i++)
        put_static_member(o, &b->members.items[i]);
    json_close_array(o);
    put_str_list(o, "natives", &b->natives);
    json_close_object(o);
    arena_free(&a);
}

void backend_text(const struct backend *b, struct buf *to)
{
    struct json_out o;

    buf_init(to, SIZE_MAX / 4);
    json_out_init(&o, to, false);
    backend_put(&o, NULL, b, NULL);
    json_out_fini(&o);
}

bool backend_equal(const struct backend *a, const struct backend *b)
{
    struct buf ta, tb;

    backend_text(a, &ta);
    backend_text(b, &tb);
    return put_same(&ta, &tb);
}

static void replace_text(struct json *o, const char *key, struct str value)
{
    struct json *v = o->first;

    while (v && !str_eq_z(v->key, key))
        v = v->next;
    if (!v)
        return;
    v->type = JSON_STRING;
    v->text = value;
}

struct backend *backend_with_subscription(const struct backend *b, struct str service,
                                          struct str version, struct err *e)
{
    struct arena a = ARENA_INIT;
    struct backend *copy = NULL;
    struct json *o = NULL;
    struct buf text;

    backend_text(b, &text);
    if (json_parse(&a, buf_str(&text), JSON_MAX_DEPTH, &o, e) == 0) {
        if (service.n)
            replace_text(o, "name", service);
        replace_text(o, "version", version);
        copy = backend_parse(b->name, o, e);
    }
    buf_free(&text);
    arena_free(&a);
    return copy;
}
