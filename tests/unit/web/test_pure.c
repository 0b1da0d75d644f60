/* SPDX-License-Identifier: Apache-2.0 */
/* Targets, names of hosts, entity tags, routes, metrics: values in, values out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "web/access.h"
#include "web/etag.h"
#include "web/metrics.h"
#include "web/router.h"
#include "web/strict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void test_target_is_decoded_once(void **state)
{
    struct arena a = ARENA_INIT;
    struct target t;
    struct err e;

    (void)state;
    assert_int_equal(target_parse(&a, STR("/a%2Fb?x=1%262&&y&z=a+b%2bc%253d&q=?/="), &t, &e), 0);
    assert_true(str_eq_z(t.path, "/a%2Fb"));
    assert_int_equal(t.param_count, 4);
    assert_true(str_eq_z(t.params[0].value, "1&2"));
    assert_true(str_eq_z(t.params[1].name, "y") && t.params[1].value.n == 0);
    assert_true(str_eq_z(t.params[2].value, "a b+c%3d"));
    assert_true(str_eq_z(t.params[3].value, "?/="));
    assert_int_equal(target_parse(&a, STR("/"), &t, &e), 0);
    assert_int_equal(t.param_count, 0);
    assert_int_equal(target_parse(&a, STR("/?"), &t, &e), 0);
    assert_int_equal(t.param_count, 0);
    arena_free(&a);
}

static void test_bad_targets(void **state)
{
    static const char *const list[] = {"",        "a",       "*x",      "/ ",      "/\x7f",
                                       "/\xc3",   "/?a=%",   "/?a=%1",  "/?a=%g1", "/?a=%1g",
                                       "/?a=%00", "/?a=%0a", "/?%0a=1", "/?=1",    "/?a=%7f"};
    struct arena a = ARENA_INIT;
    char many[TARGET_MAX_BYTES + 2];
    struct target t;
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        if (target_parse(&a, str_z(list[i]), &t, &e) == 0)
            fail_msg("taken: %s", list[i]);
        assert_int_equal(e.kind, ERR_INVALID);
    }
    memset(many, 'a', sizeof many);
    many[0] = '/';
    assert_int_equal(target_parse(&a, (struct str){many, TARGET_MAX_BYTES}, &t, &e), 0);
    assert_int_equal(target_parse(&a, (struct str){many, TARGET_MAX_BYTES + 1}, &t, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    many[1] = '?';
    for (size_t i = 2; i < 2 + 33 * 2; i++)
        many[i] = i % 2 ? '&' : 'a';
    assert_int_equal(target_parse(&a, (struct str){many, 2 + 32 * 2}, &t, &e), 0);
    assert_int_equal(target_parse(&a, (struct str){many, 2 + 33 * 2}, &t, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    arena_free(&a);
}

static void test_hosts(void **state)
{
    static const char *const names[] = {"proxy.example", "Other.example"};
    static const struct access a = {.host = "lb1", .allowed_hosts = names, .allowed_host_count = 2};
    static const char *const good[] = {"localhost",
                                       "LOCALHOST:10000",
                                       "127.0.0.1",
                                       "10.1.2.3:80",
                                       "[::1]",
                                       "[2001:db8::1]:10000",
                                       "lb1",
                                       "LB1:1",
                                       "proxy.example:65535",
                                       "other.example",
                                       "lb1:"};
    static const char *const bad[] = {"",
                                      ":80",
                                      "evil.example",
                                      "localhost.evil.example",
                                      "evil.localhost",
                                      "127.0.0.1.evil.example",
                                      "127.1",
                                      "2130706433",
                                      "localhost:80x",
                                      "localhost:65536",
                                      "localhost:1:2",
                                      "[::1",
                                      "[::1]x",
                                      "[::1]:x",
                                      "[127.0.0.1]",
                                      "[]",
                                      "::1",
                                      "user@localhost",
                                      "localhost/",
                                      "localhost ",
                                      "localhost."};
    struct err e;

    (void)state;
    assert_int_equal(access_host(&a, STR_NONE, &e), 0);
    for (size_t i = 0; i < COUNT(good); i++) {
        if (access_host(&a, str_z(good[i]), &e))
            fail_msg("refused: %s: %s", good[i], e.text);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (access_host(&a, str_z(bad[i]), &e) == 0)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(e.kind, ERR_FORBIDDEN);
    }
}

static void test_origins(void **state)
{
    static const struct {
        const char *origin, *host;
        int rc;
    } list[] = {
        {NULL, "localhost:1", 0},
        {"http://localhost:1", "localhost:1", 0},
        {"https://LOCALHOST:1", "localhost:1", 0},
        {"http://localhost:2", "localhost:1", -1},
        {"http://localhost", "localhost:1", -1},
        {"http://evil", "localhost:1", -1},
        {"http://localhost:1/", "localhost:1", -1},
        {"localhost:1", "localhost:1", -1},
        {"ftp://localhost:1", "localhost:1", -1},
        {"null", "localhost:1", -1},
        {"null", "null", -1},
        {"", "localhost:1", -1},
        {"http://", "", -1},
        {"http://localhost", NULL, -1},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        if (access_origin(str_z(list[i].origin), str_z(list[i].host), &e) != list[i].rc)
            fail_msg("%s at %s", list[i].origin, list[i].host);
    }
}

static void test_rights_and_listening(void **state)
{
    static const struct access closed = {.host = ""}, open = {.host = "", .insecure = true};
    static const char *const far[] = {"0.0.0.0", "10.0.0.1", "::", "*", "lb1", "128.0.0.1", ""};
    static const char *const near[] = {"127.0.0.1", "127.9.9.9", "::1", "localhost",
                                       "::ffff:127.0.0.1"};
    struct peer peer = {.address = "192.0.2.1"};
    struct err e;

    (void)state;
    assert_int_equal(access_may(&closed, &peer, RIGHT_DEPLOY, &e), -1);
    assert_string_equal(e.text, "192.0.2.1 has no right to deploy");
    assert_int_equal(access_may(&open, &peer, RIGHT_ADMIN, &e), 0);
    peer.is_unix = true;
    assert_int_equal(access_may(&closed, &peer, RIGHT_ADMIN, &e), 0);
    for (size_t i = 0; i < COUNT(far); i++) {
        assert_int_equal(access_listen_allowed(far[i], false, &e), -1);
        assert_string_equal(e.field, "host");
        assert_non_null(strstr(e.text, "--insecure"));
        assert_int_equal(access_listen_allowed(far[i], true, &e), 0);
    }
    for (size_t i = 0; i < COUNT(near); i++)
        assert_int_equal(access_listen_allowed(near[i], false, &e), 0);
}

static void test_entity_tags(void **state)
{
    struct etag tag = etag_of(STR("{}")), other = etag_of(STR("{ }"));
    char list[128];
    struct err e;
    static const char *const bad[] = {"",        " ",        "x",        "\"", "\"a", "\"a\" \"b\"",
                                      "w/\"a\"", "\"a\" ,b", "*, \"a\"", "W/", ","};

    (void)state;
    assert_string_not_equal(tag.text, other.text);
    assert_int_equal(strlen(tag.text), 18);
    assert_int_equal(etag_require(STR_NONE, NULL, &e), 0);
    assert_int_equal(etag_require(STR("*"), &tag, &e), 0);
    assert_int_equal(etag_require(STR("*"), NULL, &e), -1);
    assert_int_equal(e.kind, ERR_PRECONDITION);
    assert_int_equal(etag_require(str_z(tag.text), &tag, &e), 0);
    assert_int_equal(etag_require(str_z(tag.text), NULL, &e), -1);
    assert_int_equal(etag_require(str_z(other.text), &tag, &e), -1);
    (void)snprintf(list, sizeof list, " W/%s , %s,%s ", other.text, other.text, tag.text);
    assert_int_equal(etag_require(str_z(list), &tag, &e), 0);
    (void)snprintf(list, sizeof list, "W/%s", tag.text); /* weak is never strong enough */
    assert_int_equal(etag_require(str_z(list), &tag, &e), -1);
    assert_int_equal(e.kind, ERR_PRECONDITION);
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (etag_require(str_z(bad[i]), &tag, &e) == 0 || e.kind != ERR_INVALID)
            fail_msg("taken: %s", bad[i]);
    }
}

static void test_first_route_wins_and_allow_is_their_sum(void **state)
{
    static const struct route table[] = {
        {.method = METHOD_POST, .pattern = "/p/try"},
        {.method = METHOD_PUT, .pattern = "/p/{name}"},
        {.method = METHOD_GET, .pattern = "/p/{name}"},
        {.method = METHOD_GET, .pattern = "/p/{name}/x"},
    };
    struct arena a = ARENA_INIT;
    struct route_match m;

    (void)state;
    assert_int_equal(router_find(table, 4, METHOD_POST, STR("/p/try"), &a, &m), ROUTE_FOUND);
    assert_ptr_equal(m.route, &table[0]);
    assert_int_equal(router_find(table, 4, METHOD_GET, STR("/p/try/"), &a, &m), ROUTE_FOUND);
    assert_ptr_equal(m.route, &table[2]);
    assert_true(str_eq_z(m.name, "try"));
    assert_int_equal(router_find(table, 4, METHOD_DELETE, STR("/p/try"), &a, &m), ROUTE_METHOD);
    assert_true(str_eq_z(router_allow(&a, m.allow), "GET, HEAD, PUT, POST, OPTIONS"));
    assert_int_equal(router_find(table, 4, METHOD_POST, STR("/p/%74ry"), &a, &m), ROUTE_METHOD);
    assert_int_equal(router_find(table, 4, METHOD_GET, STR("/p/10.0.0.1%3A80/x"), &a, &m),
                     ROUTE_FOUND);
    assert_true(str_eq_z(m.name, "10.0.0.1:80"));
    assert_int_equal(router_find(table, 4, METHOD_GET, STR("/p/a%"), &a, &m), ROUTE_BAD_NAME);
    assert_int_equal(router_find(table, 4, METHOD_GET, STR("/p/"), &a, &m), ROUTE_UNKNOWN);
    assert_int_equal(router_find(table, 4, METHOD_GET, STR("/p//x"), &a, &m), ROUTE_UNKNOWN);
    assert_int_equal(router_find(table, 4, METHOD_GET, STR("/p/a/x/y"), &a, &m), ROUTE_UNKNOWN);
    assert_int_equal(router_find(table, 4, METHOD_GET, STR("*"), &a, &m), ROUTE_UNKNOWN);
    assert_int_equal(router_find(table, 4, METHOD_GET, STR("/"), &a, &m), ROUTE_UNKNOWN);
    arena_free(&a);
}

static void test_a_pattern_may_take_the_rest_of_the_path(void **state)
{
    static const struct route table[] = {{METHOD_GET, RIGHT_READ, "/s", "", NULL},
                                         {METHOD_GET, RIGHT_READ, "/s/{name*}", "", NULL}};
    static const struct {
        const char *path, *name;
    } cases[] = {{"/s/a", "a"},
                 {"/s/a/b/c", "a/b/c"},
                 {"/s/a%2Fb/c", "a/b/c"},
                 {"/s/a/b/", "a/b"},
                 {"/s/a//b", "a//b"}};
    struct arena a = ARENA_INIT;
    struct route_match m;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(router_find(table, 2, METHOD_GET, str_z(cases[i].path), &a, &m),
                         ROUTE_FOUND);
        assert_ptr_equal(m.route, &table[1]);
        assert_true(str_eq_z(m.name, cases[i].name));
    }
    assert_int_equal(router_find(table, 2, METHOD_GET, STR("/s/"), &a, &m), ROUTE_FOUND);
    assert_ptr_equal(m.route, &table[0]);
    assert_int_equal(router_find(table, 2, METHOD_GET, STR("/s/a/%0a"), &a, &m), ROUTE_BAD_NAME);
    assert_int_equal(router_find(table, 2, METHOD_PUT, STR("/s/a/b"), &a, &m), ROUTE_METHOD);
    arena_free(&a);
}

static void test_content_length(void **state)
{
    struct header items[] = {{STR("X"), STR("1")}, {STR("content-length"), STR("17")}};
    struct header_list list = {items, 1};

    (void)state;
    assert_int_equal(strict_content_length(&list), 0);
    list.count = 2;
    assert_int_equal(strict_content_length(&list), 17);
    items[1].value = STR("18446744073709551616");
    assert_true(strict_content_length(&list) == UINT64_MAX);
}

static void test_metrics_text(void **state)
{
    struct metric_label labels[] = {{"backend", STR("live")}, {"why", STR("a\\b\"c\nd")}};
    struct metrics m;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    metrics_init(&m, &out);
    metrics_family(&m, "thalassa_reloads_total", METRIC_COUNTER, "Reloads, \"all\"\nof a\\b.");
    metrics_put_int(&m, NULL, 0, 3);
    metrics_family(&m, "thalassa_members", METRIC_GAUGE, "Members.");
    metrics_put_int(&m, labels, 2, -1);
    metrics_put_double(&m, labels, 1, 0.25);
    metrics_put_double(&m, labels, 1, NAN);
    metrics_put_double(&m, labels, 1, INFINITY);
    metrics_put_double(&m, labels, 1, -INFINITY);
    assert_string_equal(out.p, "# HELP thalassa_reloads_total Reloads, \"all\"\\nof a\\\\b.\n"
                               "# TYPE thalassa_reloads_total counter\n"
                               "thalassa_reloads_total 3\n"
                               "# HELP thalassa_members Members.\n"
                               "# TYPE thalassa_members gauge\n"
                               "thalassa_members{backend=\"live\",why=\"a\\\\b\\\"c\\nd\"} -1\n"
                               "thalassa_members{backend=\"live\"} 0.25\n"
                               "thalassa_members{backend=\"live\"} NaN\n"
                               "thalassa_members{backend=\"live\"} +Inf\n"
                               "thalassa_members{backend=\"live\"} -Inf\n");
    buf_free(&out);
}

static void test_a_histogram_adds_up(void **state)
{
    static const double bounds[] = {0.25, 1};
    static const uint64_t counts[] = {2, 0, 1};
    const struct metric_histogram h = {bounds, 2, counts, 5.5};
    struct metrics m;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    metrics_init(&m, &out);
    metrics_family(&m, "x_seconds", METRIC_HISTOGRAM, "Time.");
    metrics_put_histogram(&m, &h);
    assert_string_equal(out.p, "# HELP x_seconds Time.\n# TYPE x_seconds histogram\n"
                               "x_seconds_bucket{le=\"0.25\"} 2\nx_seconds_bucket{le=\"1\"} 2\n"
                               "x_seconds_bucket{le=\"+Inf\"} 3\n"
                               "x_seconds_sum 5.5\nx_seconds_count 3\n");
    buf_free(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_is_decoded_once),
        cmocka_unit_test(test_bad_targets),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_rights_and_listening),
        cmocka_unit_test(test_entity_tags),
        cmocka_unit_test(test_first_route_wins_and_allow_is_their_sum),
        cmocka_unit_test(test_a_pattern_may_take_the_rest_of_the_path),
        cmocka_unit_test(test_content_length),
        cmocka_unit_test(test_metrics_text),
        cmocka_unit_test(test_a_histogram_adds_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
