/* SPDX-License-Identifier: Apache-2.0 */
/* The client against real HAProxy of every version that the agent supports. */
#include "base/buf.h"
#include "haproxy/batch.h"
#include "haproxy/observe.h"
#include "plan/replies.h"
#include "real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct scene {
    struct real real;
    struct runtime *runtime;
    bool up, down, done;
    size_t answered, failed;
    char replies[4][512]; /* the first ones */
    struct have *have;
};

static void on_state(void *ctx, enum runtime_state state, const struct err *why)
{
    struct scene *s = ctx;

    (void)why;
    s->up = state == RUNTIME_UP;
    s->down = state == RUNTIME_DOWN;
}

static void open_on(struct scene *s, const char *path, const char *prefix)
{
    struct runtime_options o = {.path = path, .prefix = prefix, .on_state = on_state, .ctx = s};
    struct err e;

    s->up = false;
    s->runtime = runtime_open(EV_DEFAULT, &o, &e);
    assert_non_null(s->runtime);
    loop_until(&s->up, 10);
}

static void begin(struct scene *s, const char *version)
{
    memset(s, 0, sizeof *s);
    real_init(&s->real, version, "");
    real_start(&s->real);
    open_on(s, s->real.admin, NULL);
}

static void end(struct scene *s)
{
    runtime_close(s->runtime);
    real_stop(&s->real);
}

static void on_batch(void *ctx, const struct batch *b)
{
    struct scene *s = ctx;

    s->answered = b->answered;
    s->failed = b->count - b->answered;
    for (size_t i = 0; i < 4 && i < b->answered; i++)
        str_copy(s->replies[i], sizeof s->replies[i], b->replies[i]);
    s->done = true;
}

static void run(struct scene *s, const struct str *commands, size_t n, double deadline_s)
{
    struct err e;

    s->done = false;
    assert_int_equal(batch_send(s->runtime, commands, n, deadline_s, on_batch, s, &e), 0);
    loop_until(&s->done, 60);
}

static void on_have(void *ctx, struct have *have, const struct err *failure)
{
    struct scene *s = ctx;

    if (failure)
        fail_msg("%s", failure->text);
    s->have = have;
    s->done = true;
}

static void observe(struct scene *s, const struct observe_request *q)
{
    struct err e;

    s->done = false;
    assert_int_equal(observe_start(s->runtime, q, 5., on_have, s, &e), 0);
    loop_until(&s->done, 20);
}

/* --- 10,000 commands --- */

static void pipeline(struct scene *s, const char *prefix)
{
    static struct str commands[10000];
    static char text[10000][48];
    struct str key = STR("live");
    double before;

    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(text[i], sizeof text[i], "set server live/s1 weight %u", i % 250 + 1);
        commands[i] = str_z(text[i]);
    }
    commands[5000] = STR("set server live/s1 weight 257");
    commands[1] = STR("get weight live/s1");
    before = ev_time();
    run(s, commands, 10000, 5.);
    print_message("%s%s: 10000 commands in %.0f ms\n", s->real.version, prefix ? " by master" : "",
                  (ev_time() - before) * 1e3);
    assert_int_equal(s->answered, 10000);
    assert_string_equal(s->replies[0], "");
    assert_non_null(strstr(s->replies[1], "1 (initial 10)"));
    assert_string_equal(s->replies[2], "");
    observe(s, &(struct observe_request){.backends = &key, .backend_count = 1});
    assert_int_equal(s->have->backends[0].servers[0].uweight, 9999 % 250 + 1);
    have_free(s->have);
}

static void pipeline_on(const char *version)
{
    struct scene s;

    begin(&s, version);
    pipeline(&s, NULL);
    runtime_close(s.runtime);
    open_on(&s, s.real.master, "@1 ");
    pipeline(&s, "@1 ");
    end(&s);
}

static void ten_thousand_commands_by_admin_and_master_socket(void **state)
{
    (void)state;
    each_version(pipeline_on);
}

/* --- observation --- */

static void expect_servers(const struct have *h)
{
    const struct have_backend *live = have_find_backend(h, STR("live"));
    const struct have_backend *other = have_find_backend(h, STR("other"));
    const struct have_server *s1 = have_find_server(live, STR("s1"));
    const struct have_server *x = have_find_server(other, STR("x"));

    assert_int_equal(live->count, 2);
    assert_true(str_eq_z(s1->address, "127.0.0.1"));
    assert_int_equal(s1->port, 1);
    assert_int_equal(s1->uweight, 10);
    assert_int_equal(s1->op, HAVE_RUNNING);
    assert_int_equal(s1->admin, 0);
    assert_int_equal(s1->check_state, 0);
    assert_true(str_eq_z(x->address, "::1"));
    assert_int_equal(x->admin & HAVE_MAINT_CONFIG, HAVE_MAINT_CONFIG);
    assert_int_equal(x->op, HAVE_STOPPED);
    assert_int_equal(have_find_server(live, STR("s2"))->check_state & HAVE_CHECK_ENABLED,
                     HAVE_CHECK_ENABLED);
    assert_int_equal(have_find_backend(h, STR("empty"))->count, 0);
    assert_null(have_find_backend(h, STR("web")));
    assert_int_equal(h->backend_count, 3);
    assert_int_equal(h->server_count, 3);
}

static void observe_on(const char *version)
{
    struct scene s;
    struct str map, gone = STR("/not/there.map"), maps[2], only[] = {STR("nope"), STR("other")};
    const struct have_map *m;

    begin(&s, version);
    map = str_z(s.real.map);
    maps[0] = map;
    maps[1] = gone;
    observe(&s, &(struct observe_request){
                    .connections = true, .sessions = true, .read_maps = maps, .read_map_count = 2});
    assert_true(str_starts(s.have->version, str_z(version)));
    assert_int_equal(s.have->pid, real_worker(&s.real));
    assert_true(s.have->start_time_s > 1000000000);
    assert_false(s.have->stopping);
    expect_servers(s.have);
    m = have_find_map(s.have, map);
    assert_true(m && m->read);
    assert_int_equal(m->entry_count, 2);
    assert_int_equal(m->count, 2);
    assert_true(str_eq_z(m->entries[1].key, "/b"));
    assert_true(str_eq_z(m->entries[1].value, "other tail of words"));
    assert_null(have_find_map(s.have, gone));
    have_free(s.have);
    observe(&s, &(struct observe_request){
                    .backends = only, .backend_count = 2, .connections = true, .sessions = true});
    assert_int_equal(s.have->backend_count, 1);
    assert_true(str_eq_z(s.have->backends[0].name, "other"));
    have_free(s.have);
    end(&s);
}

static void observation_is_what_the_configuration_says(void **state)
{
    (void)state;
    each_version(observe_on);
}

/* --- replies --- */

struct step {
    const char *command, *since;
    enum reply_op op;
    enum reply_meaning meaning;
};

static const struct step steps[] = {
    {"add server live/n1 127.0.0.1:9 weight 5 check inter 1000ms", "2", REPLY_ADD_SERVER, REPLY_OK},
    {"add server live/n1 127.0.0.1:9", "2", REPLY_ADD_SERVER, REPLY_ALREADY},
    {"add server nob/n1 127.0.0.1:9", "2", REPLY_ADD_SERVER, REPLY_REFUSED},
    {"add server live/n2", "2", REPLY_ADD_SERVER, REPLY_REFUSED},
    {"add server live/n2 127.0.0.1:9 bogus", "2", REPLY_ADD_SERVER, REPLY_REFUSED},
    {"enable health live/n1", "2", REPLY_ENABLE_HEALTH, REPLY_OK},
    {"enable health live/s1", "2", REPLY_ENABLE_HEALTH, REPLY_REFUSED},
    {"enable server live/n1", "2", REPLY_ENABLE_SERVER, REPLY_OK},
    {"enable server live/none", "2", REPLY_ENABLE_SERVER, REPLY_REFUSED},
    {"disable health live/n1", "2", REPLY_DISABLE_HEALTH, REPLY_OK},
    {"del server live/n1", "2", REPLY_DEL_SERVER, REPLY_REFUSED},
    {"set server live/n1 state drain", "2", REPLY_SET_STATE, REPLY_OK},
    {"set server live/n1 state bogus", "2", REPLY_SET_STATE, REPLY_REFUSED},
    {"set server live/n1 weight 7", "2", REPLY_SET_SERVER_WEIGHT, REPLY_OK},
    {"set server live/n1 weight 257", "2", REPLY_SET_SERVER_WEIGHT, REPLY_REFUSED},
    {"set weight live/n1 8", "2", REPLY_SET_WEIGHT, REPLY_OK},
    {"set weight live/n1 abc", "2", REPLY_SET_WEIGHT, REPLY_REFUSED},
    {"set maxconn server live/n1 5", "2", REPLY_SET_SERVER_MAXCONN, REPLY_OK},
    {"set server live/n1 addr 127.0.0.2 port 10", "2", REPLY_SET_ADDR, REPLY_OK},
    {"set server live/n1 addr 127.0.0.2 port 10", "2", REPLY_SET_ADDR, REPLY_ALREADY},
    {"set server live/n1 addr 127.0.0.2 port 11", "2", REPLY_SET_ADDR, REPLY_OK},
    {"set server live/n1 addr 127.0.0.2", "2", REPLY_SET_ADDR, REPLY_ALREADY},
    {"set server live/n1 addr 127.0.0.3", "2", REPLY_SET_ADDR, REPLY_OK},
    {"set server live/n1 addr foo.bar", "2", REPLY_SET_ADDR, REPLY_REFUSED},
    {"set server live/n1 addr", "2", REPLY_SET_ADDR, REPLY_REFUSED},
    {"set server live/s1 health down", "2", REPLY_SET_HEALTH, REPLY_OK},
    {"shutdown sessions server live/n1", "2", REPLY_SHUTDOWN_SESSIONS, REPLY_OK},
    {"shutdown sessions server live/none", "2", REPLY_SHUTDOWN_SESSIONS, REPLY_ALREADY},
    {"disable server live/n1", "2", REPLY_DISABLE_SERVER, REPLY_OK},
    {"wait 1s srv-removable live/n1", "3", REPLY_WAIT_REMOVABLE, REPLY_OK},
    {"wait 1s srv-removable live/s2", "3", REPLY_WAIT_REMOVABLE, REPLY_REFUSED},
    {"del server live/n1", "2", REPLY_DEL_SERVER, REPLY_OK},
    {"del server live/n1", "2", REPLY_DEL_SERVER, REPLY_ALREADY},
    {"del server nob/n1", "2", REPLY_DEL_SERVER, REPLY_ALREADY},
    {"add map %M /k live", "2", REPLY_ADD_MAP, REPLY_OK},
    {"add map /no/map /k live", "2", REPLY_ADD_MAP, REPLY_REFUSED},
    {"set map %M /k other", "2", REPLY_SET_MAP, REPLY_OK},
    {"set map %M /unknown other", "2", REPLY_SET_MAP, REPLY_REFUSED},
    {"del map %M /k", "2", REPLY_DEL_MAP, REPLY_OK},
    {"del map %M /k", "2", REPLY_DEL_MAP, REPLY_ALREADY},
    {"prepare map %M", "2", REPLY_PREPARE_MAP, REPLY_OK},
    {"add map @%V %M /n live", "2", REPLY_ADD_MAP, REPLY_OK},
    {"add map @9 %M /n live", "2", REPLY_ADD_MAP, REPLY_REFUSED},
    {"commit map @%V %M", "2", REPLY_COMMIT_MAP, REPLY_OK},
    {"commit map @9 %M", "2", REPLY_COMMIT_MAP, REPLY_REFUSED},
    {"prepare map /no/map", "2", REPLY_PREPARE_MAP, REPLY_REFUSED},
    {"clear map %M", "2", REPLY_CLEAR_MAP, REPLY_OK},
    {"add backend dyn from rr", "3.4", REPLY_ADD_BACKEND, REPLY_OK},
    {"add backend dyn from rr", "3.4", REPLY_ADD_BACKEND, REPLY_ALREADY},
    {"add backend web from rr", "3.4", REPLY_ADD_BACKEND, REPLY_REFUSED},
    {"add backend dyn2 from nope", "3.4", REPLY_ADD_BACKEND, REPLY_REFUSED},
    {"publish backend dyn", "3.4", REPLY_PUBLISH_BACKEND, REPLY_OK},
    {"publish backend nope", "3.4", REPLY_PUBLISH_BACKEND, REPLY_REFUSED},
    {"add server dyn/a 127.0.0.1:9", "3.4", REPLY_ADD_SERVER, REPLY_OK},
    {"del backend dyn", "3.4", REPLY_DEL_BACKEND, REPLY_REFUSED},
    {"unpublish backend dyn", "3.4", REPLY_UNPUBLISH_BACKEND, REPLY_OK},
    {"del backend dyn", "3.4", REPLY_DEL_BACKEND, REPLY_REFUSED},
    {"del server dyn/a", "3.4", REPLY_DEL_SERVER, REPLY_OK},
    {"del backend dyn", "3.4", REPLY_DEL_BACKEND, REPLY_OK},
    {"del backend dyn", "3.4", REPLY_DEL_BACKEND, REPLY_ALREADY},
    {"unpublish backend dyn", "3.4", REPLY_UNPUBLISH_BACKEND, REPLY_ALREADY},
};

/* %M: the map, %V: the version that `prepare map` gave. */
static struct str fill_in(struct buf *out, const char *command, const char *map, unsigned version)
{
    buf_reset(out);
    for (const char *p = command; *p; p++) {
        if (strncmp(p, "%M", 2) == 0)
            buf_add_z(out, map);
        else if (strncmp(p, "%V", 2) == 0)
            buf_printf(out, "%u", version);
        else
            buf_add_char(out, *p);
        p += *p == '%';
    }
    return buf_str(out);
}

static void run_steps(struct scene *s)
{
    struct buf text;
    unsigned version = 0;

    buf_init(&text, 1000);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct str command = fill_in(&text, steps[i].command, s->real.map, version);
        enum reply_meaning got;
        if (strcmp(s->real.version, steps[i].since) < 0)
            continue;
        run(s, &command, 1, 5.);
        assert_int_equal(reply_op_of(command), steps[i].op);
        got = reply_classify(steps[i].op, str_z(s->replies[0]));
        if (got != steps[i].meaning)
            fail_msg("%s: \"%s\" -> \"%s\": %s, expected %s", s->real.version, text.p,
                     s->replies[0], reply_meaning_name(got), reply_meaning_name(steps[i].meaning));
        (void)reply_map_version(str_z(s->replies[0]), &version);
    }
    buf_free(&text);
}

static void replies_on(const char *version)
{
    struct scene s;

    begin(&s, version);
    run_steps(&s);
    runtime_close(s.runtime);
    open_on(&s, s.real.master, "@1 "); /* without severity numbers */
    run_steps(&s);
    end(&s);
}

static void every_reply_is_understood(void **state)
{
    (void)state;
    each_version(replies_on);
}

/* --- a server with a connection on it --- */

static int listen_on(int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static enum reply_meaning one(struct scene *s, const char *command)
{
    struct str view = str_z(command);

    run(s, &view, 1, 5.);
    return reply_classify(reply_op_of(view), str_z(s->replies[0]));
}

static void busy_server_on(const char *version)
{
    static const char request[] = "GET /e HTTP/1.1\r\nHost: x\r\n\r\n";
    struct str only = STR("empty");
    char text[160];
    struct scene s;
    int port, listener = listen_on(&port), client, server;

    begin(&s, version);
    (void)snprintf(text, sizeof text, "add map %s /e empty", s.real.map);
    assert_int_equal(one(&s, text), REPLY_OK);
    (void)snprintf(text, sizeof text, "add server empty/n 127.0.0.1:%d", port);
    assert_int_equal(one(&s, text), REPLY_OK);
    assert_int_equal(one(&s, "enable server empty/n"), REPLY_OK);
    client = real_connect(s.real.port);
    assert_int_equal(write(client, request, sizeof request - 1), sizeof request - 1);
    server = accept(listener, NULL, NULL);
    assert_true(read(server, text, sizeof text) > 0); /* HAProxy knows that it is connected */
    observe(&s, &(struct observe_request){
                    .backends = &only, .backend_count = 1, .connections = true, .sessions = true});
    assert_int_equal(s.have->backends[0].servers[0].used_conn, 1);
    assert_int_equal(s.have->backends[0].servers[0].sessions, 1);
    have_free(s.have);
    assert_int_equal(one(&s, "set server empty/n state maint"), REPLY_OK);
    assert_int_equal(one(&s, "del server empty/n"), REPLY_RETRY);
    if (strcmp(version, "3") > 0)
        assert_int_equal(one(&s, "wait 50ms srv-removable empty/n"), REPLY_RETRY);
    assert_int_equal(one(&s, "shutdown sessions server empty/n"), REPLY_OK);
    for (int i = 0; one(&s, "del server empty/n") == REPLY_RETRY; i++)
        assert_true(i < 1000);
    assert_int_equal(one(&s, "del server empty/n"), REPLY_ALREADY);
    (void)close(client);
    (void)close(server);
    (void)close(listener);
    end(&s);
}

static void server_in_use_is_to_be_retried(void **state)
{
    (void)state;
    each_version(busy_server_on);
}

/* --- a worker that hangs --- */

static void stopped_on(const char *version)
{
    struct scene s;
    struct str command = STR("get weight live/s1");
    pid_t worker;
    double before;

    begin(&s, version);
    worker = real_worker(&s.real);
    assert_int_equal(kill(worker, SIGSTOP), 0);
    loop_for(0.1); /* its threads stop one after another */
    before = ev_time();
    run(&s, &command, 1, 0.3);
    assert_true(ev_time() - before < 3);
    assert_int_equal(s.failed, 1);
    assert_true(s.down);
    assert_int_equal(kill(worker, SIGCONT), 0);
    loop_until(&s.up, 15);
    run(&s, &command, 1, 5.);
    assert_int_equal(s.answered, 1);
    end(&s);
}

static void hanging_worker_ends_at_the_deadline(void **state)
{
    (void)state;
    each_version(stopped_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_commands_by_admin_and_master_socket),
        cmocka_unit_test(observation_is_what_the_configuration_says),
        cmocka_unit_test(every_reply_is_understood),
        cmocka_unit_test(server_in_use_is_to_be_retried),
        cmocka_unit_test(hanging_worker_ends_at_the_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
