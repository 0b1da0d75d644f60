/* SPDX-License-Identifier: Apache-2.0 */
/* The web UI's files: who gets them, in which form, and when not again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "web/accept.h"
#include "web/assets.h"
#include "web/etag.h"

#include <stdio.h>
#include <string.h>

#define BROWSER "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

static void test_quality(void **state)
{
    static const struct {
        const char *header, *name;
        unsigned q;
    } cases[] = {
        {"text/html", "text/html", 1000},
        {BROWSER, "text/html", 1000},
        {BROWSER, "application/xml", 900},
        {BROWSER, "application/json", 0},
        {"*/*", "text/html", 0},
        {"text/*", "text/html", 0},
        {"TEXT/HTML ; q=0.25", "text/html", 250},
        {"a;q=0.125 , text/html;level=1;Q=0.5", "text/html", 500},
        {"text/html;q=0", "text/html", 0},
        {"text/html;q=0.000", "text/html", 0},
        {"text/html;q=1.001", "text/html", 0},
        {"text/html;q=1.0000", "text/html", 0},
        {"text/html;q=", "text/html", 0},
        {"text/html;q=.5", "text/html", 0},
        {"text/html;q=0.x", "text/html", 0},
        {"text/html;q=2", "text/html", 0},
        {"text/htmlx", "text/html", 0},
        {"gzip, deflate, br", "gzip", 1000},
        {"identity;q=1, *;q=0", "gzip", 0},
        {"", "gzip", 0},
        {",,;,", "gzip", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned q = accept_quality(str_z(cases[i].header), cases[i].name);
        if (q != cases[i].q)
            fail_msg("%s in \"%s\": %u", cases[i].name, cases[i].header, q);
    }
    assert_int_equal(accept_quality(STR_NONE, "gzip"), 0);
}

static void test_known_tags(void **state)
{
    (void)state;
    assert_true(etag_is_known(STR("\"a\""), "\"a\""));
    assert_true(etag_is_known(STR(" \"b\", W/\"a\""), "\"a\""));
    assert_true(etag_is_known(STR("*"), "\"a\""));
    assert_false(etag_is_known(STR("\"b\""), "\"a\""));
    assert_false(etag_is_known(STR("a"), "\"a\""));
    assert_false(etag_is_known(STR("\"b\" \"a\""), "\"a\""));
    assert_false(etag_is_known(STR(""), "\"a\""));
    assert_false(etag_is_known(STR_NONE, "\"a\""));
}

static struct exchange *ask(const char *method, const char *target, const char *accept,
                            const char *header, const char *value)
{
    struct exchange *x = exchange_new(str_z(target));
    struct err e;

    x->method_name = str_z(method);
    x->method = exchange_method(x->method_name);
    assert_int_equal(target_parse(&x->arena, x->raw_target, &x->target, &e), 0);
    if (accept)
        *ARENA_PUSH(&x->arena, x->headers.items, x->headers.count) =
            (struct header){STR("Accept"), str_z(accept)};
    if (header)
        *ARENA_PUSH(&x->arena, x->headers.items, x->headers.count) =
            (struct header){str_z(header), str_z(value)};
    x->handed = true;
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

static bool is_wanted(const char *method, const char *target, const char *accept)
{
    struct exchange *x = ask(method, target, accept, NULL, NULL);
    bool wanted = assets_wanted(x);

    x->answered = true;
    exchange_end(x);
    return wanted;
}

static void test_who_is_a_browser(void **state)
{
    static const char *const pages[] = {"/",          "/overview", "/activity?find=x",
                                        "/services/", "/plan",     "/config"};
    bool built = assets_revision().n > 0;

    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        assert_true(is_wanted("GET", pages[i], BROWSER) == (built || i == 0));
        assert_true(is_wanted("HEAD", pages[i], BROWSER) == (built || i == 0));
        assert_false(is_wanted("GET", pages[i], "*/*"));
        assert_false(is_wanted("GET", pages[i], NULL));
        assert_false(is_wanted("GET", pages[i], "application/json"));
        assert_false(is_wanted("GET", pages[i], "application/json, text/html;q=0.9"));
        assert_false(is_wanted("PUT", pages[i], BROWSER));
    }
    assert_false(is_wanted("GET", "/backends", BROWSER));
    assert_false(is_wanted("GET", "/services/web", BROWSER));
    assert_false(is_wanted("GET", "/ui", BROWSER));
    assert_true(is_wanted("GET", "/ui/js/main.js", NULL));
    assert_false(is_wanted("DELETE", "/ui/js/main.js", NULL));
}

struct answer {
    unsigned status;
    size_t bytes;
    char etag[64], type[64], cache[64], encoding[16], policy[512];
};

static struct answer get(const char *target, const char *accept, const char *header,
                         const char *value)
{
    struct exchange *x = ask("GET", target, accept, header, value);
    struct answer a;

    assets_reply(x);
    a.status = x->reply.status;
    a.bytes = x->reply.body.n;
    (void)snprintf(a.etag, sizeof a.etag, "%s", header_of(x, "ETag"));
    (void)snprintf(a.type, sizeof a.type, "%s", x->reply.content_type ? x->reply.content_type : "");
    (void)snprintf(a.cache, sizeof a.cache, "%s", header_of(x, "Cache-Control"));
    (void)snprintf(a.encoding, sizeof a.encoding, "%s", header_of(x, "Content-Encoding"));
    (void)snprintf(a.policy, sizeof a.policy, "%s", header_of(x, "Content-Security-Policy"));
    exchange_end(x);
    return a;
}

static void test_every_file_is_answered(void **state)
{
    size_t count;
    const struct asset *table = assets_table(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        char target[256];
        struct answer plain, gzip, lasting;
        (void)snprintf(target, sizeof target, "/ui/%s", table[i].path);
        plain = get(target, NULL, NULL, NULL);
        gzip = get(target, NULL, "Accept-Encoding", "gzip, br");
        (void)snprintf(target, sizeof target, "/ui/" STR_FMT "/%s", STR_ARG(assets_revision()),
                       table[i].path);
        lasting = get(target, NULL, NULL, NULL);
        assert_int_equal(plain.status, 200);
        assert_int_equal(plain.bytes, table[i].bytes.n);
        assert_string_equal(plain.type, table[i].media_type);
        assert_string_equal(plain.cache, "no-cache");
        assert_string_equal(plain.encoding, "");
        assert_non_null(strstr(plain.policy, "default-src 'none'"));
        assert_null(strstr(plain.policy, "unsafe"));
        assert_int_equal(lasting.bytes, plain.bytes);
        assert_non_null(strstr(lasting.cache, "immutable"));
        assert_string_equal(lasting.etag, plain.etag);
        assert_int_equal(gzip.bytes, table[i].gzip.n ? table[i].gzip.n : plain.bytes);
        assert_string_equal(gzip.encoding, table[i].gzip.n ? "gzip" : "");
        assert_true((strcmp(gzip.etag, plain.etag) != 0) == (table[i].gzip.n > 0));
    }
}

static void test_what_is_known_is_not_sent_again(void **state)
{
    struct answer first, again;

    (void)state;
    if (assets_revision().n == 0)
        skip();
    first = get("/overview", BROWSER, NULL, NULL);
    assert_int_equal(first.status, 200);
    assert_string_equal(first.type, "text/html; charset=utf-8");
    again = get("/overview", BROWSER, "If-None-Match", first.etag);
    assert_int_equal(again.status, 304);
    assert_int_equal(again.bytes, 0);
    assert_string_equal(again.etag, first.etag);
    assert_int_equal(get("/overview", BROWSER, "If-None-Match", "\"other\"").status, 200);
}

static void test_unknown_files(void **state)
{
    static const char *const targets[] = {"/ui/",
                                          "/ui/js/none.js",
                                          "/ui/js/",
                                          "/ui/js/main.js/",
                                          "/ui/../main.js",
                                          "/ui/%6as/main.js",
                                          "/ui/0000000000000000/js/main.js"};

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        assert_int_equal(get(targets[i], NULL, NULL, NULL).status, 404);
    if (assets_revision().n == 0)
        assert_int_equal(get("/", BROWSER, NULL, NULL).status, 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quality),
        cmocka_unit_test(test_known_tags),
        cmocka_unit_test(test_who_is_a_browser),
        cmocka_unit_test(test_every_file_is_answered),
        cmocka_unit_test(test_what_is_known_is_not_sent_again),
        cmocka_unit_test(test_unknown_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
