/* SPDX-License-Identifier: Apache-2.0 */
/* What decisions are made of: the hash, HAProxy's list of headers, cookies, parameters, networks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define XXH_INLINE_ALL
#include "policy/bucket.h"
#include "policy/fields.h"
#include "policy/headers.h"
#include "policy/names.h"
#include "policy/networks.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void test_buckets_are_those_that_haproxy_computes(void **state)
{
    (void)state; /* seen in HAProxy 2.6 as src,concat(:,txn.none),xxh32(0),mod(10000) */
    assert_int_equal(bucket_of(STR("127.0.0.1"), STR("")), 5533);
    assert_int_equal(bucket_of(STR("::ffff:127.0.0.1"), STR("")), 5198);
    assert_int_equal(bucket_of(STR("::1"), STR("")), 8257);
    assert_int_equal(bucket_of(STR_NONE, STR_NONE), bucket_of(STR(""), STR("")));
}

/* Whatever the length of the key, and however it is hashed. */
static void test_buckets_of_long_keys(void **state)
{
    enum { LONGEST = 600 };
    char text[LONGEST + 6];
    struct str tail = STR(":salt");
    XXH32_state_t one;

    (void)state;
    for (size_t n = 0; n < LONGEST; n++) {
        text[n] = (char)('a' + n % 26);
        memcpy(text + n + 1, tail.p, tail.n);
        (void)XXH32_reset(&one, 0);
        (void)XXH32_update(&one, text, n + 6);
        assert_int_equal(bucket_of((struct str){text, n + 1}, STR("salt")),
                         XXH32_digest(&one) % BUCKETS);
    }
}

static void test_shares_are_even(void **state)
{
    unsigned below = 0;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct arena a = ARENA_INIT;
        below += bucket_of(arena_printf(&a, "user%u", i), STR("live")) < 2500;
        arena_free(&a);
    }
    assert_in_range(below, 4800, 5200);
}

/* req.hdrs_bin as HAProxy 2.6 wrote it: Cookie twice, an empty value. */
static const char captured[] = "\x04host\x0f"
                               "127.0.0.1:21777\x0auser-agent\x0b"
                               "curl/7.88.1\x06"
                               "accept\x03*/*\x03x-a\x01"
                               "1\x03x-a\x04"
                               "2, 3\x06"
                               "cookie\x14uid=a; uid=\"b\"; uid=\x06"
                               "cookie\x0buid=c ; z=1\x07x-empty\x00\x00\x00";

static const struct str captured_text = {captured, sizeof captured - 1};

static void test_headers_as_haproxy_writes_them(void **state)
{
    static const char *const want[][2] = {
        {"host", "127.0.0.1:21777"},
        {"user-agent", "curl/7.88.1"},
        {"accept", "*/*"},
        {"x-a", "1"},
        {"x-a", "2, 3"},
        {"cookie", "uid=a; uid=\"b\"; uid="},
        {"cookie", "uid=c ; z=1"},
        {"x-empty", ""},
    };
    struct str rest = captured_text, name = STR(""), value = STR("");

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(headers_next(&rest, &name, &value), 1);
        assert_true(str_eq_z(name, want[i][0]));
        assert_true(str_eq_z(value, want[i][1]));
    }
    assert_int_equal(headers_next(&rest, &name, &value), 0);
    assert_int_equal(headers_next(&rest, &name, &value), 0);
}

/* -1 or a shorter list, never bytes from behind the end (under ASan). */
static void test_headers_cut_anywhere_are_refused(void **state)
{
    (void)state;
    for (size_t n = 1; n < captured_text.n; n++) {
        char *copy = malloc(n);
        struct str rest = {memcpy(copy, captured, n), n}, name, value;
        size_t got = 0;
        int rc;
        while ((rc = headers_next(&rest, &name, &value)) == 1)
            got += name.n + value.n + 2;
        assert_true(rc == -1 || got == n);
        free(copy);
    }
}

static void test_lengths_of_headers(void **state)
{
    static const size_t lengths[] = {0, 1, 239, 240, 241, 2287, 2288, 2289, 60000, 264431, 264432};
    char *bytes = malloc(264432);

    (void)state;
    memset(bytes, 'v', 264432);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct str rest, name = STR(""), value = STR("");
        struct buf list;
        buf_init(&list, 1 << 20);
        headers_add(&list, STR("X-Long"), (struct str){bytes, lengths[i]});
        headers_end(&list);
        rest = buf_str(&list);
        assert_int_equal(headers_next(&rest, &name, &value), 1);
        assert_true(str_eq(name, STR("x-long")));
        assert_int_equal(value.n, lengths[i]);
        assert_int_equal(headers_next(&rest, &name, &value), 0);
        buf_free(&list);
    }
    free(bytes);
}

static void test_what_is_no_list_of_headers(void **state)
{
    static const struct str cases[] = {
        {"\xff", 1},                         /* a length without its end */
        {"\xff\xff\xff\xff\xff\xff\xff", 7}, /* an endless one */
        {"\xf0\xff\xff\xff\xff\x7f", 6},     /* more than there is */
        {"\x03"
         "ab",
         3},
        {"\x00\x01"
         "a",
         3}, /* a value without a name */
    };
    struct str name, value;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str rest = cases[i];
        assert_int_equal(headers_next(&rest, &name, &value), -1);
    }
}

static void cookies_are(const char *line, const char *want)
{
    struct str rest = str_z(line), name, value;
    struct arena a = ARENA_INIT;
    struct str got = STR("");

    while (cookie_next(&rest, &name, &value))
        got = arena_printf(&a, STR_FMT "<" STR_FMT "|" STR_FMT ">", STR_ARG(got), STR_ARG(name),
                           STR_ARG(value));
    assert_string_equal(got.p, want);
    arena_free(&a);
}

static void test_cookies(void **state)
{
    (void)state;
    cookies_are("", "");
    cookies_are("a=1", "<a|1>");
    cookies_are("a=1; b=2;c=3", "<a|1><b|2><c|3>");
    cookies_are(" a = 1 ;; x ; =y ; b=;", "<a|1><b|>");
    cookies_are("a=\"q r\"; b=c=d", "<a|\"q r\"><b|c=d>");
}

static void query_is(const char *line, const char *want)
{
    struct str rest = str_z(line), name, value;
    struct arena a = ARENA_INIT;
    struct str got = STR("");

    while (query_next(&rest, &name, &value)) {
        name = query_decode(arena_alloc(&a, name.n + 1), name);
        value = query_decode(arena_alloc(&a, value.n + 1), value);
        got = arena_printf(&a, STR_FMT "<" STR_FMT "|" STR_FMT ">", STR_ARG(got), STR_ARG(name),
                           STR_ARG(value));
    }
    assert_string_equal(got.p, want);
    arena_free(&a);
}

static void test_query_parameters(void **state)
{
    (void)state;
    query_is("", "");
    query_is("a=1&b=2", "<a|1><b|2>");
    query_is("&&a&=x&b=", "<a|><|x><b|>");
    query_is("a+b=c%20d&%61=%2B", "<a b|c d><a|+>");
    query_is("a=%&b=%4&c=%zz&d=100%25&e=%C3%a9&f=b=c", "<a|%><b|%4><c|%zz><d|100%><e|é><f|b=c>");
}

static void test_names_are_found_by_length_and_bytes(void **state)
{
    static const char *const texts[] = {"x-b", "", "cookie", "x-a", "x-b", "x", "x-tenant"};
    static const char *const absent[] = {"x-", "y-a", "x-c", "Cookie", "x-tenan", "x-tenants", "y"};
    struct str items[7];
    struct names n;
    size_t count = sizeof texts / sizeof *texts;

    (void)state;
    for (size_t i = 0; i < count; i++)
        items[i] = str_z(texts[i]);
    n = names_make(items, count);
    assert_int_equal(n.count, count - 1); /* one was there twice */
    for (size_t i = 0; i < count; i++)
        assert_true(str_eq_z(n.items[names_find(&n, str_z(texts[i]))], texts[i]));
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        assert_true(names_find(&n, str_z(absent[i])) == NAMES_NONE);
        assert_true(names_search(&n, str_z(absent[i])) == NAMES_NONE);
    }
    n = names_make(NULL, 0);
    assert_true(names_find(&n, STR("")) == NAMES_NONE);
}

static bool has(const char *const *list, const char *address)
{
    struct arena a = ARENA_INIT;
    struct network nets[8], one;
    struct networks n;
    size_t count = 0;
    bool found;

    for (; list[count]; count++)
        assert_int_equal(network_parse(str_z(list[count]), &nets[count]), 0);
    n = networks_build(&a, nets, count);
    assert_int_equal(network_parse_address(str_z(address), &one), 0);
    found = networks_have(&n, &one);
    arena_free(&a);
    return found;
}

static void test_networks(void **state)
{
    static const char *const list[] = {"10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/9",    "192.168.1.7",
                                       "::1",        "fe80::/10",   "2001:db8::/33", NULL};
    static const char *const inside[] = {
        "10.0.0.0",    "10.255.255.255",  "11.0.0.0", "11.127.255.255",
        "192.168.1.7", "::ffff:10.1.2.3", "::1",      "fe80::",
        "febf:ffff::", "2001:db8:7fff::1"};
    static const char *const outside[] = {
        "9.255.255.255", "11.128.0.0", "192.168.1.6",     "192.168.1.8", "::",
        "::2",           "fec0::",     "255.255.255.255", "0.0.0.0",     "2001:db8:8000::"};
    static const char *const all_v6[] = {"::/0", NULL}, *const all_v4[] = {"0.0.0.0/0", NULL};
    static const char *const none[] = {NULL};

    (void)state;
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        if (!has(list, inside[i]))
            fail_msg("%s is not found", inside[i]);
        if (has(none, inside[i]))
            fail_msg("%s is found in nothing", inside[i]);
    }
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        if (has(list, outside[i]))
            fail_msg("%s is found", outside[i]);
    }
    assert_true(has(all_v6, "ffff::1") && !has(all_v6, "10.0.0.1"));
    assert_true(has(all_v4, "255.255.255.255") && !has(all_v4, "::1"));
}

static void test_networks_that_touch_are_one_range(void **state)
{
    static const char *const list[] = {"10.0.0.0/9", "10.128.0.0/9", "10.3.0.0/16", "255.0.0.0/8",
                                       "11.0.0.0/8"};
    struct arena a = ARENA_INIT;
    struct network nets[5];
    struct networks n;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(network_parse(str_z(list[i]), &nets[i]), 0);
    n = networks_build(&a, nets, 5);
    assert_int_equal(n.v4_count, 2);
    assert_int_equal(n.v6_count, 0);
    assert_memory_equal(n.v4[0].first, "\x0a\0\0\0", 4);
    assert_memory_equal(n.v4[0].last, "\x0b\xff\xff\xff", 4);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets_are_those_that_haproxy_computes),
        cmocka_unit_test(test_buckets_of_long_keys),
        cmocka_unit_test(test_shares_are_even),
        cmocka_unit_test(test_headers_as_haproxy_writes_them),
        cmocka_unit_test(test_headers_cut_anywhere_are_refused),
        cmocka_unit_test(test_lengths_of_headers),
        cmocka_unit_test(test_what_is_no_list_of_headers),
        cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_query_parameters),
        cmocka_unit_test(test_names_are_found_by_length_and_bytes),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_networks_that_touch_are_one_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
