/* SPDX-License-Identifier: Apache-2.0 */
/* Backends of the API: fields, defaults, limits, refusals that name the field, and that what is
 * shown can be put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "refusals.h"

#include <stdio.h>
#include <string.h>

#define SHORT "{'type':'dynamic','name':'app','version':'1.0.0'}"
#define WITH(text) "{'type':'dynamic','name':'app','version':'1.0.0'," text "}"
#define STATIC(text) "{'type':'static','members':[" text "]}"

static void test_defaults(void **state)
{
    struct backend *b = given_backend("live", SHORT);
    struct arena a = ARENA_INIT;

    (void)state;
    assert_int_equal(b->type, BACKEND_DYNAMIC);
    assert_int_equal(b->balance, BALANCE_ROUNDROBIN);
    assert_int_equal(b->mode, MODE_HTTP);
    assert_false(b->health.set);
    assert_int_equal(b->health.interval_ms, 2000);
    assert_int_equal(b->cookie.n, 0);
    assert_string_equal(given_backend_text(&a, b, NULL).p,
                        "{\"id\":\"backend/live\",\"_type\":\"backend\",\"key\":\"live\","
                        "\"type\":\"dynamic\",\"name\":\"app\",\"version\":\"1.0.0\","
                        "\"balance\":\"roundrobin\",\"host\":null,\"mode\":\"http\","
                        "\"health\":null,\"server\":[],\"cookie\":null,\"members\":[],"
                        "\"natives\":[]}");
    arena_free(&a);
    backend_unref(b);
}

static void test_every_field(void **state)
{
    struct backend *b = given_backend(
        "live", WITH("'id':'backend/live','_type':'backend','key':'live','balance':'uri',"
                     "'host':'app.example.org','mode':'http','health':{'method':'HEAD',"
                     "'uri':'/up?x=1','httpVersion':'HTTP/1.1','interval':'750'},"
                     "'server':['maxconn 100','ssl verify none'],'cookie':'SID',"
                     "'members':[],'natives':['timeout server 5s']"));

    (void)state;
    assert_int_equal(b->balance, BALANCE_URI);
    assert_true(str_eq(b->host, STR("app.example.org")));
    assert_true(b->health.set);
    assert_int_equal(b->health.method, HEALTH_HEAD);
    assert_true(str_eq(b->health.uri, STR("/up?x=1")));
    assert_true(b->health.http_1_1);
    assert_int_equal(b->health.interval_ms, 750); /* a numeric string is a number */
    assert_int_equal(b->server.count, 3);
    assert_true(str_eq(b->cookie, STR("SID")));
    assert_int_equal(b->natives.count, 1);
    backend_unref(b);
}

static void test_words(void **state)
{
    static const char *const balances[] = {"roundrobin", "source", "leastconn",
                                           "first",      "random", "uri"};
    static const char *const methods[] = {"GET", "POST", "HEAD", "OPTIONS"};

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        assert_string_equal(balance_name((enum balance)i), balances[i]);
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(health_method_name((enum health_method)i), methods[i]);
    assert_string_equal(backend_type_name(BACKEND_STATIC), "static");
    assert_string_equal(member_status_name(MEMBER_MAINTENANCE), "maintenance");
}

static void test_empty_health_has_defaults(void **state)
{
    struct backend *b = given_backend("live", WITH("'health':{},'host':''"));

    (void)state;
    assert_true(b->health.set);
    assert_int_equal(b->health.method, HEALTH_GET);
    assert_true(str_eq(b->health.uri, STR("/")));
    assert_false(b->health.http_1_1);
    assert_int_equal(b->health.interval_ms, 2000);
    assert_int_equal(b->host.n, 0); /* "" is null */
    backend_unref(b);
}

static void test_null_is_absent(void **state)
{
    struct backend *b = given_backend("live", WITH("'balance':null,'host':null,'mode':null,"
                                                   "'health':null,'server':null,'cookie':null,"
                                                   "'members':null,'natives':null,'id':null"));
    struct backend *same = given_backend("live", SHORT);

    (void)state;
    assert_true(backend_equal(b, same));
    backend_unref(b);
    backend_unref(same);
}

static void test_static_members(void **state)
{
    struct backend *b = given_backend(
        "live", STATIC("{'host':'10.0.0.2','port':'80','weight':0,'backup':true},"
                       "{'host':'10.0.0.1','port':81},{'host':'10.0.0.1','port':80},"
                       "{'host':'db.example.org','port':5432},{'host':'::1','port':1}"));

    (void)state;
    assert_int_equal(b->members.count, 5); /* sorted by host, then port */
    assert_int_equal(b->members.items[0].port, 80);
    assert_int_equal(b->members.items[0].weight, 1);
    assert_true(str_eq(b->members.items[0].address, STR("10.0.0.1")));
    assert_int_equal(b->members.items[1].port, 81);
    assert_int_equal(b->members.items[2].port, 80);
    assert_int_equal(b->members.items[2].weight, 0);
    assert_true(b->members.items[2].backup);
    assert_true(str_eq(b->members.items[3].address, STR("::1")));
    assert_int_equal(b->members.items[4].address.n, 0);
    assert_string_equal(b->members.items[4].unusable.p, "name not resolved yet");
    backend_unref(b);
}

static void test_members_of_a_dynamic_backend_are_ignored(void **state)
{
    struct backend *b = given_backend("live", WITH("'members':[{'host':'10.0.0.1','port':80}]"));

    (void)state;
    assert_int_equal(b->members.count, 0);
    backend_unref(b);
}

static const struct refusal_case refusals[] = {
    {"{'name':'app','version':'1'}", "type", "required"},
    {"{'type':'cluster'}", "type", "none of dynamic, static"},
    {"{'type':'dynamic','version':'1'}", "name", "required for a dynamic backend"},
    {"{'type':'dynamic','name':'','version':'1'}", "name", "required for a dynamic backend"},
    {"{'type':'dynamic','name':'app'}", "version", "required for a dynamic backend"},
    {"{'type':'dynamic','name':'app','version':1}", "version", "a string wanted"},
    {"{'type':'dynamic','name':'a\\nb','version':'1'}", "name", "control characters"},
    {WITH("'balance':'fair'"), "balance", "none of roundrobin, source"},
    {WITH("'mode':'udp'"), "mode", "none of http, tcp"},
    {WITH("'id':'frontend/live'"), "id", "agree with the path"},
    {WITH("'_type':'frontend'"), "_type", "agree with the path"},
    {WITH("'key':'staged'"), "key", "agree with the path"},
    {WITH("'weight':1"), "weight", "unknown field"},
    {WITH("'host':'a b'"), "host", "character ' '"},
    {WITH("'host':'a;b'"), "host", "character ';'"},
    {WITH("'host':7"), "host", "a string wanted"},
    {WITH("'health':'/up'"), "health", "an object wanted"},
    {WITH("'health':{'path':'/'}"), "health.path", "unknown field"},
    {WITH("'health':{'method':'PUT'}"), "health.method", "none of GET, POST"},
    {WITH("'health':{'uri':''}"), "health.uri", "must start with '/'"},
    {WITH("'health':{'uri':'up'}"), "health.uri", "must start with '/'"},
    {WITH("'health':{'uri':'/a b'}"), "health.uri", "percent-encoded"},
    {WITH("'health':{'uri':'/\\u00e9'}"), "health.uri", "percent-encoded"},
    {WITH("'health':{'uri':'/#x'}"), "health.uri", "percent-encoded"},
    {WITH("'health':{'httpVersion':'1.1'}"), "health.httpVersion", "none of HTTP/1.0, HTTP/1.1"},
    {WITH("'health':{'httpVersion':'HTTP/1.1'}"), "host",
     "host is required with health check with httpVersion=HTTP/1.1"},
    {WITH("'host':'','health':{'httpVersion':'HTTP/1.1'}"), "host", "host is required"},
    {WITH("'health':{'interval':9}"), "health.interval", "not within 10 and 3600000"},
    {WITH("'health':{'interval':3600001}"), "health.interval", "not within 10 and 3600000"},
    {WITH("'health':{'interval':'2s'}"), "health.interval", "not a whole number"},
    {WITH("'health':{'interval':2.5}"), "health.interval", "not a whole number"},
    {WITH("'health':{'interval':-1}"), "health.interval", "not a whole number"},
    {WITH("'health':{'interval':true}"), "health.interval", "a number wanted"},
    {WITH("'cookie':'a b'"), "cookie", "allowed in a name"},
    {WITH("'mode':'tcp','cookie':'SID'"), "cookie", "only http backends"},
    {WITH("'mode':'tcp','balance':'uri'"), "balance", "needs mode http"},
    {WITH("'server':['weight 5']"), "server[0]", "the member's weight"},
    {WITH("'natives':['server s 1.2.3.4:80']"), "natives[0]", "members and server"},
    {"{'type':'static','members':{}}", "members", "a list wanted"},
    {STATIC("7"), "members[0]", "an object wanted"},
    {STATIC("{'port':80}"), "members[0].host", "required"},
    {STATIC("{'host':'','port':80}"), "members[0].host", "required"},
    {STATIC("{'host':'a'}"), "members[0].port", "required"},
    {STATIC("{'host':'a','port':80},{'host':'b','port':0}"), "members[1].port", "not within 1"},
    {STATIC("{'host':'a','port':65536}"), "members[0].port", "not within 1 and 65535"},
    {STATIC("{'host':'a','port':80,'weight':257}"), "members[0].weight", "not within 0 and 256"},
    {STATIC("{'host':'a','port':80,'backup':1}"), "members[0].backup", "true or false"},
    {STATIC("{'host':'a','port':80,'zone':'x'}"), "members[0].zone", "unknown field"},
    {STATIC("{'host':'[::1]','port':80}"), "members[0].host", "neither an IP address"},
    {STATIC("{'host':'a b','port':80}"), "members[0].host", "neither an IP address"},
    {STATIC("{'host':'0.0.0.0','port':80}"), "members[0].host", "no address of a server"},
    {STATIC("{'host':'::','port':80}"), "members[0].host", "no address of a server"},
    {STATIC("{'host':'a','port':80},{'host':'a','port':'80'}"), "members", "a:80 is given twice"},
    {"[]", "", "an object wanted"},
    {0}};

static void test_refusals_name_the_field(void **state)
{
    (void)state;
    refusals_backend(refusals);
    refuse_backend("thalassa.spare", SHORT, "name", "reserved");
    refuse_backend("a b", SHORT, "name", "allowed in a name");
}

static void test_limits(void **state)
{
    struct arena a = ARENA_INIT;
    const char *members = "{'type':'static','members':[";
    char name[LIMIT_NAME + 2], text[2 * LIMIT_NAME + 100];

    (void)state;
    refuse_backend("live", given_many(&a, members, "{}", LIMIT_MEMBERS + 1, "]}"), "members",
                   "more than 20000");
    memset(name, 'n', sizeof name);
    name[LIMIT_NAME + 1] = 0;
    (void)snprintf(text, sizeof text, "{'type':'dynamic','name':'%s','version':'1'}", name);
    refuse_backend("live", text, "name", "longer than 128");
    (void)snprintf(text, sizeof text, "{'type':'dynamic','name':'a','version':'%s'}", name);
    refuse_backend("live", text, "version", "longer than 128");
    name[LIMIT_NAME] = 0;
    (void)snprintf(text, sizeof text, "{'type':'dynamic','name':'%s','version':'%s'}", name, name);
    backend_unref(given_backend("live", text));
    arena_free(&a);
}

static const char *const samples[] = {
    SHORT,
    WITH("'balance':'source','host':'x.example','health':{'httpVersion':'HTTP/1.1'}"),
    WITH("'health':{'method':'OPTIONS','uri':'/%20','interval':10},'server':'maxconn 5'"),
    WITH("'mode':'tcp','server':['send-proxy','fastinter 5'],'natives':[' option tcpka ','']"),
    "{'type':'static'}",
    "{'type':'static','name':'shown','version':'too'}",
    STATIC("{'host':'b','port':2,'backup':true},{'host':'10.0.0.1','port':80,'weight':256}"),
    NULL};

static void test_what_is_shown_can_be_put_back(void **state)
{
    (void)state;
    for (size_t i = 0; samples[i]; i++) {
        struct arena a = ARENA_INIT;
        struct backend *b = given_backend("live", samples[i]), *again;
        struct str text = given_backend_text(&a, b, NULL);
        again = given_backend("live", text.p);
        assert_true(backend_equal(b, again));
        assert_string_equal(given_backend_text(&a, again, NULL).p, text.p);
        /* with the members that GET shows: a dynamic backend ignores them, a static one takes */
        text = given_backend_text(&a, b, &b->members);
        backend_unref(again);
        again = given_backend("live", text.p);
        assert_true(backend_equal(b, again));
        backend_unref(b);
        backend_unref(again);
        arena_free(&a);
    }
}

static void test_each_field_makes_a_difference(void **state)
{
    static const char *const others[] = {
        "{'type':'static','name':'app','version':'1.0.0'}",
        "{'type':'dynamic','name':'app2','version':'1.0.0'}",
        "{'type':'dynamic','name':'app','version':'1.0.1'}",
        WITH("'balance':'first'"),
        WITH("'host':'x'"),
        WITH("'mode':'tcp'"),
        WITH("'health':{}"),
        WITH("'server':['send-proxy']"),
        WITH("'cookie':'c'"),
        WITH("'natives':['option x']"),
    };
    struct backend *b = given_backend("live", SHORT);

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct backend *other = given_backend("live", others[i]);
        assert_false(backend_equal(b, other));
        backend_unref(other);
    }
    backend_unref(b);
}

static void test_order_of_static_members_makes_no_difference(void **state)
{
    struct backend *a = given_backend("s", STATIC("{'host':'a','port':1},{'host':'b','port':2}"));
    struct backend *b = given_backend("s", STATIC("{'host':'b','port':2},{'host':'a','port':1}"));

    (void)state;
    assert_true(backend_equal(a, b));
    backend_unref(a);
    backend_unref(b);
}

static void test_subscription_changes_alone(void **state)
{
    struct backend *b = given_backend("live", WITH("'host':'x','server':['maxconn 5']"));
    struct err e = {0};
    struct backend *next = backend_with_subscription(b, STR(""), STR("2.0.0"), &e);
    struct backend *other = backend_with_subscription(b, STR("shop"), STR("3"), &e);
    struct backend *want =
        given_backend("live", "{'type':'dynamic','name':'app','version':'2.0.0','host':'x',"
                              "'server':['maxconn 5']}");

    (void)state;
    assert_true(backend_equal(next, want));
    assert_true(str_eq(b->version, STR("1.0.0"))); /* the old one is another object */
    assert_true(str_eq(other->service, STR("shop")));
    assert_true(str_eq(other->version, STR("3")));
    assert_null(backend_with_subscription(b, STR(""), STR(""), &e));
    assert_string_equal(e.field, "version");
    assert_null(backend_with_subscription(b, STR(""), STR("a\x01"), &e));
    assert_string_equal(e.field, "version");
    backend_unref(b);
    backend_unref(next);
    backend_unref(other);
    backend_unref(want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_empty_health_has_defaults),
        cmocka_unit_test(test_null_is_absent),
        cmocka_unit_test(test_static_members),
        cmocka_unit_test(test_members_of_a_dynamic_backend_are_ignored),
        cmocka_unit_test(test_refusals_name_the_field),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_what_is_shown_can_be_put_back),
        cmocka_unit_test(test_each_field_makes_a_difference),
        cmocka_unit_test(test_order_of_static_members_makes_no_difference),
        cmocka_unit_test(test_subscription_changes_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
