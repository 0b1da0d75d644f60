/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: is it there, and what may our token see. */
#include "command_check.h"

#include "registry/rights.h"

static const char *given(const char *text)
{
    return *text ? text : NULL;
}

static void check_file(struct check *c, const char *path)
{
    struct arena a = ARENA_INIT;
    struct json *o;
    struct buf text;
    struct err e;

    buf_init(&text, 8 << 20);
    if (file_read(path, &text, &e))
        findings_add(&c->findings, FINDING_MISSING, "registry", "file %s", e.text);
    else if (json_parse(&a, buf_str(&text), JSON_MAX_DEPTH, &o, &e))
        findings_add(&c->findings, FINDING_MISSING, "registry", "file %s: %s", path, e.text);
    else if (o->type != JSON_OBJECT)
        findings_add(&c->findings, FINDING_MISSING, "registry",
                     "file %s: an object of services is wanted, this is %s", path,
                     json_type_name(o->type));
    else
        findings_add(&c->findings, FINDING_OK, "registry", "file %s: %zu services", path, o->count);
    buf_free(&text);
    arena_free(&a);
}

/* Services that the stored backends follow. */
static struct str_list followed(struct check *c)
{
    const struct objects *o = c->local.objects;
    struct str_list services = {0};

    for (size_t i = 0; o && i < o->backend_count; i++) {
        if (o->backends[i]->type == BACKEND_DYNAMIC)
            *ARENA_PUSH(&c->local.arena, services.items, services.count) = o->backends[i]->service;
    }
    return services;
}

/* The first lines are those of the rights without which nothing is seen. */
static void say_rights(struct check *c, const struct rights_report *r)
{
    size_t needed = (size_t)!r->services + (size_t)!r->nodes;

    if (needed == 0)
        findings_add(&c->findings, FINDING_OK, "token", "services and nodes are shown");
    for (size_t i = 0; i < r->lines.count; i++)
        findings_add(&c->findings, i < needed ? FINDING_MISSING : FINDING_WARNING, "token", STR_FMT,
                     STR_ARG(r->lines.items[i]));
}

struct asking {
    struct check *check;
    const char *server;
};

static void on_rights(void *ctx, const struct rights_report *r)
{
    struct asking *a = ctx;

    if (r->error.kind) {
        findings_add(&a->check->findings, FINDING_MISSING, "registry", "%s", r->error.text);
    } else {
        findings_add(&a->check->findings, FINDING_OK, "registry", "Consul at %s answers",
                     a->server);
        say_rights(a->check, r);
    }
    ev_break(a->check->local.app.loop, EVBREAK_ALL);
}

static void check_consul(struct check *c, const struct registry_address *address)
{
    const struct options *o = c->options;
    struct http_options options = {.address = address,
                                   .datacenter = given(o->datacenter),
                                   .token_file = given(o->serviceRegTokenFile),
                                   .ca = given(o->serviceRegCa),
                                   .cert = given(o->serviceRegCert),
                                   .key = given(o->serviceRegKey)};
    struct str_list services = followed(c);
    struct err e;
    struct http *http = http_open(c->local.app.loop, &options, &e);
    struct asking a = {c, http ? http_server(http) : ""};

    if (!http) {
        findings_add(&c->findings, FINDING_MISSING, "registry", "%s", e.text);
        return;
    }
    rights_check_start(http, &services, on_rights, &a);
    ev_run(c->local.app.loop, 0);
    http_close(http);
}

void check_registry(struct check *c)
{
    struct registry_address address;
    struct err e;

    if (registry_address_parse(c->options->serviceReg, c->options->serviceRegPort, &address, &e))
        findings_add(&c->findings, FINDING_MISSING, "registry", "--serviceReg: %s", e.text);
    else if (address.is_file)
        check_file(c, address.path);
    else
        check_consul(c, &address);
}
