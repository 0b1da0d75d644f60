/* SPDX-License-Identifier: Apache-2.0 */
#include "model/backend.h"

#include "model/names.h"

static const char *const status_names[] = {"passing", "warning", "critical", "maintenance", NULL};

const char *member_status_name(enum member_status s)
{
    return status_names[s];
}

struct member member_blank(void)
{
    return (struct member){.name = STR(""),
                           .version = STR(""),
                           .host = STR(""),
                           .meta_hostname = STR(""),
                           .meta_pid = STR(""),
                           .meta_registered = STR(""),
                           .address = STR(""),
                           .unusable = STR("")};
}

struct str member_server_name(struct arena *a, struct str backend, const struct member *m)
{
    struct str name = arena_printf(a, STR_FMT "_" STR_FMT ":%u", STR_ARG(backend), STR_ARG(m->host),
                                   (unsigned)m->port);
    char *p = (char *)(uintptr_t)name.p; /* our own fresh copy */

    for (size_t i = 0; i < name.n; i++) {
        if (name_check((struct str){&p[i], 1}, "", NULL))
            p[i] = '-';
    }
    return name;
}

void member_put(struct json_out *o, const char *key, const struct member *m, bool keep_open)
{
    struct arena a = ARENA_INIT;

    json_open_object(o, key);
    json_put_str(o, "name", m->name);
    json_put_str(o, "version", m->version);
    json_put_str(o, "host", m->host);
    json_put_int(o, "port", m->port);
    json_put_int(o, "lastKnown", m->last_known_ms);
    json_open_object(o, "meta");
    json_put_str(o, "hostname", m->meta_hostname);
    json_put_str(o, "pid", m->meta_pid);
    json_put_str(o, "registered", m->meta_registered);
    json_close_object(o);
    json_put_str(o, "id",
                 arena_printf(&a, "/" STR_FMT "/" STR_FMT "/" STR_FMT "/%u", STR_ARG(m->name),
                              STR_ARG(m->version), STR_ARG(m->host), (unsigned)m->port));
    json_put_z(o, "health", member_status_name(m->status));
    json_put_int(o, "weight", m->weight);
    json_put_bool(o, "backup", m->backup);
    json_put_str(o, "address", m->address);
    if (m->unusable.n)
        json_put_str(o, "unusable", m->unusable);
    if (!keep_open)
        json_close_object(o);
    arena_free(&a);
}

int member_read(struct arena *a, const struct json *o, struct member *m, struct err *e)
{
    const struct json *known = json_get(o, "lastKnown"), *meta = json_get(o, "meta");
    uint64_t port = 0, weight = 1;
    unsigned status = MEMBER_PASSING;

    *m = member_blank();
    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "a member must be an object");
    if (read_str(o, "name", a, &m->name, e) || read_str(o, "version", a, &m->version, e) ||
        read_str(o, "host", a, &m->host, e) || read_uint(o, "port", 0, 65535, &port, e) ||
        read_uint(o, "weight", 0, 256, &weight, e) || read_bool(o, "backup", &m->backup, e) ||
        read_enum(o, "health", status_names, &status, e) ||
        read_str(o, "address", a, &m->address, e) || read_str(o, "unusable", a, &m->unusable, e))
        return -1;
    if (meta && meta->type == JSON_OBJECT &&
        (read_str(meta, "hostname", a, &m->meta_hostname, e) ||
         read_str(meta, "pid", a, &m->meta_pid, e) ||
         read_str(meta, "registered", a, &m->meta_registered, e)))
        return -1;
    m->port = (uint16_t)port;
    m->weight = (unsigned)weight;
    m->status = (enum member_status)status;
    m->last_known_ms = known && known->is_integer ? known->integer : 0;
    return 0;
}
