/* SPDX-License-Identifier: Apache-2.0 */
/* One connection on a pair of sockets: time is an argument, frames are bytes. And what clients say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "web/handshake.h"
#include "web/said.h"
#include "web/websocket.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    int client;
    struct websocket *websocket;
    struct outbox out;
    int fd;
    size_t texts;
    char last[8192];
    size_t last_bytes;
};

static void on_text(void *ctx, struct str text)
{
    struct pair *p = ctx;

    assert_true(text.n < sizeof p->last);
    p->texts++;
    p->last_bytes = text.n;
    memcpy(p->last, text.p, text.n);
    p->last[text.n] = 0;
}

static void on_sent(void *ctx, size_t bytes)
{
    struct pair *p = ctx;

    outbox_sent(&p->out, bytes);
}

static void open_pair(struct pair *p, struct str early)
{
    struct websocket_limits limits = websocket_limits_default();
    struct websocket_events events = {p, on_text, on_sent};
    int fds[2];

    *p = (struct pair){0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    p->fd = fds[0];
    p->client = fds[1];
    p->websocket = websocket_new(p->fd, early, &p->out, &limits, &events, 0);
}

static void close_pair(struct pair *p)
{
    websocket_free(p->websocket);
    outbox_fini(&p->out);
    (void)close(p->fd);
    (void)close(p->client);
}

/* A masked frame with a mask of zeros. */
static size_t frame(char *out, unsigned first, struct str text)
{
    static const char mask[4];
    size_t head = 2;

    out[0] = (char)first;
    out[1] = (char)(0x80 | (text.n < 126 ? text.n : 126));
    if (text.n >= 126) {
        out[2] = (char)(text.n >> 8);
        out[3] = (char)(text.n & 0xff);
        head = 4;
    }
    memcpy(out + head, mask, sizeof mask);
    memcpy(out + head + sizeof mask, text.p, text.n);
    return head + sizeof mask + text.n;
}

static void say(struct pair *p, const char *bytes, size_t n)
{
    assert_int_equal(send(p->client, bytes, n, 0), (ssize_t)n);
}

/* What the server has sent, as it is. */
static size_t hear(struct pair *p, char *out, size_t size)
{
    ssize_t n = recv(p->client, out, size, 0);

    return n > 0 ? (size_t)n : 0;
}

static void test_a_message_is_one_wherever_it_is_cut(void **state)
{
    static const char text[] = "[\"statSubscribe\",\"stat/backend/\xc3\xa9\"]\n";
    char bytes[128];
    size_t n = frame(bytes, 0x81, (struct str){text, sizeof text - 1});

    (void)state;
    for (size_t cut = 0; cut <= n; cut++) {
        struct pair p;
        open_pair(&p, (struct str){bytes, cut}); /* the first part came with the request */
        websocket_read(p.websocket, 1);
        assert_int_equal(p.texts, cut == n);
        for (size_t i = cut; i < n; i++) {
            say(&p, &bytes[i], 1);
            websocket_read(p.websocket, 2);
        }
        assert_int_equal(p.texts, 1);
        assert_string_equal(p.last, text);
        websocket_tick(p.websocket, 1000000); /* nothing is half done */
        assert_false(websocket_is_gone(p.websocket));
        close_pair(&p);
    }
}

static void test_a_message_that_is_not_ended_closes(void **state)
{
    struct websocket_limits l = websocket_limits_default();
    char bytes[128], heard[64];
    size_t n = frame(bytes, 0x81, STR("[1]")), first = frame(bytes + n, 0x01, STR("[1"));

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pair p;
        open_pair(&p, STR_NONE);
        say(&p, i ? bytes + n : bytes, i ? first : n - 1); /* half a frame; half a message */
        websocket_read(p.websocket, 100);
        websocket_tick(p.websocket, 100 + l.message_ms - 1);
        assert_int_equal(hear(&p, heard, sizeof heard), 0);
        websocket_tick(p.websocket, 100 + l.message_ms);
        assert_true(hear(&p, heard, sizeof heard) > 4);
        assert_memory_equal(heard + 2, "\x03\xf0", 2);
        assert_false(websocket_is_gone(p.websocket)); /* it may say goodbye */
        websocket_tick(p.websocket, 100 + l.message_ms + l.close_ms);
        assert_true(websocket_is_gone(p.websocket));
        close_pair(&p);
    }
}

static void test_who_does_not_answer_a_ping_goes(void **state)
{
    struct websocket_limits l = websocket_limits_default();
    char bytes[64], heard[64];
    size_t n = frame(bytes, 0x8a, STR(""));
    struct pair p;

    (void)state;
    open_pair(&p, STR_NONE);
    websocket_tick(p.websocket, l.ping_ms - 1);
    assert_int_equal(hear(&p, heard, sizeof heard), 0);
    websocket_tick(p.websocket, l.ping_ms);
    assert_int_equal(hear(&p, heard, sizeof heard), 2);
    assert_memory_equal(heard, "\x89\x00", 2);
    say(&p, bytes, n);
    websocket_read(p.websocket, l.ping_ms + 1);
    websocket_tick(p.websocket, l.ping_ms + l.pong_ms);
    assert_false(websocket_is_gone(p.websocket));
    websocket_tick(p.websocket, 2 * l.ping_ms);
    assert_int_equal(hear(&p, heard, sizeof heard), 2);
    websocket_tick(p.websocket, 2 * l.ping_ms + l.pong_ms - 1);
    assert_false(websocket_is_gone(p.websocket));
    websocket_tick(p.websocket, 2 * l.ping_ms + l.pong_ms);
    assert_true(websocket_is_gone(p.websocket));
    assert_string_equal(websocket_why(p.websocket), "no answer to a ping");
    close_pair(&p);
}

/* The client reads a byte at a time: whatever is sent, no frame is inside of another one. */
static void test_control_frames_go_between_messages(void **state)
{
    struct websocket_limits l = websocket_limits_default();
    static char text[300000], heard[sizeof text * 4];
    struct message *m;
    struct pair p;
    size_t got = 0, pings = 0, texts = 0;

    (void)state;
    open_pair(&p, STR_NONE);
    memset(text, 'x', sizeof text);
    m = message_new((struct str){text, sizeof text});
    for (int i = 0; i < 3; i++)
        outbox_push(&p.out, m);
    websocket_write(p.websocket, 0);
    assert_true(websocket_is_blocked(p.websocket));
    assert_true(p.out.sent > 0);
    websocket_tick(p.websocket, l.ping_ms);
    while (p.out.count || websocket_is_blocked(p.websocket)) {
        got += hear(&p, heard + got, 50000);
        websocket_write(p.websocket, l.ping_ms);
    }
    got += hear(&p, heard + got, sizeof heard - got);
    for (size_t at = 0; at < got;) {
        bool is_text = (unsigned char)heard[at] == 0x81;
        assert_true(is_text || (unsigned char)heard[at] == 0x89);
        texts += is_text;
        pings += !is_text;
        at += is_text ? m->n : 2;
    }
    assert_int_equal(texts, 3);
    assert_int_equal(pings, 1);
    message_unref(m);
    close_pair(&p);
}

static void test_closing_is_told_and_waited_for(void **state)
{
    char bytes[64], heard[64];
    size_t n = frame(bytes, 0x88, STR("\x03\xe8"));
    struct pair p;

    (void)state;
    open_pair(&p, STR_NONE);
    websocket_close(p.websocket, WEBSOCKET_GOING_AWAY, "bye", 5);
    websocket_close(p.websocket, WEBSOCKET_POLICY, "again", 5);
    websocket_write(p.websocket, 5);
    assert_int_equal(hear(&p, heard, sizeof heard), 7);
    assert_memory_equal(heard,
                        "\x88\x05\x03\xe9"
                        "bye",
                        7);
    assert_int_equal(recv(p.client, heard, 1, 0), 0); /* no more */
    say(&p, bytes, n);
    websocket_read(p.websocket, 6);
    assert_false(websocket_is_gone(p.websocket));
    (void)shutdown(p.client, SHUT_WR);
    websocket_read(p.websocket, 7);
    assert_true(websocket_is_gone(p.websocket));
    close_pair(&p);
}

static void test_pings_that_are_not_read_are_not_kept(void **state)
{
    struct pair p;
    char bytes[256];
    static char text[125];
    size_t n = frame(bytes, 0x89, (struct str){text, sizeof text});

    (void)state;
    open_pair(&p, STR_NONE);
    for (int i = 0; i < 100000 && !websocket_is_gone(p.websocket); i++) {
        (void)!send(p.client, bytes, n, 0);
        websocket_read(p.websocket, 1);
        websocket_write(p.websocket, 1);
    }
    assert_true(websocket_is_gone(p.websocket));
    close_pair(&p);
}

/* --- what clients say --- */

static void test_what_may_be_said(void **state)
{
    struct arena a = ARENA_INIT;
    struct json *json;
    struct said said;
    struct err e;

    (void)state;
    assert_int_equal(
        said_parse(&a, STR("[\"statSubscribe\",\"stat/frontend/*\"]\n"), &said, &json, &e), 0);
    assert_int_equal(said.kind, SAID_SUBSCRIBE);
    assert_string_equal(said.id.p, "stat/frontend/*");
    assert_int_equal(said_parse(&a, STR(" [ \"statUnsubscribe\" , \"x\" ] "), &said, &json, &e), 0);
    assert_int_equal(said.kind, SAID_UNSUBSCRIBE);
    assert_int_equal(said_parse(&a, STR("[\"updateAqueductBackendVersion\",\"i\",\"k\",\"v\"]"),
                                &said, &json, &e),
                     0);
    assert_int_equal(said.kind, SAID_SWITCH);
    assert_string_equal(said.key.p, "k");
    assert_string_equal(said.version.p, "v");
    assert_int_equal(said_parse(&a, STR("{\"resume\":\"12\"}"), &said, &json, &e), 0);
    assert_int_equal(said.kind, SAID_RESUME);
    assert_int_equal(said.seq, 12);
    assert_int_equal(said.epoch.n, 0);
    assert_int_equal(said_parse(&a, STR("{\"epoch\":\"e\",\"resume\":0}"), &said, &json, &e), 0);
    assert_string_equal(said.epoch.p, "e");
    arena_free(&a);
}

static void test_what_may_not_be_said(void **state)
{
    static const struct {
        const char *text;
        bool is_json;
    } cases[] = {
        {"", false},
        {"\n", false},
        {"[", false},
        {"[1]]", false},
        {"null", true},
        {"[]", true},
        {"[null]", true},
        {"[[\"statSubscribe\"]]", true},
        {"[\"statSubscribe\"]", true},
        {"[\"statSubscribe\",null]", true},
        {"[\"statSubscribe\",\"a\",\"b\"]", true},
        {"[\"statsubscribe\",\"a\"]", true},
        {"{}", true},
        {"{\"resume\":1.5}", true},
        {"{\"resume\":null}", true},
        {"{\"resume\":1,\"epoch\":7}", true},
        {"{\"resume\":1,\"x\":7}", true},
        {"[[[[[]]]]]", false},
    };
    struct arena a = ARENA_INIT;
    struct json *json;
    struct said said;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        assert_int_equal(said_parse(&a, str_z(cases[i].text), &said, &json, &e), -1);
        assert_int_equal(e.kind, ERR_INVALID);
        assert_true(e.text[0]);
        assert_int_equal(json != NULL, cases[i].is_json);
    }
    arena_free(&a);
}

/* The example of RFC 6455, 1.3. */
static void test_the_answer_to_the_key(void **state)
{
    struct header headers[] = {
        {STR("Connection"), STR("keep-alive, Upgrade")},
        {STR("upgrade"), STR("websocket")},
        {STR("Sec-WebSocket-Version"), STR("13")},
        {STR("Sec-WebSocket-Key"), STR("dGhlIHNhbXBsZSBub25jZQ==")},
    };
    struct exchange x = {.method_name = STR("GET"), .headers = {headers, 4}};
    char accept[HANDSHAKE_ACCEPT_MAX];
    struct err e;

    (void)state;
    assert_int_equal(handshake_check(&x, accept, &e), 101);
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    x.method_name = STR("HEAD");
    assert_int_equal(handshake_check(&x, accept, &e), 405);
    x.method_name = STR("GET");
    x.http_1_0 = true;
    assert_int_equal(handshake_check(&x, accept, &e), 426);
    x.http_1_0 = false;
    headers[3].value = STR("dGhlIHNhbXBsZSBub25jZQ=");
    assert_int_equal(handshake_check(&x, accept, &e), 400);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_is_one_wherever_it_is_cut),
        cmocka_unit_test(test_a_message_that_is_not_ended_closes),
        cmocka_unit_test(test_who_does_not_answer_a_ping_goes),
        cmocka_unit_test(test_control_frames_go_between_messages),
        cmocka_unit_test(test_closing_is_told_and_waited_for),
        cmocka_unit_test(test_pings_that_are_not_read_are_not_kept),
        cmocka_unit_test(test_what_may_be_said),
        cmocka_unit_test(test_what_may_not_be_said),
        cmocka_unit_test(test_the_answer_to_the_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
