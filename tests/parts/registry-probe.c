/* SPDX-License-Identifier: Apache-2.0 */
/* The registry alone, for the end to end tests: follows subscriptions and prints one JSON line per
 * event on stdout; takes orders as lines on stdin.
 *
 *   registry-probe --serviceReg HOST|file:PATH [--port N] [--ca F] [--cert F] [--key F]
 *                  [--token-file F] [--max-shrink N] [--state F]
 *   orders: sub BACKEND SERVICE VERSION | unsub BACKEND | accept BACKEND | show BACKEND | save |
 *           passing SERVICE VERSION | services | rights SERVICE... | register PORT |
 *           deregister | cpu | quit
 *   lines:  {"pool":...} on each change, {"state":...}, and one line per order that asks */
#include "base/file.h"
#include "base/log.h"
#include "registry/register.h"
#include "registry/rights.h"
#include "registry/subscriptions.h"

#include <ev.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SUBS_MAX = 1000 };

struct probe {
    struct ev_loop *loop;
    struct subscriptions *subs;
    struct subscription list[SUBS_MAX];
    struct arena names; /* theirs, old ones too */
    size_t count;
    struct buf in;
    ev_io io;
    const char *state_path;
    struct arena restored_arena;
    struct json *restored;
    struct registration *registration;
};

static struct json_out line_out;
static struct buf line_buf;

static void line_begin(const char *kind)
{
    buf_init(&line_buf, 64 << 20);
    json_out_init(&line_out, &line_buf, false);
    json_open_object(&line_out, NULL);
    json_put_z(&line_out, "event", kind);
}

static void line_end(void)
{
    json_close_object(&line_out);
    json_out_fini(&line_out);
    printf("%.*s\n", (int)line_buf.n, line_buf.p);
    fflush(stdout);
    buf_free(&line_buf);
}

static void put_member(struct json_out *o, const struct member *m, const char *held)
{
    char id[512];

    snprintf(id, sizeof id, STR_FMT ":%u", STR_ARG(m->host), m->port);
    json_open_object(o, NULL);
    json_put_z(o, "id", id);
    json_put_z(o, "status", member_status_name(m->status));
    json_put_int(o, "weight", m->weight);
    json_put_str(o, "address", m->address);
    json_put_str(o, "unusable", m->unusable);
    json_put_z(o, "held", held);
    json_close_object(o);
}

static void put_view(const struct pool_view *v, struct str backend)
{
    size_t h = 0;

    json_put_str(&line_out, "backend", backend);
    if (v) {
        json_put_bool(&line_out, "known", v->known);
        json_put_bool(&line_out, "panic", v->panic);
        json_open_array(&line_out, "members");
        for (size_t i = 0; i < v->members.count; i++) {
            const char *held = NULL;
            if (h < v->held_count && v->held[h].member == &v->members.items[i])
                held = hold_name(v->held[h++].hold);
            put_member(&line_out, &v->members.items[i], held);
        }
        json_close_array(&line_out);
    }
    line_end();
}

static void on_pool(void *ctx, struct str backend)
{
    struct probe *p = ctx;

    line_begin("pool");
    put_view(catalog_view(subscriptions_catalog(p->subs), backend), backend);
}

static void on_state(void *ctx, const struct registry_status *status)
{
    (void)ctx;
    line_begin("state");
    json_put_z(&line_out, "state", registry_state_name(status->state));
    json_put_z(&line_out, "error", status->last_error);
    line_end();
}

static void restore(struct probe *p, struct str backend)
{
    char key[256];
    struct err e = {.kind = ERR_NONE};
    const struct json *o = NULL;

    if (p->restored)
        o = json_get(p->restored, str_copy(key, sizeof key, backend));
    if (o && catalog_import(subscriptions_catalog(p->subs), backend, o, &e))
        log_error("%s", e.text);
}

static void order_sub(struct probe *p, struct str rest)
{
    struct str backend = str_word(&rest), service = str_word(&rest), version = str_word(&rest);
    size_t i = 0;
    bool is_new;

    while (i < p->count && !str_eq(p->list[i].backend, backend))
        i++;
    is_new = i == p->count;
    if (i == SUBS_MAX)
        return;
    p->count += is_new;
    p->list[i] = (struct subscription){arena_str(&p->names, backend), arena_str(&p->names, service),
                                       arena_str(&p->names, version)};
    subscriptions_set(p->subs, p->list, p->count);
    if (is_new)
        restore(p, p->list[i].backend);
}

static void order_unsub(struct probe *p, struct str rest)
{
    struct str backend = str_word(&rest);

    for (size_t i = 0; i < p->count; i++)
        if (str_eq(p->list[i].backend, backend))
            p->list[i] = p->list[--p->count];
    subscriptions_set(p->subs, p->list, p->count);
}

static void order_save(struct probe *p)
{
    struct buf b;
    struct json_out o;
    struct str backend;
    struct catalog *c = subscriptions_catalog(p->subs);

    buf_init(&b, 64 << 20);
    json_out_init(&o, &b, false);
    json_open_object(&o, NULL);
    for (size_t i = 0; catalog_each(c, i, &backend); i++) {
        char key[256];
        catalog_export(c, backend, &o, str_copy(key, sizeof key, backend));
    }
    json_close_object(&o);
    json_out_fini(&o);
    if (p->state_path)
        file_write_atomic(p->state_path, buf_str(&b), 0600, NULL);
    buf_free(&b);
    line_begin("saved");
    line_end();
}

static void order_cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    line_begin("cpu");
    json_put_int(&line_out, "us", (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    line_end();
}

static void on_list(void *ctx, const struct service_list *list, const struct err *e)
{
    (void)ctx;
    line_begin("services");
    if (e)
        json_put_z(&line_out, "error", e->text);
    json_open_array(&line_out, "services");
    for (size_t i = 0; list && i < list->count; i++)
        service_summary_put(&line_out, NULL, &list->items[i]);
    json_close_array(&line_out);
    line_end();
}

static void on_rights(void *ctx, const struct rights_report *r)
{
    (void)ctx;
    line_begin("rights");
    json_put_z(&line_out, "error", r->error.kind ? r->error.text : NULL);
    json_put_bool(&line_out, "services", r->services);
    json_put_bool(&line_out, "nodes", r->nodes);
    json_put_bool(&line_out, "agent", r->agent);
    put_str_list(&line_out, "lines", &r->lines);
    line_end();
}

static void order_rights(struct probe *p, struct str rest)
{
    struct str names[16];
    struct str_list list = {names, 0};

    while (list.count < 16 && (names[list.count] = str_word(&rest)).n)
        list.count++;
    rights_check_start(subscriptions_http(p->subs), &list, on_rights, p);
}

static void on_deregistered(void *ctx, const struct err *e)
{
    struct probe *p = ctx;

    p->registration = NULL;
    line_begin("deregistered");
    json_put_z(&line_out, "error", e ? e->text : NULL);
    line_end();
}

static void order(struct probe *p, struct str line)
{
    struct str verb = str_word(&line);

    if (str_eq_z(verb, "sub"))
        order_sub(p, line);
    else if (str_eq_z(verb, "unsub"))
        order_unsub(p, line);
    else if (str_eq_z(verb, "save"))
        order_save(p);
    else if (str_eq_z(verb, "cpu"))
        order_cpu();
    else if (str_eq_z(verb, "quit"))
        ev_break(p->loop, EVBREAK_ALL);
    else if (str_eq_z(verb, "accept")) {
        size_t n = catalog_accept(subscriptions_catalog(p->subs), str_word(&line));
        line_begin("accepted");
        json_put_int(&line_out, "removed", (int64_t)n);
        line_end();
    } else if (str_eq_z(verb, "show")) {
        struct str backend = str_word(&line);
        line_begin("show");
        put_view(catalog_view(subscriptions_catalog(p->subs), backend), backend);
    } else if (str_eq_z(verb, "services")) {
        subscriptions_list(p->subs, on_list, p);
    } else if (str_eq_z(verb, "rights")) {
        order_rights(p, line);
    } else if (str_eq_z(verb, "register")) {
        uint64_t port = 0;
        str_u64(str_word(&line), &port);
        p->registration = registration_start(
            p->loop, subscriptions_http(p->subs),
            &(struct registration_options){"probe", "here", "127.0.0.1", (unsigned)port});
    } else if (str_eq_z(verb, "deregister")) {
        registration_stop(p->registration, on_deregistered, p);
    } else if (str_eq_z(verb, "passing")) {
        struct str service = str_word(&line), version = str_word(&line);
        line_begin("passing");
        json_put_int(&line_out, "count",
                     catalog_version_passing(subscriptions_catalog(p->subs), service, version));
        line_end();
    }
}

static void on_stdin(struct ev_loop *loop, ev_io *io, int events)
{
    struct probe *p = io->data;
    size_t room, at;
    char *to = buf_room(&p->in, 4096, &room);
    ssize_t n = to ? read(0, to, room) : 0;

    (void)events;
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        ev_break(loop, EVBREAK_ALL);
        return;
    }
    buf_grown(&p->in, (size_t)n);
    while (str_find(buf_str(&p->in), '\n', &at)) {
        order(p, (struct str){p->in.p, at});
        buf_drop_front(&p->in, at + 1);
    }
}

static void load_state(struct probe *p)
{
    struct buf b;

    buf_init(&b, 64 << 20);
    if (p->state_path && !file_read(p->state_path, &b, NULL))
        json_parse(&p->restored_arena, buf_str(&b), JSON_MAX_DEPTH, &p->restored, NULL);
    buf_free(&b);
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"serviceReg", required_argument, NULL, 'r'},
        {"port", required_argument, NULL, 'p'},
        {"ca", required_argument, NULL, 'a'},
        {"cert", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},
        {"token-file", required_argument, NULL, 't'},
        {"max-shrink", required_argument, NULL, 'm'},
        {"state", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    static struct probe p;
    struct registry_address address;
    struct subscriptions_options o = {.pool = {.max_shrink_percent = 50, .panic = true}};
    const char *where = "127.0.0.1";
    unsigned port = 8500;
    struct err e = {.kind = ERR_NONE};

    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 'r': where = optarg; break;
        case 'p': port = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'a': o.http.ca = optarg; break;
        case 'c': o.http.cert = optarg; break;
        case 'k': o.http.key = optarg; break;
        case 't': o.http.token_file = optarg; break;
        case 'm': o.pool.max_shrink_percent = (unsigned)strtoul(optarg, NULL, 10); break;
        case 's': p.state_path = optarg; break;
        default: return 2;
        }
    }
    log_open(true);
    p.loop = ev_default_loop(0);
    o.http.address = &address;
    load_state(&p);
    if (!registry_address_parse(where, port, &address, &e))
        p.subs = subscriptions_start(
            p.loop, &o, &(struct subscriptions_events){&p, on_pool, on_state, NULL}, &e);
    if (!p.subs) {
        fprintf(stderr, "registry-probe: %s\n", e.text);
        return 2;
    }
    buf_init(&p.in, 1 << 20);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    ev_io_init(&p.io, on_stdin, 0, EV_READ);
    p.io.data = &p;
    ev_io_start(p.loop, &p.io);
    ev_run(p.loop, 0);
    subscriptions_stop(p.subs);
    buf_free(&p.in);
    arena_free(&p.names);
    arena_free(&p.restored_arena);
    return 0;
}
