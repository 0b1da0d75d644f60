/* SPDX-License-Identifier: Apache-2.0 */
/* Every reply that plan/replies.def knows, from real HAProxy. */
#include "base/buf.h"
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- replies --- */

struct step {
    const char *command, *since;
    enum reply_op op;
    enum reply_meaning meaning;
};

static const struct step steps[] = {
    {"add server live/n1 127.0.0.1:9 weight 5 check inter 1000ms", "2", REPLY_ADD_SERVER, REPLY_OK},
    {"add server live/n1 127.0.0.1:9", "2", REPLY_ADD_SERVER, REPLY_ALREADY},
    {"add server nob/n1 127.0.0.1:9", "2", REPLY_ADD_SERVER, REPLY_RETRY},
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
    {"del backend dyn", "3.4", REPLY_DEL_BACKEND, REPLY_RETRY},
    {"unpublish backend dyn", "3.4", REPLY_UNPUBLISH_BACKEND, REPLY_OK},
    {"del backend dyn", "3.4", REPLY_DEL_BACKEND, REPLY_RETRY},
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
        scene_run(s, &command, 1, 5.);
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

    scene_begin(&s, version);
    run_steps(&s);
    runtime_close(s.runtime);
    scene_open(&s, s.real.master, "@1 "); /* without severity numbers */
    run_steps(&s);
    scene_end(&s);
}

static void every_reply_is_understood(void **state)
{
    (void)state;
    each_version(replies_on);
}

/* --- a server with a connection on it --- */

static void busy_server_on(const char *version)
{
    static const char request[] = "GET /e HTTP/1.1\r\nHost: x\r\n\r\n";
    struct str only = STR("empty");
    char text[160];
    struct scene s;
    int port, listener = real_listen(&port), client, server;

    scene_begin(&s, version);
    (void)snprintf(text, sizeof text, "add map %s /e empty", s.real.map);
    assert_int_equal(scene_one(&s, text), REPLY_OK);
    (void)snprintf(text, sizeof text, "add server empty/n 127.0.0.1:%d", port);
    assert_int_equal(scene_one(&s, text), REPLY_OK);
    assert_int_equal(scene_one(&s, "enable server empty/n"), REPLY_OK);
    client = real_connect(s.real.port);
    assert_int_equal(write(client, request, sizeof request - 1), sizeof request - 1);
    server = accept(listener, NULL, NULL);
    assert_true(read(server, text, sizeof text) > 0); /* HAProxy knows that it is connected */
    scene_observe(
        &s, &(struct observe_request){
                .backends = &only, .backend_count = 1, .connections = true, .sessions = true});
    assert_int_equal(s.have->backends[0].servers[0].used_conn, 1);
    assert_int_equal(s.have->backends[0].servers[0].sessions, 1);
    have_free(s.have);
    assert_int_equal(scene_one(&s, "set server empty/n state maint"), REPLY_OK);
    assert_int_equal(scene_one(&s, "del server empty/n"), REPLY_RETRY);
    if (strcmp(version, "3") > 0)
        assert_int_equal(scene_one(&s, "wait 50ms srv-removable empty/n"), REPLY_RETRY);
    assert_int_equal(scene_one(&s, "shutdown sessions server empty/n"), REPLY_OK);
    for (int i = 0; scene_one(&s, "del server empty/n") == REPLY_RETRY; i++)
        assert_true(i < 1000);
    assert_int_equal(scene_one(&s, "del server empty/n"), REPLY_ALREADY);
    (void)close(client);
    (void)close(server);
    (void)close(listener);
    scene_end(&s);
}

static void server_in_use_is_to_be_retried(void **state)
{
    (void)state;
    each_version(busy_server_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reply_is_understood),
        cmocka_unit_test(server_in_use_is_to_be_retried),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
