/* SPDX-License-Identifier: Apache-2.0 */
/* Which changes of objects show in the structure of a configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"

#include "control/structural.h"

#define WEB "{'bind':'*:80','backend':'live'}"
#define LIVE "{'type':'dynamic','name':'app','version':'1.0.0'}"

static struct objects *objects_of(const char *web, const char *live, const char *more)
{
    struct objects *o = objects_new();
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct frontend *f = frontend_parse(STR("web"), given_json(&a, web), &e);
    struct backend *b = live ? backend_parse(STR("live"), given_json(&a, live), &e) : NULL;
    struct backend *c = more ? backend_parse(STR("more"), given_json(&a, more), &e) : NULL;

    assert_non_null(f);
    objects_put_frontend(o, f);
    frontend_unref(f);
    if (b)
        objects_put_backend(o, b);
    if (c)
        objects_put_backend(o, c);
    backend_unref(b);
    backend_unref(c);
    arena_free(&a);
    return o;
}

static bool equal(const char *web, const char *live, const char *more)
{
    struct objects *a = objects_of(WEB, LIVE, NULL), *b = objects_of(web, live, more);
    bool same = structural_equal(a, b);

    assert_int_equal(structural_equal(b, a), same);
    assert_true(structural_equal(b, b));
    objects_unref(a);
    objects_unref(b);
    return same;
}

static void test_backends_that_are_no_more_than_a_profile_do_not_show(void **state)
{
    (void)state;
    assert_true(equal(WEB, LIVE, NULL));
    assert_true(equal(WEB, NULL, NULL));
    assert_true(equal(WEB, LIVE, "{'type':'static'}"));
    assert_true(equal(WEB, "{'type':'dynamic','name':'app','version':'2.0.0'}", NULL));
    assert_true(equal(WEB, "{'type':'static','balance':'first','server':['maxconn 3']}", NULL));
}

static void test_sections_of_their_own_show(void **state)
{
    (void)state;
    assert_false(equal(WEB, LIVE, "{'type':'static','natives':['fullconn 3']}"));
    assert_false(equal(WEB, LIVE, "{'type':'static','cookie':'SRV'}"));
    assert_false(equal(WEB, "{'type':'static','natives':['fullconn 3']}", NULL));
}

static void test_rules_show_by_their_headers_alone(void **state)
{
    (void)state;
    assert_true(equal("{'bind':'*:80','backend':'other'}", LIVE, NULL));
    assert_true(equal("{'bind':'*:80','backend':'live','rules':["
                      "{'operation':'path','value':'/a','backend':'live'}]}",
                      LIVE, NULL));
    assert_false(equal("{'bind':'*:80','backend':'live','rules':["
                       "{'operation':'hdr_dom','header':'x-tenant','value':'a','backend':'live'}]}",
                       LIVE, NULL));
}

static void test_what_a_frontend_listens_to_shows(void **state)
{
    (void)state;
    assert_false(equal("{'bind':'*:81','backend':'live'}", LIVE, NULL));
    assert_false(equal("{'bind':'*:80 accept-proxy','backend':'live'}", LIVE, NULL));
    assert_false(equal("{'bind':'*:80','backend':'live','keepalive':'close'}", LIVE, NULL));
    assert_false(equal("{'bind':'*:80','backend':'live','natives':['maxconn 3']}", LIVE, NULL));
    assert_false(equal("{'bind':'*:80','backend':'live','mode':'tcp'}", LIVE, NULL));
}

static bool new_options(const char *live, const char *more)
{
    struct objects *a = objects_of(WEB, "{'type':'static','server':['maxconn 3']}", NULL);
    struct objects *b = objects_of(WEB, live, more);
    bool found = structural_new_options(a, b);

    objects_unref(a);
    objects_unref(b);
    return found;
}

static void test_options_that_haproxy_has_not_seen_are_found(void **state)
{
    (void)state;
    assert_false(new_options("{'type':'static','server':['maxconn 3']}", NULL));
    assert_false(new_options("{'type':'static','balance':'first','server':['maxconn 3']}", NULL));
    assert_false(new_options("{'type':'static'}", "{'type':'static'}"));
    assert_true(new_options("{'type':'static','server':['maxconn 4']}", NULL));
    assert_true(new_options(NULL, "{'type':'static','server':['maxconn 3']}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backends_that_are_no_more_than_a_profile_do_not_show),
        cmocka_unit_test(test_sections_of_their_own_show),
        cmocka_unit_test(test_rules_show_by_their_headers_alone),
        cmocka_unit_test(test_what_a_frontend_listens_to_shows),
        cmocka_unit_test(test_options_that_haproxy_has_not_seen_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
