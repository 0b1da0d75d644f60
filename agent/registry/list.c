/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/list.h"
#include "catalog/listing.h"
#include "catalog/parse.h"

#include <ev.h>
#include <stdlib.h>

enum { DEADLINE_S = 10 };

struct asker {
    on_service_list *on_list;
    void *ctx;
};

/* One of the reads that go on side by side. */
struct reader {
    struct lister *lister;
    struct http_call *call;
    struct service_parser *parser;
    size_t index;
};

struct lister {
    struct ev_loop *loop;
    struct http *http;
    const struct service_read *(*known)(void *ctx, struct str service);
    void *ctx;
    struct asker askers[LIST_ASKERS_MAX];
    size_t asker_count;
    struct listing *names; /* while it is being built */
    struct listing_parser *parser;
    struct http_call *call;
    struct reader readers[LIST_AT_ONCE];
    size_t next, active;
    struct service_list list;
    ev_tstamp built; /* 0: nothing kept */
    ev_timer deadline;
};

static void answer(struct lister *l, const struct service_list *list, const struct err *e)
{
    struct asker askers[LIST_ASKERS_MAX];
    size_t count = l->asker_count;

    for (size_t i = 0; i < count; i++)
        askers[i] = l->askers[i];
    l->asker_count = 0;
    for (size_t i = 0; i < count; i++)
        askers[i].on_list(askers[i].ctx, list, e);
}

static void list_clear(struct lister *l)
{
    arena_free(&l->list.arena);
    l->list = (struct service_list){.arena = ARENA_INIT};
    l->built = 0;
}

/* Ends what is under way; what was built of the list stays. */
static void halt(struct lister *l)
{
    ev_timer_stop(l->loop, &l->deadline);
    if (l->call)
        http_cancel(l->call);
    l->call = NULL;
    for (size_t i = 0; i < LIST_AT_ONCE; i++) {
        struct reader *r = &l->readers[i];
        if (r->call)
            http_cancel(r->call);
        service_parser_free(r->parser);
        *r = (struct reader){.lister = l};
    }
    l->active = 0;
    listing_parser_free(l->parser);
    listing_free(l->names);
    l->parser = NULL;
    l->names = NULL;
}

static void fail(struct lister *l, const struct err *e)
{
    struct err copy = *e;

    halt(l);
    list_clear(l);
    answer(l, NULL, &copy);
}

static void finish(struct lister *l)
{
    halt(l);
    l->list.count = l->next;
    l->built = ev_now(l->loop);
    answer(l, &l->list, NULL);
}

static void read_more(struct lister *l);

static int take_service(void *ctx, struct str piece, struct err *e)
{
    struct reader *r = ctx;

    return service_parser_feed(r->parser, piece, e);
}

static void on_service(void *ctx, const struct http_reply *reply)
{
    struct reader *r = ctx;
    struct lister *l = r->lister;
    struct service_read *read = NULL;
    struct err e = reply->error;

    r->call = NULL;
    if (!e.kind && service_parser_finish(r->parser, &read, &e))
        err_wrap(&e, "Consul %s", http_server(l->http));
    service_parser_free(r->parser);
    r->parser = NULL;
    if (e.kind) {
        fail(l, &e);
        return;
    }
    service_summarise(&l->list.arena, read, &l->list.items[r->index]);
    service_read_unref(read);
    l->active--;
    read_more(l);
}

static void read_service(struct reader *r, struct str name, size_t index)
{
    struct buf path;

    buf_init(&path, 64 * 1024);
    buf_add_z(&path, "/v1/health/service/");
    http_encode(&path, name);
    r->index = index;
    r->parser = service_parser_new(name);
    r->call = http_start(r->lister->http, &(struct http_request){.method = "GET",
                                                                 .path = path.p,
                                                                 .deadline_s = DEADLINE_S,
                                                                 .on_body = take_service,
                                                                 .on_done = on_service,
                                                                 .ctx = r});
    buf_free(&path);
}

static struct reader *idle_reader(struct lister *l)
{
    for (size_t i = 0; i < LIST_AT_ONCE; i++)
        if (!l->readers[i].call)
            return &l->readers[i];
    return NULL;
}

static void read_more(struct lister *l)
{
    struct reader *idle;

    while (l->next < l->names->names.count && (idle = idle_reader(l))) {
        struct str name = l->names->names.items[l->next];
        const struct service_read *read = l->known ? l->known(l->ctx, name) : NULL;
        if (read) {
            service_summarise(&l->list.arena, read, &l->list.items[l->next++]);
        } else {
            l->active++;
            read_service(idle, name, l->next++);
        }
    }
    if (!l->active && l->next == l->names->names.count)
        finish(l);
}

static int take_names(void *ctx, struct str piece, struct err *e)
{
    struct lister *l = ctx;

    return listing_parser_feed(l->parser, piece, e);
}

static void on_names(void *ctx, const struct http_reply *reply)
{
    struct lister *l = ctx;
    struct err e = reply->error;

    l->call = NULL;
    if (!e.kind && listing_parser_finish(l->parser, &l->names, &e))
        err_wrap(&e, "Consul %s", http_server(l->http));
    if (e.kind) {
        fail(l, &e);
        return;
    }
    l->next = 0;
    l->list.items = ARENA_ARRAY(&l->list.arena, struct service_summary, l->names->names.count);
    read_more(l);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct lister *l = timer->data;
    struct err e;

    (void)loop;
    (void)events;
    err_set(&e, ERR_UNAVAILABLE, "Consul %s: the services could not be read within %d s",
            http_server(l->http), LIST_DEADLINE_S);
    fail(l, &e);
}

struct lister *lister_start(struct ev_loop *loop, struct http *http,
                            const struct service_read *(*known)(void *ctx, struct str service),
                            void *ctx)
{
    struct lister *l = calloc(1, sizeof *l);

    if (!l)
        abort();
    l->loop = loop;
    l->http = http;
    l->known = known;
    l->ctx = ctx;
    for (size_t i = 0; i < LIST_AT_ONCE; i++)
        l->readers[i].lister = l;
    ev_timer_init(&l->deadline, on_deadline, 0., 0.);
    l->deadline.data = l;
    return l;
}

static void begin(struct lister *l)
{
    list_clear(l);
    ev_timer_set(&l->deadline, LIST_DEADLINE_S, 0.);
    ev_timer_start(l->loop, &l->deadline);
    l->parser = listing_parser_new();
    l->call = http_start(l->http, &(struct http_request){.method = "GET",
                                                         .path = "/v1/catalog/services",
                                                         .deadline_s = DEADLINE_S,
                                                         .on_body = take_names,
                                                         .on_done = on_names,
                                                         .ctx = l});
}

void lister_get(struct lister *l, on_service_list *on_list, void *ctx)
{
    bool under_way = ev_is_active(&l->deadline);
    struct err e;

    if (!under_way && l->built > 0 && ev_now(l->loop) - l->built < LIST_KEEP_S) {
        on_list(ctx, &l->list, NULL);
        return;
    }
    if (l->asker_count == LIST_ASKERS_MAX) {
        err_set(&e, ERR_UNAVAILABLE, "too many ask for the services at once");
        on_list(ctx, NULL, &e);
        return;
    }
    l->askers[l->asker_count++] = (struct asker){on_list, ctx};
    if (!under_way)
        begin(l);
}

void lister_stop(struct lister *l)
{
    struct err e;

    err_set(&e, ERR_UNAVAILABLE, "the agent stops");
    fail(l, &e);
    free(l);
}
