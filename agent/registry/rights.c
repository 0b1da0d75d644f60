/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rights.h"
#include "catalog/listing.h"
#include "catalog/parse.h"

#include <stdlib.h>

enum { DEADLINE_S = 20 };

enum rights_step { ASK_SERVICES, ASK_NODES, ASK_SELF, ASK_INSTANCES };

struct rights_check {
    struct http *http;
    void (*on_done)(void *ctx, const struct rights_report *report);
    void *ctx;
    struct arena arena;
    struct str_list services;
    size_t next; /* service whose instances are asked for */
    enum rights_step step;
    struct listing_parser *listing_parser;
    struct service_parser *service_parser;
    struct listing *listed;
    struct rights_report report;
};

static void ask(struct rights_check *c, enum rights_step step);

static void check_free(struct rights_check *c)
{
    listing_parser_free(c->listing_parser);
    service_parser_free(c->service_parser);
    listing_free(c->listed);
    arena_free(&c->arena);
    free(c);
}

static void finish(struct rights_check *c, const struct err *e)
{
    if (e)
        c->report.error = *e;
    c->on_done(c->ctx, &c->report);
    check_free(c);
}

static void add_line(struct rights_check *c, struct str line)
{
    *ARENA_PUSH(&c->arena, c->report.lines.items, c->report.lines.count) = line;
}

/* The next service that the catalog lists; those it does not list get their line. */
static void ask_instances(struct rights_check *c)
{
    for (; c->next < c->services.count; c->next++) {
        struct str name = c->services.items[c->next];
        if (listing_has(c->listed, name)) {
            ask(c, ASK_INSTANCES);
            return;
        }
        add_line(c, arena_printf(&c->arena,
                                 "service " STR_FMT
                                 ": not in the catalog, or missing: service \"" STR_FMT
                                 "\" { policy = \"read\" }",
                                 STR_ARG(name), STR_ARG(name)));
    }
    finish(c, NULL);
}

static void take_services(struct rights_check *c)
{
    c->report.services = c->listed->names.count > 0;
    if (!c->report.services)
        add_line(c, STR("no service is shown; missing: service_prefix \"\" { policy = \"read\" }"));
    ask(c, ASK_NODES);
}

static void take_nodes(struct rights_check *c, struct listing *nodes)
{
    c->report.nodes = nodes->names.count > 0;
    listing_free(nodes);
    if (!c->report.nodes)
        add_line(c, STR("no node is shown; missing: node_prefix \"\" { policy = \"read\" }"));
    ask(c, ASK_SELF);
}

static void take_instances(struct rights_check *c, struct service_read *read)
{
    struct str name = c->services.items[c->next++];

    if (!read->count)
        add_line(c, arena_printf(&c->arena,
                                 "service " STR_FMT ": listed, but no instance is shown; missing: "
                                 "node_prefix \"\" { policy = \"read\" }",
                                 STR_ARG(name)));
    service_read_unref(read);
    ask_instances(c);
}

static void on_self(struct rights_check *c, const struct http_reply *reply)
{
    if (reply->error.kind && reply->status != 403) {
        finish(c, &reply->error);
        return;
    }
    c->report.agent = !reply->error.kind;
    if (!c->report.agent)
        add_line(c, STR("the agent's id is not shown (does without); missing: agent_prefix \"\" "
                        "{ policy = \"read\" }"));
    ask_instances(c);
}

static void on_instances(struct rights_check *c, const struct http_reply *reply)
{
    struct service_read *read = NULL;
    struct err e = reply->error;

    if (!e.kind)
        service_parser_finish(c->service_parser, &read, &e);
    service_parser_free(c->service_parser);
    c->service_parser = NULL;
    if (read)
        take_instances(c, read);
    else
        finish(c, &e);
}

static void on_listing(struct rights_check *c, const struct http_reply *reply)
{
    bool services = c->step == ASK_SERVICES;
    struct listing *listing = NULL;
    struct err e = reply->error;

    if (!e.kind)
        listing_parser_finish(c->listing_parser, &listing, &e);
    listing_parser_free(c->listing_parser);
    c->listing_parser = NULL;
    if (!listing) {
        finish(c, &e);
    } else if (services) {
        c->listed = listing;
        take_services(c);
    } else {
        take_nodes(c, listing);
    }
}

static void on_done(void *ctx, const struct http_reply *reply)
{
    struct rights_check *c = ctx;

    if (c->step == ASK_SELF)
        on_self(c, reply);
    else if (c->step == ASK_INSTANCES)
        on_instances(c, reply);
    else
        on_listing(c, reply);
}

static int on_body(void *ctx, struct str piece, struct err *e)
{
    struct rights_check *c = ctx;

    if (c->service_parser)
        return service_parser_feed(c->service_parser, piece, e);
    return c->listing_parser ? listing_parser_feed(c->listing_parser, piece, e) : 0;
}

static void ask(struct rights_check *c, enum rights_step step)
{
    static const char *const paths[] = {
        [ASK_SERVICES] = "/v1/catalog/services",
        [ASK_NODES] = "/v1/catalog/nodes",
        [ASK_SELF] = "/v1/agent/self",
        [ASK_INSTANCES] = "/v1/health/service/",
    };
    struct buf path;

    buf_init(&path, 64 * 1024);
    buf_add_z(&path, paths[step]);
    c->step = step;
    if (step == ASK_INSTANCES) {
        http_encode(&path, c->services.items[c->next]);
        c->service_parser = service_parser_new(c->services.items[c->next]);
    } else if (step != ASK_SELF) {
        c->listing_parser = listing_parser_new();
    }
    (void)http_start(c->http, &(struct http_request){.method = "GET",
                                                     .path = path.p,
                                                     .deadline_s = DEADLINE_S,
                                                     .on_body = on_body,
                                                     .on_done = on_done,
                                                     .ctx = c});
    buf_free(&path);
}

void rights_check_start(struct http *http, const struct str_list *services,
                        void (*done)(void *ctx, const struct rights_report *report), void *ctx)
{
    struct rights_check *c = calloc(1, sizeof *c);

    if (!c)
        abort();
    c->http = http;
    c->on_done = done;
    c->ctx = ctx;
    c->services.items = ARENA_ARRAY(&c->arena, struct str, services->count);
    for (size_t i = 0; i < services->count; i++)
        c->services.items[c->services.count++] = arena_str(&c->arena, services->items[i]);
    ask(c, ASK_SERVICES);
}
