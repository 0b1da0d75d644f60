/* SPDX-License-Identifier: Apache-2.0 */
/* The API's JSON as text: whole texts are compared, since people and scripts read them. */
#include "cli/findings.h"
#include "cli/view.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NOW_S = 1700000000 };

static void shown(view_put *put, const char *text, bool colours, struct buf *out)
{
    struct arena a = ARENA_INIT;
    struct view v = {.out = out, .arena = &a, .colours = colours, .now_ms = (int64_t)NOW_S * 1000};
    struct json *o;
    struct err e;

    assert_int_equal(json_parse(&a, str_z(text), JSON_MAX_DEPTH, &o, &e), 0);
    put(&v, o);
    buf_add_char(out, 0);
    assert_false(buf_failed(out));
    arena_free(&a);
}

static void expect_view(view_put *put, const char *json, const char *wanted)
{
    struct buf out;

    buf_init(&out, 65536);
    shown(put, json, false, &out);
    assert_string_equal(out.p, wanted);
    buf_free(&out);
}

static void test_status_of_a_good_day(void **state)
{
    (void)state;
    expect_view(
        view_status,
        "{\"version\":\"0.1.0\",\"label\":\"lb1\",\"started\":1699992719000,"
        "\"generation\":{\"desired\":42,\"applied\":41},"
        "\"haproxy\":{\"state\":\"up\",\"version\":\"2.6.12\",\"pid\":7,\"uptime\":90061},"
        "\"registry\":{\"state\":\"ok\",\"since\":0,\"lastError\":\"\",\"held\":[]},"
        "\"reloads\":{\"count\":1,\"last\":1699999990000,\"reason\":\"frontend/web: bind\"},"
        "\"switches\":[{\"backend\":\"live\",\"from\":\"1\",\"to\":\"2\",\"state\":\"warming\","
        "\"reason\":\"0 of 2 serve\"}],"
        "\"pending\":[],\"failed\":[]}",
        "agent         version 0.1.0, lb1, since 2023-11-14 20:11:59 (2 h 1 min ago)\n"
        "haproxy       up, version 2.6.12, pid 7, up 1 d 1 h\n"
        "registry      ok\n"
        "generation    42 wanted, 41 applied\n"
        "reloads       1, the last 2023-11-14 22:13:10 (10 s ago): frontend/web: bind\n"
        "switch        live: 1 -> 2, warming: 0 of 2 serve\n"
        "pending       nothing\n");
}

static void test_status_of_a_bad_day(void **state)
{
    (void)state;
    expect_view(
        view_status,
        "{\"version\":\"0.1.0\",\"label\":\"\","
        "\"haproxy\":{\"state\":\"down\",\"version\":null,\"pid\":0,\"error\":\"refused\"},"
        "\"registry\":{\"state\":\"down\",\"lastError\":\"no connection\",\"held\":[{\"backend\":"
        "\"live\",\"members\":3,\"reason\":\"lost\"}],\"panic\":[\"b\"]},"
        "\"reloads\":{\"count\":0,\"last\":0,\"reason\":\"\",\"lastError\":\"bad \\u001b[2J\"},"
        "\"overrides\":[{\"backend\":\"live\",\"member\":\"h:1\",\"state\":null,\"weight\":0,"
        "\"by\":\"a\\u001bb\",\"since\":0}],\"pending\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"],"
        "\"applyError\":\"no\","
        "\"failed\":[{\"object\":\"backend/x\",\"error\":\"refused\"}]}",
        "agent         version 0.1.0\n"
        "haproxy       down: refused\n"
        "registry      down\n"
        "              no connection\n"
        "  held        live: 3 members, lost\n"
        "  panic       b: nobody is healthy, so the unhealthy serve\n"
        "reloads       0\n"
        "  failed      bad ?[2J\n"
        "override      live h:1: weight 0: by a?b\n"
        "pending       6 operations (`thalassa plan` has them all)\n"
        "              1\n              2\n              3\n              4\n              5\n"
        "  failed      no\n"
        "failed        backend/x: refused\n");
}

static void test_one_is_no_plural(void **state)
{
    (void)state;
    expect_view(
        view_status,
        "{\"version\":\"1\",\"registry\":{\"state\":\"holding\",\"held\":[{\"backend\":\"b\","
        "\"members\":1,\"reason\":\"lost\"}]},\"pending\":[\"reload\"]}",
        "agent         version 1\n"
        "registry      holding\n"
        "  held        b: 1 member, lost\n"
        "pending       1 operation\n"
        "              reload\n");
}

static void put_no_answer(struct view *v, const struct json *o)
{
    (void)o;
    view_now(v);
    view_no_answer(v, v->now_ms - 5000, STR("no agent answers at /x\033 (Connection refused)"));
}

static void test_an_agent_that_does_not_answer(void **state)
{
    (void)state;
    expect_view(put_no_answer, "{}",
                "time          2023-11-14 22:13:20\n"
                "no answer     since 2023-11-14 22:13:15 (5 s ago): no agent answers at /x? "
                "(Connection refused)\n");
}

static void test_a_split_with_what_its_targets_do(void **state)
{
    (void)state;
    expect_view(
        view_split,
        "{\"key\":\"site\",\"sticky\":\"cookie\",\"targets\":[{\"backend\":\"site\",\"weight\":"
        "9950,"
        "\"observed\":{\"requests\":1200,\"responses5xx\":3,\"rate\":{\"requests\":12.5,"
        "\"responses5xx\":0},\"times\":{\"total\":7}}},{\"backend\":\"new\",\"weight\":50}]}",
        "split         site\n"
        "sticky        cookie\n\n"
        "TARGET    SHARE  REQUESTS  5XX  REQ/S  5XX/S  MS\n"
        "site    99.50 %      1200    3   12.5      0   7\n"
        "new      0.50 %         -    -      -      -   -\n");
}

static void test_plan_with_everything(void **state)
{
    (void)state;
    expect_view(view_plan,
                "{\"verdict\":\"reload\",\"operations\":[\"add server a/b\"],\"reasons\":[{"
                "\"object\":\"frontend/web\",\"field\":\"bind\",\"why\":\"changed\"}],"
                "\"diff\":\"--- a\\n+++ b\\n@@ -1 +1 @@\\n-x\\n+\\ty\\u001b\\n\"}",
                "reload\n\nReasons:\n  frontend/web bind: changed\n\nCommands:\n  add server a/b\n"
                "\nConfiguration:\n--- a\n+++ b\n@@ -1 +1 @@\n-x\n+\ty?\n");
    expect_view(view_plan, "{\"verdict\":\"noop\",\"operations\":[],\"reasons\":[],\"diff\":\"\"}",
                "noop: HAProxy runs what is wanted\n");
    expect_view(view_plan, "{\"verdict\":\"runtime\",\"operations\":[\"x\"],\"reasons\":[]}",
                "runtime: 1 command, no reload\n\nCommands:\n  x\n");
}

static void test_colours_only_when_asked(void **state)
{
    static const char json[] = "{\"verdict\":\"reload\",\"diff\":\"@@ @@\\n-x\\n+y\\n z\\n\"}";
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    shown(view_plan, json, true, &out);
    assert_string_equal(out.p, "\033[31mreload\033[0m\n\nConfiguration:\n\033[36m@@ @@\033[0m\n"
                               "\033[31m-x\033[0m\n\033[32m+y\033[0m\n z\n");
    buf_reset(&out);
    shown(view_plan, json, false, &out);
    assert_null(memchr(out.p, '\033', out.n));
    buf_free(&out);
}

static void test_objects(void **state)
{
    (void)state;
    expect_view(view_frontends,
                "[{\"key\":\"web\",\"mode\":\"http\",\"bind\":\"*:80\",\"backend\":\"live\","
                "\"rules\":[{}],\"natives\":[]}]",
                "FRONTEND  MODE  BIND  BACKEND  RULES  NATIVES\n"
                "web       http  *:80  live         1        0\n");
    expect_view(view_frontends, "[]", "no frontends\n");
    expect_view(view_frontend,
                "{\"key\":\"web\",\"bind\":\"*:80\",\"rules\":[{\"operation\":\"hdr_dom\","
                "\"header\":\"host\",\"value\":\"a b\",\"backend\":\"x\"}],\"natives\":[\"n 1\"]}",
                "frontend      web\nbind          *:80\n\n"
                "RULE  OPERATION  HEADER  VALUE  BACKEND\n"
                "   1  hdr_dom    host    a b    x\n\nNatives:\n  n 1\n");
    expect_view(
        view_backends,
        "[{\"key\":\"live\",\"type\":\"dynamic\",\"name\":\"site\",\"version\":\"1\","
        "\"mode\":\"http\",\"balance\":\"uri\",\"members\":[{\"observed\":{\"status\":\"UP\""
        "}},{\"observed\":null},{\"observed\":{\"status\":\"DOWN\"}}]}]",
        "BACKEND  TYPE     SERVICE  VERSION  MODE  BALANCE  MEMBERS  UP\n"
        "live     dynamic  site     1        http  uri            3   1\n");
}

static void test_members(void **state)
{
    (void)state;
    expect_view(
        view_members,
        "[{\"name\":\"s\",\"version\":\"1\",\"host\":\"::1\",\"port\":80,\"health\":\"passing\","
        "\"weight\":9,\"address\":\"::1\",\"observed\":{\"status\":\"UP\",\"weight\":10,"
        "\"state\":\"ready\",\"sessions\":3}},"
        "{\"name\":\"s\",\"version\":\"\",\"host\":\"h\",\"port\":1,\"health\":\"critical\","
        "\"weight\":1,\"address\":\"\",\"unusable\":\"no such host\",\"observed\":null},"
        "{\"name\":\"s\",\"version\":\"1\",\"host\":\"h2\",\"port\":1,\"health\":\"passing\","
        "\"weight\":1,\"address\":\"10.0.0.1\",\"backup\":false,\"observed\":null,\"override\":"
        "{\"state\":\"drain\",\"weight\":5,\"by\":\"uid 0\",\"since\":0}}]",
        "MEMBER    SERVICE  VERSION  HEALTH    HAPROXY  STATE  WEIGHT  SESSIONS  REMARK\n"
        "[::1]:80  s        1        passing   UP       ready      10         3  -\n"
        "h:1       s        -        critical  -        -           1         -  unusable: no such "
        "host\n"
        "h2:1      s        1        passing   -        -           1         -  drain, weight 5: "
        "by "
        "uid 0; resolved to 10.0.0.1\n");
}

static void test_services_and_activity(void **state)
{
    (void)state;
    expect_view(
        view_services,
        "{\"a\":{\"name\":\"a\",\"versions\":[{\"version\":\"1\",\"instances\":3,"
        "\"passing\":2,\"warning\":0,\"critical\":1,\"maintenance\":0}],\"warning\":\"w\"}}",
        "SERVICE  VERSION  INSTANCES  PASSING  WARNING  CRITICAL  MAINTENANCE\n"
        "a        1                3        2        0         1            0\n"
        "warning       a: w\n");
    expect_view(view_services, "{}", "the registry knows no service\n");
    expect_view(view_activity,
                "[{\"time\":1699999990000,\"verb\":\"switched\",\"object\":\"backend/live\","
                "\"actor\":\"api\",\"reason\":\"1 -> 2\"}]",
                "TIME                 WHAT      OBJECT        BY   REASON\n"
                "2023-11-14 22:13:10  switched  backend/live  api  1 -> 2\n");
}

/* Another version's agent, or none at all: no view may fall over whatever JSON it is given. */
static void test_any_json_can_be_shown(void **state)
{
    static view_put *const views[] = {view_status,   view_plan,    view_frontends, view_frontend,
                                      view_backends, view_backend, view_members,   view_services,
                                      view_service,  view_activity};
    static const char *const texts[] = {
        "null",
        "[]",
        "{}",
        "7",
        "\"x\"",
        "[null,7,\"x\",[],{}]",
        "{\"a\":null,\"b\":7}",
        "{\"registry\":7,\"haproxy\":[],\"reloads\":\"x\",\"generation\":null,\"pending\":{}}",
        "{\"registry\":{\"held\":[1,null],\"panic\":[{}]},\"pending\":[{}],\"failed\":[3]}",
        "{\"reasons\":[1],\"operations\":[{}],\"diff\":[]}",
        "{\"members\":[null,{\"observed\":3}],\"health\":[],\"rules\":[1],\"natives\":[{}]}",
        "[{\"members\":7,\"observed\":[],\"port\":{},\"time\":\"x\"}]",
        "{\"versions\":[null],\"warning\":3}"};

    (void)state;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            struct buf out;
            buf_init(&out, 65536);
            shown(views[i], texts[k], false, &out);
            buf_free(&out);
        }
    }
}

static void test_findings_sum_up(void **state)
{
    struct findings f = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    findings_hint(&f, "of nothing");
    findings_add(&f, FINDING_OK, "haproxy", "version %d", 3);
    findings_put(&f, &out, false);
    buf_add_char(&out, 0);
    assert_string_equal(out.p, "ok       haproxy          version 3\n\n"
                               "nothing is missing, 0 warnings\n");
    findings_add(&f, FINDING_WARNING, "token", "w");
    findings_add(&f, FINDING_MISSING, "admin socket", "no\033");
    findings_hint(&f, "--haproxySocketPath %s", "/x");
    buf_reset(&out);
    findings_put(&f, &out, false);
    buf_add_char(&out, 0);
    assert_string_equal(out.p, "ok       haproxy          version 3\n"
                               "warning  token            w\n"
                               "missing  admin socket     no?\n"
                               "                          -> --haproxySocketPath /x\n\n"
                               "1 missing, 1 warning\n");
    buf_reset(&out);
    findings_put_json(&f, &out);
    buf_add_char(&out, 0);
    assert_string_equal(
        out.p, "{\"missing\":1,\"findings\":[{\"state\":\"ok\",\"subject\":\"haproxy\",\"text\":"
               "\"version 3\"},{\"state\":\"warning\",\"subject\":\"token\",\"text\":\"w\"},{"
               "\"state\":\"missing\",\"subject\":\"admin socket\",\"text\":\"no\\u001B\",\"hint\":"
               "\"--haproxySocketPath /x\"}]}\n");
    buf_free(&out);
    findings_free(&f);
}

static int use_utc(void **state)
{
    (void)state;
    (void)setenv("TZ", "UTC", 1);
    tzset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_of_a_good_day),
        cmocka_unit_test(test_status_of_a_bad_day),
        cmocka_unit_test(test_one_is_no_plural),
        cmocka_unit_test(test_an_agent_that_does_not_answer),
        cmocka_unit_test(test_a_split_with_what_its_targets_do),
        cmocka_unit_test(test_plan_with_everything),
        cmocka_unit_test(test_colours_only_when_asked),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_services_and_activity),
        cmocka_unit_test(test_any_json_can_be_shown),
        cmocka_unit_test(test_findings_sum_up),
    };
    return cmocka_run_group_tests(tests, use_utc, NULL);
}
