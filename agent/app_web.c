/* SPDX-License-Identifier: Apache-2.0 */
/* Wires the HTTP server: what the routes call. */
#include "app_change.h"
#include "app_stream.h"
#include "app_stats.h"
#include "app_view.h"

#include "base/log.h"
#include "web/server.h"
#include "web/web.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct app_web {
    struct server *server;
    struct web web;
    struct access access;
    struct web_api api;
    const char **allowed_hosts;
};

static void on_change(void *ctx, const struct web_change *change, web_done *done, void *done_ctx)
{
    app_change_queue(ctx, change, done, done_ctx);
}

static int frontends(void *ctx, struct buf *out, struct err *e)
{
    return app_view_frontends(ctx, out, e);
}

static int frontend(void *ctx, struct str name, struct buf *out, struct etag *etag, struct err *e)
{
    return app_view_frontend(ctx, name, out, etag, e);
}

static int backends(void *ctx, struct buf *out, struct err *e)
{
    return app_view_backends(ctx, out, e);
}

static int backend(void *ctx, struct str name, struct buf *out, struct etag *etag, struct err *e)
{
    return app_view_backend(ctx, name, out, etag, e);
}

static int splits(void *ctx, struct buf *out, struct err *e)
{
    return app_view_splits(ctx, out, e);
}

static int split(void *ctx, struct str backend, struct buf *out, struct etag *etag, struct err *e)
{
    return app_view_split(ctx, backend, out, etag, e);
}

static int policies(void *ctx, struct buf *out, struct err *e)
{
    return app_view_policies(ctx, out, e);
}

static int policy(void *ctx, struct str name, struct buf *out, struct etag *etag, struct err *e)
{
    return app_view_policy(ctx, name, out, etag, e);
}

static int try_policies(void *ctx, const struct json *request, struct buf *out, struct err *e)
{
    return app_try_policies(ctx, request, out, e);
}

static int members(void *ctx, struct str name, struct buf *out, struct err *e)
{
    return app_view_members(ctx, name, out, e);
}

static int member(void *ctx, struct str name, const struct endpoint *which, struct buf *out,
                  struct err *e)
{
    return app_view_member(ctx, name, which, out, e);
}

static int status(void *ctx, struct buf *out, struct err *e)
{
    return app_view_status(ctx, out, e);
}

static int activity(void *ctx, const struct web_activity_query *query, struct buf *out,
                    struct err *e)
{
    struct app *a = ctx;
    struct activity_query q = {query->since, (size_t)query->limit, query->filter,
                               query->oldest_first};

    return activity_query(a->activity, &q, out, e);
}

static int stats(void *ctx, const struct web_stats_query *query, struct buf *out, struct err *e)
{
    return app_view_stats(ctx, query, out, e);
}

static int stat_history(void *ctx, const struct web_stat_query *query, struct buf *out,
                        struct err *e)
{
    return app_view_stat(ctx, query, out, e);
}

static int config(void *ctx, struct buf *out, struct err *e)
{
    struct app *a = ctx;

    return file_read(a->options->haproxyCfgPath, out, e);
}

static int metrics(void *ctx, struct metrics *m, struct err *e)
{
    return app_view_metrics(ctx, m, e);
}

static int ready(void *ctx, struct err *e)
{
    return app_view_ready(ctx, e);
}

static void plan(void *ctx, web_done *done, void *done_ctx)
{
    app_plan_question(ctx, done, done_ctx);
}

static void services(void *ctx, struct str service, web_done *done, void *done_ctx)
{
    app_services_question(ctx, service, done, done_ctx);
}

static const struct web_api functions = {
    .change = on_change,
    .frontends = frontends,
    .frontend = frontend,
    .backends = backends,
    .backend = backend,
    .splits = splits,
    .split = split,
    .policies = policies,
    .policy = policy,
    .try_policies = try_policies,
    .members = members,
    .member = member,
    .status = status,
    .activity = activity,
    .stats = stats,
    .stat = stat_history,
    .config = config,
    .metrics = metrics,
    .ready = ready,
    .plan = plan,
    .services = services,
};

static int listen_socket(struct app_web *w, const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];

    str_copy(folder, sizeof folder, (struct str){path, slash ? (size_t)(slash - path) : 0});
    if (folder[0] && file_make_folder(folder, 0755, e))
        return -1;
    return server_listen_unix(w->server, path, e);
}

static int listen_all(struct app *a, struct app_web *w, struct err *e)
{
    const struct options *o = a->options;

    if (access_listen_allowed(o->host, o->insecure, e) ||
        server_listen_tcp(w->server, o->host, (uint16_t)o->port, NULL, e))
        return -1;
    if (*o->apiSocket && listen_socket(w, o->apiSocket, e)) {
        if (o->origin[OPTION_apiSocket] != ORIGIN_DEFAULT)
            return -1;
        log_warn("%s: the API is on TCP only", e->text); /* nobody asked for this path */
    }
    log_info("API on %s:%u", o->host, (unsigned)o->port);
    return 0;
}

static void allow_hosts(struct app_web *w, const struct str_list *names)
{
    w->allowed_hosts = calloc(names->count + 1, sizeof *w->allowed_hosts);
    if (!w->allowed_hosts)
        abort();
    for (size_t i = 0; i < names->count; i++)
        w->allowed_hosts[i] = names->items[i].p; /* texts of options end with a NUL */
    w->access.allowed_hosts = w->allowed_hosts;
    w->access.allowed_host_count = names->count;
}

int app_web_start(struct app *a, struct err *e)
{
    struct server_limits limits = server_limits_default();
    struct app_web *w = calloc(1, sizeof *w);

    if (!w)
        abort();
    a->web = w;
    w->api = functions;
    w->api.ctx = a;
    w->access = (struct access){.host = a->options->host, .insecure = a->options->insecure};
    allow_hosts(w, &a->options->allowedHosts);
    app_stream_start(a, &w->api, &w->access);
    w->web = (struct web){&w->api, &w->access, app_stream_live(a)};
    w->server = server_new(a->loop, &limits, web_handle, &w->web);
    return listen_all(a, w, e);
}

void app_web_stop(struct app *a)
{
    if (!a->web)
        return;
    app_stream_stop(a);
    server_stop(a->web->server);
    app_stream_free(a);
    free(a->web->allowed_hosts);
    free(a->web);
    a->web = NULL;
}
