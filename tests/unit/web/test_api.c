/* SPDX-License-Identifier: Apache-2.0 */
/* The routes, without sockets: requests made by hand, answered by the fake agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_api.h"
#include "web/web.h"

#include <stdio.h>
#include <string.h>

static struct fake fake;
static struct access settings = {.host = "lb1.example"};
static struct web web = {.api = &fake.api, .access = &settings};

struct want {
    const char *method, *target, *headers, *body; /* headers: "Name: value\n..." */
    unsigned status;
    const char *text; /* that the body contains */
};

static void add_header(struct exchange *x, struct str line)
{
    struct str name = str_cut(&line, ':');

    *ARENA_PUSH(&x->arena, x->headers.items, x->headers.count) =
        (struct header){name, str_trim(line)};
}

/* As the server would: the exchange stays until exchange_end. */
static struct exchange *ask(const char *method, const char *target, const char *headers,
                            const char *body)
{
    struct exchange *x = exchange_new(str_z(target));
    struct str rest = str_z(headers);
    struct err e;

    x->method_name = str_z(method);
    x->method = exchange_method(x->method_name);
    assert_int_equal(target_parse(&x->arena, x->raw_target, &x->target, &e), 0);
    add_header(x, STR("Host: localhost:10000"));
    while (rest.n)
        add_header(x, str_cut(&rest, '\n'));
    x->body = body ? str_z(body) : STR("");
    x->peer = (struct peer){.is_loopback = true, .address = "127.0.0.1"};
    x->handed = true;
    web_handle(&web, x);
    return x;
}

static const char *header_of(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->reply.headers.count; i++) {
        if (str_eq_z(x->reply.headers.items[i].name, name))
            return x->reply.headers.items[i].value.p;
    }
    return "";
}

static void check(const struct want *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct exchange *x = ask(w[i].method, w[i].target, w[i].headers, w[i].body);
        struct str body = buf_str(&x->reply.body);
        if (x->reply.status != w[i].status || !strstr(body.p, w[i].text ? w[i].text : ""))
            fail_msg("%s %s: %u " STR_FMT ", wanted %u %s", w[i].method, w[i].target,
                     x->reply.status, STR_ARG(body), w[i].status, w[i].text);
        exchange_end(x);
    }
}

#define CHECK(list) check((list), sizeof(list) / sizeof *(list))
#define FRONTEND "{\"bind\":\":80\",\"backend\":\"live\"}"
#define BACKEND "{\"type\":\"dynamic\",\"name\":\"api\",\"version\":\"1.0.0\"}"

static void test_each_route_reads(void **state)
{
    static const struct want list[] = {
        {"GET", "/frontends", NULL, NULL, 200, "[{\"key\":\"web\""},
        {"GET", "/frontends/", NULL, NULL, 200, "[{\"key\":\"web\""},
        {"GET", "/frontends/web", NULL, NULL, 200, "{\"key\":\"web\""},
        {"HEAD", "/frontends/web", NULL, NULL, 200, "{\"key\":\"web\""},
        {"GET", "/frontends/none", NULL, NULL, 404, "{\"error\":\"no frontend \\\"none\\\"\"}"},
        {"GET", "/backends", NULL, NULL, 200, "["},
        {"GET", "/backends/live", NULL, NULL, 200, "live"},
        {"GET", "/backends/[::1]:80", NULL, NULL, 200, "[::1]:80"},
        {"GET", "/backends/%5b%3a%3A1%5d:80/", NULL, NULL, 200, "[::1]:80"},
        {"GET", "/backends/none", NULL, NULL, 404, "none"},
        {"GET", "/backends/a%2fb", NULL, NULL, 404, "a/b"},
        {"GET", "/backends/live/members", NULL, NULL, 200, "10.0.0.1"},
        {"GET", "/backends/none/members", NULL, NULL, 404, "error"},
        {"GET", "/backends/live/members/10.0.0.1:80", NULL, NULL, 200, "10.0.0.1 80"},
        {"GET", "/backends/live/members/%5b0:0::1%5D:80/", NULL, NULL, 200, "::1 80"},
        {"GET", "/backends/none/members/10.0.0.1:80", NULL, NULL, 404, "no backend"},
        {"GET", "/backends/live/members/10.0.0.1", NULL, NULL, 400, "\"field\":\"member\""},
        {"GET", "/backends/live/members/10.0.0.1:80%", NULL, NULL, 400, "bad escape"},
        {"GET", "/status", NULL, NULL, 200, "changes"},
        {"GET", "/plan", NULL, NULL, 200, "noop"},
        {"GET", "/services", NULL, NULL, 200, "api"},
        {"GET", "/services/api", NULL, NULL, 200, "1.0.0"},
        {"GET", "/services/missing", NULL, NULL, 404, "no such service"},
        {"GET", "/activity", NULL, NULL, 200, "[0,100,\"\"]"},
        {"GET", "/activity?since=7&oldest=true", NULL, NULL, 200, "[7,100,\"\",true]"},
        {"GET", "/activity?since=7&limit=5&filter=a+b%21", NULL, NULL, 200, "[7,5,\"a b!\"]"},
        {"GET", "/metrics", NULL, NULL, 200, "# TYPE thalassa_changes_total counter\n"},
        {"GET", "/openapi.json", NULL, NULL, 200, "\"openapi\": \"3.1.0\""},
        {"GET", "/healthz", NULL, NULL, 200, "ok"},
        {"GET", "/readyz", NULL, NULL, 200, "ok"},
    };

    (void)state;
    CHECK(list);
}

static void test_changes_carry_what_was_asked(void **state)
{
    static const struct want list[] = {
        {"PUT", "/frontends/web", NULL, FRONTEND, 200,
         "\"prune\":false,\"dryRun\":false,\"strict\":false,\"force\":false,\"wait\":0,"
         "\"actor\":\"127.0.0.1\",\"frontends\":[{\"id\":\"frontend/web\""},
        {"PUT", "/frontends/web?dryRun=true&strict=1&force&wait=1500ms", NULL, FRONTEND, 200,
         "\"dryRun\":true,\"strict\":true,\"force\":true,\"wait\":1500"},
        {"PUT", "/frontends/web?dryRun=false&strict=0", NULL, FRONTEND, 200,
         "\"dryRun\":false,\"strict\":false"},
        {"PUT", "/backends/live?wait=2m", "Content-Type: application/json; charset=utf-8", BACKEND,
         200, "\"kind\":\"put backend\",\"name\":\"live\""},
        {"DELETE", "/frontends/web", NULL, NULL, 200, "\"kind\":\"delete frontend\""},
        {"DELETE", "/backends/live?force=true", NULL, NULL, 200, "{}"},
        {"POST", "/backends/live", NULL, "{\"version\":\"2.0.0\"}", 200,
         "\"kind\":\"switch\",\"name\":\"live\",\"service\":\"\",\"version\":\"2.0.0\""},
        {"POST", "/backends/live", NULL, "{\"key\":\"live\",\"name\":\"api2\",\"version\":\"2\"}",
         200, "\"service\":\"api2\",\"version\":\"2\""},
        {"PUT", "/backends/live/members/[::1]:80?dryRun=true&wait=1s", NULL,
         "{\"state\":\"drain\",\"weight\":null}", 200,
         "\"kind\":\"override\",\"name\":\"live\",\"member\":\"[::1]:80 set drain, back\","
         "\"service\":\"\",\"version\":\"\",\"prune\":false,\"dryRun\":true"},
        {"PUT", "/backends/live/members/a.example:80", NULL, "{\"weight\":\"7\"}", 200,
         "\"member\":\"a.example:80 keep, set 7\""},
        {"PUT", "/config?prune=true", NULL,
         "{\"version\":1,\"frontends\":[{\"key\":\"a\",\"bind\":\":1\",\"backend\":\"b\"},"
         "{\"name\":\"c\",\"bind\":\":2\",\"backend\":\"b\"}],\"backends\":"
         "[{\"key\":\"b\",\"type\":\"static\"}]}",
         200, "\"prune\":true"},
        {"PUT", "/config", NULL, "{}", 200, "\"frontends\":[],\"backends\":[]"},
        {"POST", "/registry/accept", NULL, "{\"backend\":\"live\"}", 200,
         "\"kind\":\"accept loss\",\"name\":\"live\""},
    };

    (void)state;
    CHECK(list);
}

static void test_bad_input_is_named(void **state)
{
    static const struct want list[] = {
        {"PUT", "/frontends/web", NULL, "", 400, "JSON"},
        {"PUT", "/frontends/web", NULL, "{\"bind\":", 400, "JSON"},
        {"PUT", "/frontends/web", NULL, "[]", 400, "an object wanted, this is an array"},
        {"PUT", "/frontends/web", NULL, "{\"backend\":\"b\"}", 400, "\"field\":\"bind\""},
        {"PUT", "/frontends/web", NULL, "{\"bind\":\":80\",\"backend\":\"b\",\"odd\":1}", 400,
         "\"field\":\"odd\""},
        {"PUT", "/frontends/web", NULL, "{\"key\":\"x\",\"bind\":\":80\",\"backend\":\"b\"}", 400,
         "\"field\":\"key\""},
        {"PUT", "/frontends/a%20b", NULL, FRONTEND, 400, "error"},
        {"PUT", "/frontends/a%2fb", NULL, FRONTEND, 400, "error"},
        {"PUT", "/frontends/a%0ab", NULL, FRONTEND, 400, "bad escape"},
        {"PUT", "/frontends/a%2", NULL, FRONTEND, 400, "bad escape"},
        {"PUT", "/backends/live", NULL, "{}", 400, "\"field\":\"type\""},
        {"POST", "/backends/live", NULL, "{}", 400, "\"field\":\"version\""},
        {"POST", "/backends/live", NULL, "{\"version\":\"1\",\"key\":\"x\"}", 400,
         "\"field\":\"key\""},
        {"POST", "/backends/live", NULL, "{\"version\":\"1\",\"x\":1}", 400, "\"field\":\"x\""},
        {"POST", "/registry/accept", NULL, "{}", 400, "\"field\":\"backend\""},
        {"POST", "/registry/accept", NULL, "{\"backend\":\"b\",\"x\":1}", 400, "\"field\":\"x\""},
        {"PUT", "/config", NULL, "{\"polices\":[]}", 400, "\"field\":\"polices\""},
        {"PUT", "/config", NULL, "{\"version\":2}", 400, "\"field\":\"version\""},
        {"PUT", "/config", NULL, "{\"frontends\":{}}", 400, "\"field\":\"frontends\""},
        {"PUT", "/config", NULL, "{\"frontends\":[7]}", 400, "\"field\":\"frontends[0]\""},
        {"PUT", "/config", NULL, "{\"frontends\":[{}]}", 400, "\"field\":\"frontends[0].key\""},
        {"PUT", "/config", NULL, "{\"frontends\":[{\"key\":\"a\",\"backend\":\"b\"}]}", 400,
         "\"field\":\"frontends[0].bind\""},
        {"PUT", "/config", NULL,
         "{\"backends\":[{\"key\":\"b\",\"type\":\"static\"},{\"key\":\"a\",\"type\":\"static\"},"
         "{\"key\":\"b\",\"type\":\"static\"}]}",
         400, "\\\"b\\\" is there twice"},
        {"PUT", "/config", NULL, "{\"backends\":[{\"name\":\"b\",\"type\":\"static\"}]}", 400,
         "\"field\":\"backends[0].key\""},
        {"PUT", "/config", "If-Match: *", "{}", 412, "If-Match"},
        {"PUT", "/frontends/web?dryrun=true", NULL, FRONTEND, 400, "\"field\":\"dryrun\""},
        {"PUT", "/frontends/web?dryRun=yes", NULL, FRONTEND, 400, "\"field\":\"dryRun\""},
        {"PUT", "/frontends/web?prune=true", NULL, FRONTEND, 400, "\"field\":\"prune\""},
        {"PUT", "/frontends/web?wait=5", NULL, FRONTEND, 400, "\"field\":\"wait\""},
        {"PUT", "/frontends/web?wait=6m", NULL, FRONTEND, 400, "\"field\":\"wait\""},
        {"PUT", "/frontends/web?wait=-1s", NULL, FRONTEND, 400, "\"field\":\"wait\""},
        {"PUT", "/frontends/web?force&force", NULL, FRONTEND, 400, "is there twice"},
        {"GET", "/activity?since=x", NULL, NULL, 400, "\"field\":\"since\""},
        {"GET", "/activity?oldest=maybe", NULL, NULL, 400, "\"field\":\"oldest\""},
        {"GET", "/activity?limit=0", NULL, NULL, 400, "\"field\":\"limit\""},
        {"GET", "/activity?limit=1001", NULL, NULL, 400, "\"field\":\"limit\""},
    };

    (void)state;
    CHECK(list);
}

static void test_deep_json_is_refused(void **state)
{
    char body[200] = "{\"rules\":";
    struct want deep = {"PUT", "/frontends/web", NULL, body, 400, "nested too deeply"};

    (void)state;
    memset(body + strlen(body), '[', 40);
    check(&deep, 1);
}

static void test_agent_errors_have_their_status(void **state)
{
    static const struct want list[] = {
        {"DELETE", "/frontends/conflict", NULL, NULL, 409, "it is conflict"},
        {"DELETE", "/frontends/forbidden", NULL, NULL, 403, "it is"},
        {"DELETE", "/frontends/missing", NULL, NULL, 404, "it is"},
        {"DELETE", "/frontends/full", NULL, NULL, 503, "it is"},
        {"DELETE", "/frontends/broken", NULL, NULL, 500, "it is"},
        {"PUT", "/frontends/refused", NULL, FRONTEND, 422,
         "{\"error\":\"it is refused\",\"detail\":\"[ALERT] line 7: \\\"no\\\"\"}"},
        {"PUT", "/frontends/warned", NULL, FRONTEND, 200,
         "],\"warnings\":[\"no backend \\\"x\\\"\",\"second\"]}"},
    };

    (void)state;
    CHECK(list);
    fake.ready = false;
    struct want away[] = {
        {"GET", "/readyz", NULL, NULL, 503, "HAProxy is away"},
        {"GET", "/haproxy/config", NULL, NULL, 404, "nothing has been written"},
        {"GET", "/metrics", NULL, NULL, 503, "not yet"},
        {"GET", "/healthz", NULL, NULL, 200, "ok"},
    };
    CHECK(away);
    fake.ready = true;
}

static void test_access(void **state)
{
    static const struct want list[] = {
        {"GET", "/status", "Origin: http://localhost:10000", NULL, 200, ""},
        {"GET", "/status", "Origin: http://localhost:3000", NULL, 403, "Origin"},
        {"GET", "/status", "Origin: null", NULL, 403, "Origin"},
        {"OPTIONS", "/status", "Origin: http://evil.example", NULL, 403, "Origin"},
        {"PUT", "/frontends/web", "Content-Type: text/plain", FRONTEND, 415, "application/json"},
        {"DELETE", "/frontends/web", "Content-Type: text/plain", "x", 415, "application/json"},
        {"DELETE", "/frontends/web", "Content-Type: text/plain", NULL, 200, ""},
        {"PUT", "/frontends", NULL, "{}", 405, "does not take PUT"},
        {"TRACE", "/status", NULL, NULL, 405, "TRACE"},
        {"get", "/status", NULL, NULL, 405, "get"},
        {"GET", "/", NULL, NULL, 404, "no such path"},
        {"GET", "/frontends//", NULL, NULL, 404, "no such path"},
        {"GET", "//frontends", NULL, NULL, 404, "no such path"},
        {"GET", "/backends/live/members/10.0.0.1:80/x", NULL, NULL, 404, "no such path"},
        {"GET", "/../status", NULL, NULL, 404, "no such path"},
    };
    struct exchange *x;

    (void)state;
    CHECK(list);
    x = ask("OPTIONS", "/backends/live", NULL, NULL);
    assert_int_equal(x->reply.status, 204);
    assert_string_equal(header_of(x, "Allow"), "GET, HEAD, PUT, POST, DELETE, OPTIONS");
    assert_string_equal(header_of(x, "Access-Control-Allow-Origin"), "");
    exchange_end(x);
    x = ask("DELETE", "/frontends", NULL, NULL);
    assert_string_equal(header_of(x, "Allow"), "GET, HEAD, OPTIONS");
    exchange_end(x);
    x = ask("OPTIONS", "*", NULL, NULL);
    assert_int_equal(x->reply.status, 204);
    exchange_end(x);
}

static void test_only_this_machine_unless_insecure(void **state)
{
    struct exchange *x = exchange_new(STR("/status"));
    struct err e;

    (void)state;
    assert_int_equal(target_parse(&x->arena, x->raw_target, &x->target, &e), 0);
    x->peer = (struct peer){.address = "192.0.2.1"};
    x->handed = true;
    web_handle(&web, x);
    assert_int_equal(x->reply.status, 403);
    exchange_end(x);
}

static void test_if_match(void **state)
{
    struct exchange *x = ask("GET", "/frontends/web", NULL, NULL);
    char tag[64], header[96];

    (void)state;
    str_copy(tag, sizeof tag, str_z(header_of(x, "ETag")));
    assert_int_equal(strlen(tag), 18);
    exchange_end(x);
    (void)snprintf(header, sizeof header, "If-Match: \"other\", %s", tag);
    struct want list[] = {
        {"PUT", "/frontends/web", header, FRONTEND, 200, ""},
        {"PUT", "/frontends/web", "If-Match: *", FRONTEND, 200, ""},
        {"PUT", "/frontends/new", "If-Match: *", FRONTEND, 412, "no such object"},
        {"PUT", "/frontends/web", "If-Match: \"other\"", FRONTEND, 412, "has changed"},
        {"PUT", "/frontends/web", "If-Match: other", FRONTEND, 400, "\"field\":\"If-Match\""},
        {"DELETE", "/frontends/web", "If-Match: \"other\"", NULL, 412, "has changed"},
    };
    CHECK(list);
    x = ask("PUT", "/frontends/web", NULL, FRONTEND);
    assert_string_equal(header_of(x, "X-Thalassa-Generation"), "42");
    assert_int_equal(strlen(header_of(x, "ETag")), 18);
    exchange_end(x);
}

static void test_answer_after_the_client_is_gone_is_dropped(void **state)
{
    struct exchange *x = ask("PUT", "/frontends/never", NULL, FRONTEND);
    unsigned before = fake.answers;

    (void)state;
    assert_int_equal(x->reply.status, 0);
    exchange_end(x); /* stays, since the agent owes the answer */
    fake_finish(&fake);
    assert_int_equal(fake.answers, before + 1);
}

static void test_answer_after_the_deadline_is_dropped(void **state)
{
    struct exchange *x = ask("PUT", "/frontends/never", NULL, FRONTEND);
    struct err e = {.text = "too late"};

    (void)state;
    exchange_fail(x, 503, &e);
    fake_finish(&fake);
    assert_int_equal(x->reply.status, 503);
    assert_string_equal(x->reply.body.p, "{\"error\":\"too late\"}");
    exchange_end(x);
}

static void test_answer_that_is_too_large_is_500(void **state)
{
    struct exchange *x = exchange_new(STR("/"));
    struct buf body;

    (void)state;
    buf_init(&body, 4);
    buf_add_z(&body, "12345");
    exchange_reply_json(x, 200, &body);
    assert_int_equal(x->reply.status, 500);
    exchange_end(x);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_route_reads),
        cmocka_unit_test(test_changes_carry_what_was_asked),
        cmocka_unit_test(test_bad_input_is_named),
        cmocka_unit_test(test_deep_json_is_refused),
        cmocka_unit_test(test_agent_errors_have_their_status),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_only_this_machine_unless_insecure),
        cmocka_unit_test(test_if_match),
        cmocka_unit_test(test_answer_after_the_client_is_gone_is_dropped),
        cmocka_unit_test(test_answer_after_the_deadline_is_dropped),
        cmocka_unit_test(test_answer_that_is_too_large_is_500),
    };

    fake_init(&fake, EV_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
