/* SPDX-License-Identifier: Apache-2.0 */
/* A request told in JSON: how it is read, and what is answered, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "asking.h"
#include "policy/headers.h"

#include <string.h>

static const char *const policies[] = {
    WEB_AT(1, "{'host':'a.example','header':{'x-tenant':{'in':['b','c']}},'src':'10.0.0.0/8'}"),
    WEB_AT(2, "{'any':[{'cookie':{'uid':{'prefix':'beta-'}}},{'path':{'regex':'^/x'}}]}"),
    WEB_AT(3, "{'not':{'method':['GET','HEAD']},'percent':{'share':10000,'by':'cookie:uid'}}"),
    NULL};

static void test_the_answer_tells_each_step(void **state)
{
    static const char *const requests[] = {
        "{'url':'http://A.example:80/','headers':{'X-Tenant':['a','b']},'src':'10.1.1.1'}",
        "{'url':'http://a.example/','headers':{'X-Tenant':'z','Cookie':'uid=alpha; uid=beta-1'}}",
        "{'url':'/x','src':'10.0.0.1'}",
        "{'method':'POST','url':'/','headers':{'Cookie':'uid=u1'}}",
        "{'url':'/','frontend':'nobody'}",
    };
    struct asking a;
    struct json_out o;
    struct buf text;

    (void)state;
    asking_begin(&a, policies);
    buf_init(&text, 1 << 20);
    json_out_init(&o, &text, true);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct policy_request r = asking_request(&a, requests[i]);
        try_put(&o, NULL, a.set, &r, a.scratch);
    }
    json_close_array(&o);
    json_out_fini(&o);
    given_golden("tests/golden/policy/try.json", buf_str(&text));
    buf_free(&text);
    asking_end(&a);
}

static void test_a_request_is_read(void **state)
{
    struct asking a;
    struct policy_request r;
    struct str name = STR(""), value = STR("");

    (void)state;
    asking_begin(&a, policies);
    r = asking_request(&a, "{'url':'https://h:8443?a=1#top','method':'HEAD','src':'2001:db8::1'}");
    assert_true(str_eq(r.frontend, STR("web")));
    assert_true(str_eq(r.method, STR("HEAD")));
    assert_true(str_eq(r.host, STR("h:8443")));
    assert_true(str_eq(r.path, STR("/")));
    assert_true(str_eq(r.query, STR("a=1")));
    assert_int_equal(r.src.n, 16);
    assert_int_equal(headers_next(&r.headers, &name, &value), 1);
    assert_true(str_eq(name, STR("host")) && str_eq(value, STR("h:8443")));
    r = asking_request(&a, "{'url':'/p?','headers':{'HOST':' x ','A':['1','2']},'src':'10.0.0.1'}");
    assert_true(str_eq(r.host, STR("x")));
    assert_int_equal(r.query.n, 0);
    assert_memory_equal(r.src.p, "\x0a\0\0\1", 4);
    assert_int_equal(r.headers.n, 5 + 2 + 2 * 4 + 2);
    r = asking_request(&a, "{'url':'/'}");
    assert_true(str_eq(r.method, STR("GET")));
    assert_int_equal(r.src.n, 0);
    asking_end(&a);
}

struct refusal {
    const char *json, *field, *words;
};

static void test_refusals_name_the_field(void **state)
{
    static const struct refusal cases[] = {
        {"[]", "", "an object wanted"},
        {"{}", "url", "required"},
        {"{'url':'h/'}", "url", "neither '/' nor http://"},
        {"{'url':'ftp://h/'}", "url", "neither '/' nor http://"},
        {"{'url':'/','headers':[]}", "headers", "an object wanted"},
        {"{'url':'/','headers':{'a':1}}", "headers.a", "a string or a list"},
        {"{'url':'/','headers':{'a':['x',null]}}", "headers.a", "a string or a list"},
        {"{'url':'/','headers':{'a':'x\\ny'}}", "headers.a", "control characters"},
        {"{'url':'/','src':'h'}", "src", "no address"},
        {"{'url':'/','src':'10.0.0.0/8'}", "src", "no address"},
        {"{'url':'/','body':'x'}", "body", "unknown field"},
    };
    struct asking a;

    (void)state;
    asking_begin(&a, policies);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct policy_request r;
        struct err e = {0};
        if (try_parse(&a.arena, a.set, given_json(&a.arena, cases[i].json), &r, &e) == 0)
            fail_msg("%s is taken", cases[i].json);
        assert_string_equal(e.field, cases[i].field);
        if (!strstr(e.text, cases[i].words))
            fail_msg("%s: %s", cases[i].json, e.text);
    }
    asking_end(&a);
}

static void test_the_frontend_must_be_clear(void **state)
{
    static const char *const none[] = {NULL};
    static const char *const two[] = {
        WEB("{}"), "{'frontend':'api','match':{},'action':{'backend':'b'}}", NULL};
    struct asking a;
    struct policy_request r;
    struct err e = {0};

    (void)state;
    asking_begin(&a, none);
    assert_int_equal(try_parse(&a.arena, a.set, given_json(&a.arena, "{'url':'/'}"), &r, &e), -1);
    assert_string_equal(e.text, "no frontend has a policy");
    asking_end(&a);
    asking_begin(&a, two);
    assert_int_equal(try_parse(&a.arena, a.set, given_json(&a.arena, "{'url':'/'}"), &r, &e), -1);
    assert_string_equal(e.field, "frontend");
    assert_true(str_eq(asking_decide(&a, "{'url':'/','frontend':'api'}").policy, STR("p1")));
    asking_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_answer_tells_each_step),
        cmocka_unit_test(test_a_request_is_read),
        cmocka_unit_test(test_refusals_name_the_field),
        cmocka_unit_test(test_the_frontend_must_be_clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
