/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/resolve.h"
#include "base/worker.h"
#include "model/names.h"

#include <arpa/inet.h>
#include <ev.h>
#include <netdb.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

enum { TRY_S = 2, TRIES = 2 };

struct name {
    char *host;
    struct resolve_answer answer; /* both empty: not answered yet */
    bool wanted, busy;
};

struct resolver {
    struct worker *worker;
    struct ev_loop *loop;
    resolve_lookup *lookup;
    void (*on_change)(void *ctx);
    void *ctx;
    ev_timer timer;
    struct name *names; /* sorted by host */
    size_t count;
    struct arena arena; /* of the table */
    struct name_table table;
    bool stopping;
};

struct lookup_job {
    struct resolver *resolver;
    char *host;
    struct resolve_answer answer;
};

static int compare_bytes(const struct addrinfo *a, const struct addrinfo *b)
{
    if (a->ai_family != b->ai_family)
        return a->ai_family == AF_INET ? -1 : 1;
    if (a->ai_family == AF_INET)
        return memcmp(&((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr,
                      &((const struct sockaddr_in *)(const void *)b->ai_addr)->sin_addr, 4);
    return memcmp(&((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr,
                  &((const struct sockaddr_in6 *)(const void *)b->ai_addr)->sin6_addr, 16);
}

static void take_text(const struct addrinfo *a, struct resolve_answer *out)
{
    const void *bytes =
        a->ai_family == AF_INET
            ? (const void *)&((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr
            : (const void *)&((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr;

    inet_ntop(a->ai_family, bytes, out->address, sizeof out->address);
}

void resolve_by_system(const char *host, struct resolve_answer *out)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const struct addrinfo *best = NULL;
    struct addrinfo *list = NULL;
    int failure;

    if (!res_init()) { /* of this thread alone */
        _res.retrans = TRY_S;
        _res.retry = TRIES;
    }
    failure = getaddrinfo(host, NULL, &hints, &list);
    for (const struct addrinfo *a = list; a; a = a->ai_next)
        if ((a->ai_family == AF_INET || a->ai_family == AF_INET6) &&
            (!best || compare_bytes(a, best) < 0))
            best = a;
    if (best)
        take_text(best, out);
    else
        str_copy(out->problem, sizeof out->problem,
                 str_z(failure ? gai_strerror(failure) : "no address"));
    if (list)
        freeaddrinfo(list);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->host, ((const struct name *)b)->host);
}

static int compare_host(const void *host, const void *n)
{
    return str_cmp(*(const struct str *)host, str_z(((const struct name *)n)->host));
}

static struct name *find(struct resolver *r, struct str host)
{
    return r->count ? bsearch(&host, r->names, r->count, sizeof *r->names, compare_host) : NULL;
}

static void build_table(struct resolver *r)
{
    struct arena a = ARENA_INIT;
    struct resolved *items = ARENA_ARRAY(&a, struct resolved, r->count);
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++) {
        const struct name *name = &r->names[i];
        if (*name->answer.address || *name->answer.problem)
            items[n++] = (struct resolved){arena_str(&a, str_z(name->host)),
                                           arena_str(&a, str_z(name->answer.address)),
                                           arena_str(&a, str_z(name->answer.problem))};
    }
    arena_free(&r->arena);
    r->arena = a;
    r->table = (struct name_table){items, n};
}

static void run(void *ctx)
{
    struct lookup_job *job = ctx;

    job->resolver->lookup(job->host, &job->answer);
}

static void take_answer(struct resolver *r, struct name *n, struct resolve_answer *answer)
{
    if (!*answer->address && !*answer->problem)
        str_copy(answer->problem, sizeof answer->problem, STR("no answer"));
    if (*answer->address && !address_is_usable(str_z(answer->address))) {
        *answer->address = 0;
        str_copy(answer->problem, sizeof answer->problem, STR("the unspecified address"));
    }
    if (!*answer->address && *n->answer.address)
        return;
    if (!strcmp(answer->address, n->answer.address) && !strcmp(answer->problem, n->answer.problem))
        return;
    n->answer = *answer;
    build_table(r);
    r->on_change(r->ctx);
}

static void done(void *ctx)
{
    struct lookup_job *job = ctx;
    struct resolver *r = job->resolver;
    struct name *n = r->stopping ? NULL : find(r, str_z(job->host));

    if (n) {
        n->busy = false;
        take_answer(r, n, &job->answer);
    }
    free(job->host);
    free(job);
}

static void submit(struct resolver *r, struct name *n)
{
    struct lookup_job *job = calloc(1, sizeof *job);

    if (!job || !(job->host = strdup(n->host)))
        abort();
    job->resolver = r;
    n->busy = true;
    worker_submit(r->worker, run, done, job);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct resolver *r = timer->data;

    (void)loop;
    (void)events;
    for (size_t i = 0; i < r->count; i++)
        if (!r->names[i].busy)
            submit(r, &r->names[i]);
}

struct resolver *resolver_start(struct ev_loop *loop, resolve_lookup *lookup, double every_s,
                                void (*on_change)(void *ctx), void *ctx)
{
    struct resolver *r = calloc(1, sizeof *r);

    if (!r)
        abort();
    r->worker = worker_start(loop);
    r->loop = loop;
    r->lookup = lookup ? lookup : resolve_by_system;
    r->on_change = on_change;
    r->ctx = ctx;
    ev_timer_init(&r->timer, on_timer, every_s, every_s);
    r->timer.data = r;
    ev_timer_start(loop, &r->timer);
    return r;
}

static void want(struct resolver *r, struct str host)
{
    struct name *n = find(r, host);

    if (n) {
        n->wanted = true;
        return;
    }
    r->names = realloc(r->names, (r->count + 1) * sizeof *r->names);
    n = r->names ? &r->names[r->count++] : NULL;
    if (!n)
        abort();
    *n = (struct name){.host = strndup(host.p, host.n), .wanted = true};
    if (!n->host)
        abort();
    qsort(r->names, r->count, sizeof *r->names, compare);
}

static void drop_unwanted(struct resolver *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->count; i++) {
        if (r->names[i].wanted)
            r->names[kept++] = r->names[i];
        else
            free(r->names[i].host);
    }
    r->count = kept;
}

void resolver_want(struct resolver *r, const struct str_list *hosts)
{
    size_t count = hosts->count < RESOLVE_HOSTS_MAX ? hosts->count : RESOLVE_HOSTS_MAX;

    for (size_t i = 0; i < r->count; i++)
        r->names[i].wanted = false;
    for (size_t i = 0; i < count; i++)
        want(r, hosts->items[i]);
    drop_unwanted(r);
    for (size_t i = 0; i < r->count; i++)
        if (!r->names[i].busy && !*r->names[i].answer.address && !*r->names[i].answer.problem)
            submit(r, &r->names[i]);
}

const struct name_table *resolver_table(const struct resolver *r)
{
    return &r->table;
}

void resolver_stop(struct resolver *r)
{
    r->stopping = true;
    ev_timer_stop(r->loop, &r->timer);
    worker_stop(r->worker);
    for (size_t i = 0; i < r->count; i++)
        free(r->names[i].host);
    free(r->names);
    arena_free(&r->arena);
    free(r);
}
