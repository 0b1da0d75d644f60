/* SPDX-License-Identifier: Apache-2.0 */
#include "question.h"

#include "base/buf.h"
#include "given.h"
#include "policy/headers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

enum { LIMIT = 16380 };

struct policy_set *question_policies(const char *backend)
{
    struct arena a = ARENA_INIT;
    struct str text = arena_printf(&a,
                                   "{'frontend':'web','match':{'header':{'x-a':'b'}},"
                                   "'action':{'backend':'%s','set':{'variant':'v'}}}",
                                   backend);
    struct policy *p = given_policy("gold", text.p);
    const struct policy *list[] = {p};
    struct err e = {0};
    struct policy_set *set = policy_set_new(list, 1, &e);

    if (!set)
        fail_msg("%s: %s", e.field, e.text);
    policy_unref(p);
    arena_free(&a);
    return set;
}

static void put_name(struct spop_out *o, const char *name)
{
    spop_put_string(o, spop_bytes_z(name));
}

static void put_text(struct spop_out *o, const char *name, const char *text)
{
    put_name(o, name);
    spop_put_value(o, &(struct spop_value){SPOP_STRING, {.bytes = spop_bytes_z(text)}});
}

void question_put(struct spop_out *o, const char *frontend, const char *value)
{
    static const uint8_t src[] = {10, 0, 0, 1};
    struct buf headers;

    buf_init(&headers, QUESTION_BYTES);
    headers_add(&headers, STR("X-A"), str_z(value));
    headers_end(&headers);
    put_name(o, "decide");
    spop_put_u8(o, 7);
    put_text(o, "fe", frontend);
    put_text(o, "method", "GET");
    put_text(o, "host", "a.example");
    put_text(o, "path", "/p");
    put_name(o, "query");
    spop_put_value(o, &(struct spop_value){.type = SPOP_NULL});
    put_name(o, "src");
    spop_put_value(o, &(struct spop_value){SPOP_IPV4, {.bytes = {src, sizeof src}}});
    put_name(o, "hdrs");
    spop_put_value(
        o, &(struct spop_value){SPOP_BINARY, {.bytes = {(const uint8_t *)headers.p, headers.n}}});
    buf_free(&headers);
    assert_false(o->full);
}

static struct spop_bytes read_frame(int fd, uint8_t to[QUESTION_BYTES], uint8_t type)
{
    struct spop_bytes got = {to, 0};
    struct spop_frame f;
    enum spop_status why;

    for (;;) {
        struct spop_bytes rest = got;
        ssize_t n;

        if (spop_frame_take(&rest, LIMIT, &f, &why) == SPOP_FRAME_WHOLE)
            break;
        n = recv(fd, to + got.n, QUESTION_BYTES - got.n, 0);
        assert_true(n > 0);
        got.n += (size_t)n;
    }
    assert_int_equal(f.type, type);
    return f.payload;
}

static void send_all(int fd, const struct spop_out *o)
{
    assert_false(o->full);
    assert_int_equal(send(fd, o->p, o->n, MSG_NOSIGNAL), o->n);
}

int question_dial(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    uint8_t bytes[QUESTION_BYTES];
    struct spop_out o = {.p = bytes, .size = sizeof bytes};
    size_t start = spop_frame_begin(&o, SPOP_FRAME_HAPROXY_HELLO, 0, 0);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    put_text(&o, "supported-versions", "2.0");
    put_name(&o, "max-frame-size");
    spop_put_value(&o, &(struct spop_value){SPOP_UINT32, {.count = LIMIT}});
    put_text(&o, "capabilities", "pipelining");
    spop_frame_end(&o, start);
    send_all(fd, &o);
    (void)read_frame(fd, bytes, SPOP_FRAME_AGENT_HELLO);
    return fd;
}

struct spop_bytes question_ask(int fd, const char *value, uint8_t to[QUESTION_BYTES])
{
    uint8_t bytes[QUESTION_BYTES];
    struct spop_out o = {.p = bytes, .size = sizeof bytes};
    size_t start = spop_frame_begin(&o, SPOP_FRAME_NOTIFY, 1, 1);

    question_put(&o, "web", value);
    spop_frame_end(&o, start);
    send_all(fd, &o);
    return read_frame(fd, to, SPOP_FRAME_ACK);
}

const char *question_variable(struct spop_bytes answer, const char *name, size_t *place)
{
    static _Thread_local char text[64];
    struct spop_cursor c = spop_cursor(answer);

    for (*place = 0; spop_left(&c); (*place)++) {
        struct spop_bytes found;
        struct spop_value v;

        assert_int_equal(spop_read_u8(&c), 1); /* set-var, 3 arguments, of the transaction */
        assert_int_equal(spop_read_u8(&c), 3);
        assert_int_equal(spop_read_u8(&c), SPOP_SCOPE_TXN);
        found = spop_read_string(&c);
        v = spop_read_value(&c);
        assert_false(c.bad);
        assert_int_equal(v.type, SPOP_STRING);
        if (!spop_bytes_eq(found, spop_bytes_z(name)))
            continue;
        (void)snprintf(text, sizeof text, "%.*s", (int)v.bytes.n, (const char *)v.bytes.p);
        return text;
    }
    return "";
}
