/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/listing.h"
#include "catalog/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE "\"Node\":{\"ID\":\"n-id\",\"Node\":\"n1\",\"Address\":\"10.0.0.9\",\"Meta\":null}"

/* What Consul 1.8.7 sends for two instances, one of another node with nulls, in maintenance. */
static const char sample[] =
    "[{\"Node\":{\"ID\":\"\",\"Node\":\"ext-0\",\"Address\":\"10.0.0.7\",\"Datacenter\":\"dc1\","
    "\"TaggedAddresses\":null,\"Meta\":null,\"CreateIndex\":11154,\"ModifyIndex\":11154},"
    "\"Service\":{\"ID\":\"big-0\",\"Service\":\"big\",\"Tags\":[\"http\",\"v1.0.0\",\"version-2\"]"
    ","
    "\"Address\":\"\",\"Meta\":null,\"Port\":20000,\"Weights\":{\"Passing\":10,\"Warning\":3},"
    "\"EnableTagOverride\":false,\"Proxy\":{\"MeshGateway\":{},\"Expose\":{}},\"Connect\":{},"
    "\"CreateIndex\":11200,\"ModifyIndex\":11154},"
    "\"Checks\":[{\"Node\":\"ext-0\",\"CheckID\":\"c\",\"Status\":\"warning\",\"Definition\":{}},"
    "{\"Node\":\"ext-0\",\"CheckID\":\"_service_maintenance:big-0\",\"Status\":\"critical\"}]},\n"
    "{\"Service\":{\"Tags\":null,\"Meta\":{\"version\":\"3.1\",\"hostname\":\"h\\u0007\",\"pid\":"
    "\"42\","
    "\"registered\":\"x\",\"other\":\"y\"},\"ID\":\"a\",\"Address\":\"2001:db8::1\",\"Port\":70000,"
    "\"TaggedAddresses\":{\"lan_ipv4\":{\"Address\":\"1.2.3.4\",\"Port\":1}}}," NODE
    ",\"Checks\":null}]";

static struct service_read *parse(const char *text, size_t n, size_t piece, struct err *e)
{
    struct service_parser *p = service_parser_new(STR("big"));
    struct service_read *read = NULL;
    int failed = 0;

    for (size_t i = 0; i < n && !failed; i += piece)
        failed = service_parser_feed(p, (struct str){text + i, n - i < piece ? n - i : piece}, e);
    if (!failed)
        failed = service_parser_finish(p, &read, e);
    assert_int_equal(failed, read ? 0 : -1);
    service_parser_free(p);
    return read;
}

static void check_sample(const struct service_read *r)
{
    assert_int_equal(r->count, 2);
    const struct instance *i = &r->items[0];
    assert_true(str_eq_z(i->node, "ext-0") && str_eq_z(i->id, "big-0") && !i->node_id.n);
    assert_true(str_eq_z(i->address, "10.0.0.7")); /* the node's, since the service has none */
    assert_true(str_eq_z(i->version, "1.0.0") && i->ambiguous);
    assert_int_equal(i->tags.count, 3);
    assert_int_equal(i->port, 20000);
    assert_int_equal(i->weight_passing, 10);
    assert_int_equal(i->weight_warning, 3);
    assert_int_equal(i->status, MEMBER_MAINTENANCE);
    assert_int_equal(i->create_index, 11200);
    i = &r->items[1];
    assert_true(str_eq_z(i->node, "n1") && str_eq_z(i->node_id, "n-id"));
    assert_true(str_eq_z(i->address, "2001:db8::1") && i->port == 70000);
    assert_true(str_eq_z(i->version, "3.1") && !i->ambiguous && !i->tags.count);
    assert_true(str_eq_z(i->meta_hostname, "h?") && str_eq_z(i->meta_pid, "42"));
    assert_int_equal(i->status, MEMBER_PASSING);
    assert_int_equal(i->weight_passing, 1);
}

static void test_reply_of_consul_in_pieces_of_every_size(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= sizeof sample; piece++) {
        struct err e = {.kind = ERR_NONE};
        struct service_read *r = parse(sample, sizeof sample - 1, piece, &e);
        if (!r)
            fail_msg("pieces of %zu: %s", piece, e.text);
        check_sample(r);
        service_read_unref(r);
    }
}

static void test_reply_cut_at_every_byte_is_an_error(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof sample - 1; n++) {
        struct err e = {.kind = ERR_NONE};
        assert_null(parse(sample, n, 64, &e));
        assert_int_equal(e.kind, ERR_INVALID);
        assert_true(*e.text);
    }
}

static void test_order_of_the_reply_does_not_matter(void **state)
{
    struct err e;
    static const char a[] = "[{\"Node\":{\"Node\":\"b\"},\"Service\":{\"ID\":\"1\"}},"
                            "{\"Node\":{\"Node\":\"a\"},\"Service\":{\"ID\":\"2\"}},"
                            "{\"Node\":{\"Node\":\"a\"},\"Service\":{\"ID\":\"1\"}}]";
    struct service_read *r = parse(a, sizeof a - 1, 7, &e);

    (void)state;
    assert_true(str_eq_z(r->items[0].node, "a") && str_eq_z(r->items[0].id, "1"));
    assert_true(str_eq_z(r->items[1].node, "a") && str_eq_z(r->items[1].id, "2"));
    assert_true(str_eq_z(r->items[2].node, "b"));
    service_read_unref(r);
}

static void test_empty_lists(void **state)
{
    static const char *const texts[] = {"[]", "[]\n", " [ ]\n\n"};
    struct err e;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct service_read *r = parse(texts[i], strlen(texts[i]), 1, &e);
        assert_non_null(r);
        assert_int_equal(r->count, 0);
        service_read_unref(r);
    }
}

/* Valid JSON or not: what is no list of instances must not look like a list that is shorter. */
static void test_text_that_is_no_list_of_instances(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "null",
        "\"x\"",
        "17",
        "true",
        "[",
        "[]]",
        "[] []",
        "[null]",
        "[1]",
        "[[]]",
        "[\"x\"]",
        "[{}]",
        "[{" NODE "}]",
        "[{" NODE ",\"Service\":null}]",
        "[{" NODE ",\"Service\":{\"ID\":\"\"}}]",
        "[{\"Service\":{\"ID\":\"a\"}}]",
        "[{\"Node\":{\"Node\":\"\"},\"Service\":{\"ID\":\"a\"}}]",
        "[{\"Node\":\"n\",\"Service\":{\"ID\":\"a\"}}]",
        "[{\"Node\":{\"Node\":7},\"Service\":{\"ID\":\"a\"}}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\",\"Port\":\"80\"}}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\",\"Port\":8.5}}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\",\"Port\":1e3}}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\",\"Tags\":{}}}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\",\"Tags\":[1]}}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\",\"Tags\":[[]]}}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\",\"Meta\":[]}}]",
        "[{" NODE ",\"Service\":{\"ID\":true}}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\"},\"Checks\":{}}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\"},\"Checks\":[1]}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\"},\"Checks\":[null]}]",
        "[{" NODE ",\"Service\":{\"ID\":\"a\"},\"Checks\":true}]",
        "[{" NODE ",\"Service\":{\"ID\":\"\xff\xfe\"}}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct err e = {.kind = ERR_NONE};
        struct service_read *r = parse(texts[i], strlen(texts[i]), 3, &e);
        if (r)
            fail_msg("taken: %s", texts[i]);
        assert_int_equal(e.kind, ERR_INVALID);
    }
}

static struct service_read *parse_checks(const char *checks)
{
    char text[1024];
    struct err e;

    snprintf(text, sizeof text, "[{" NODE ",\"Service\":{\"ID\":\"a\"},\"Checks\":%s}]", checks);
    return parse(text, strlen(text), sizeof text, &e);
}

static void test_status_is_the_worst_of_all_checks(void **state)
{
    static const struct {
        const char *checks;
        enum member_status status;
    } cases[] = {
        {"[]", MEMBER_PASSING},
        {"null", MEMBER_PASSING},
        {"[{\"Status\":\"passing\"},{\"Status\":\"warning\"}]", MEMBER_WARNING},
        {"[{\"Status\":\"critical\"},{\"Status\":\"warning\"}]", MEMBER_CRITICAL},
        {"[{\"Status\":\"unheard-of\"}]", MEMBER_CRITICAL},
        {"[{\"CheckID\":\"x\"}]", MEMBER_CRITICAL},
        {"[{\"Status\":null}]", MEMBER_CRITICAL},
        {"[{\"CheckID\":\"_node_maintenance\",\"Status\":\"critical\"},{\"Status\":\"passing\"}]",
         MEMBER_MAINTENANCE},
        {"[{\"Status\":\"critical\",\"CheckID\":\"_service_maintenance:a\"}]", MEMBER_MAINTENANCE},
        {"[{\"Status\":\"critical\",\"CheckID\":\"_service_maintenancex\"}]", MEMBER_CRITICAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct service_read *r = parse_checks(cases[i].checks);
        assert_non_null(r);
        if (r->items[0].status != cases[i].status)
            fail_msg("%s: %d", cases[i].checks, (int)r->items[0].status);
        service_read_unref(r);
    }
}

static void test_depth_is_bounded(void **state)
{
    enum { DEEP = 500000 };
    char *text = malloc(DEEP + 64);
    struct err e = {.kind = ERR_NONE};
    size_t n = (size_t)sprintf(text, "[{\"Other\":");

    (void)state;
    memset(text + n, '[', DEEP);
    assert_null(parse(text, n + DEEP, 16384, &e));
    assert_int_equal(e.kind, ERR_INVALID);
    assert_non_null(strstr(e.text, "deep"));
    free(text);
}

static void test_size_and_count_are_bounded(void **state)
{
    static const char one[] = "{\"Node\":{\"Node\":\"n\"},\"Service\":{\"ID\":\"a\"}},";
    struct service_parser *p = service_parser_new(STR("s"));
    struct err e = {.kind = ERR_NONE};
    char *blanks = malloc(1 << 20);
    size_t fed = 0;

    (void)state;
    assert_int_equal(service_parser_feed(p, STR("["), &e), 0);
    for (size_t i = 0; i < SERVICE_INSTANCES_MAX; i++)
        assert_int_equal(service_parser_feed(p, STR_NONE, &e) ||
                             service_parser_feed(p, (struct str){one, sizeof one - 1}, &e),
                         0);
    assert_int_equal(service_parser_feed(p, (struct str){one, sizeof one - 1}, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_int_equal(service_parser_feed(p, STR("]"), &e), -1); /* sticky */
    service_parser_free(p);
    p = service_parser_new(STR("s"));
    memset(blanks, ' ', 1 << 20);
    while (!service_parser_feed(p, (struct str){blanks, 1 << 20}, &e))
        fed++;
    assert_int_equal(fed, PARSE_BYTES_MAX >> 20);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    service_parser_free(p);
    free(blanks);
}

static void test_tags_and_weights_are_bounded(void **state)
{
    struct buf b;
    struct err e;

    (void)state;
    buf_init(&b, 1 << 20);
    buf_add_z(&b, "[{" NODE ",\"Service\":{\"ID\":\"a\",\"Weights\":{\"Passing\":99999999,"
                  "\"Warning\":-5},\"Tags\":[");
    for (int i = 0; i < 1000; i++)
        buf_add_z(&b, "\"tag\",");
    buf_add_z(&b, "\"v7.0\"]}}]");
    struct service_read *r = parse(b.p, b.n, b.n, &e);
    assert_non_null(r);
    assert_int_equal(r->items[0].tags.count, INSTANCE_TAGS_MAX);
    assert_true(str_eq_z(r->items[0].version, "7.0")); /* though it came after the last one kept */
    assert_int_equal(r->items[0].weight_passing, 65535);
    assert_int_equal(r->items[0].weight_warning, 0);
    service_read_unref(r);
    buf_free(&b);
}

static struct listing *list(const char *text, size_t piece)
{
    struct listing_parser *p = listing_parser_new();
    struct listing *l = NULL;
    size_t n = strlen(text);
    struct err e = {.kind = ERR_NONE};
    int failed = 0;

    for (size_t i = 0; i < n && !failed; i += piece)
        failed = listing_parser_feed(p, (struct str){text + i, n - i < piece ? n - i : piece}, &e);
    if (!failed)
        failed = listing_parser_finish(p, &l, &e);
    assert_int_equal(failed, e.kind ? -1 : 0);
    listing_parser_free(p);
    return l;
}

static void test_names_of_services_and_nodes(void **state)
{
    static const char services[] = "{\"web\":[\"v1\",\"1.0.0\"],\"consul\":[],\"a b\":null}";
    static const char nodes[] =
        "[{\"ID\":\"i\",\"Node\":\"n2\",\"Address\":\"x\",\"Meta\":{\"Node\":"
        "\"no\"}},{\"Node\":\"n1\",\"TaggedAddresses\":null}]";

    (void)state;
    for (size_t piece = 1; piece < 30; piece++) {
        struct listing *l = list(services, piece);
        assert_int_equal(l->names.count, 3);
        assert_true(listing_has(l, STR("web")) && listing_has(l, STR("a b")));
        assert_false(listing_has(l, STR("v1")));
        listing_free(l);
        l = list(nodes, piece);
        assert_int_equal(l->names.count, 2);
        assert_true(str_eq_z(l->names.items[0], "n1") && !listing_has(l, STR("no")));
        listing_free(l);
    }
}

static void test_what_is_no_listing(void **state)
{
    static const char *const texts[] = {"",
                                        "7",
                                        "[1]",
                                        "{\"a\":1}",
                                        "[[]]",
                                        "{\"a\":{}}",
                                        "[{\"Node\":1}]",
                                        "[{\"Node\":[]}]",
                                        "[null]",
                                        "{",
                                        "[{\"Node\":null}]"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct listing *l = list(texts[i], 2);
        if (l)
            fail_msg("taken: %s", texts[i]);
    }
    struct listing *empty = list("{}\n", 1);
    assert_int_equal(empty->names.count, 0);
    assert_false(listing_has(empty, STR("a")));
    listing_free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply_of_consul_in_pieces_of_every_size),
        cmocka_unit_test(test_reply_cut_at_every_byte_is_an_error),
        cmocka_unit_test(test_order_of_the_reply_does_not_matter),
        cmocka_unit_test(test_empty_lists),
        cmocka_unit_test(test_text_that_is_no_list_of_instances),
        cmocka_unit_test(test_status_is_the_worst_of_all_checks),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_size_and_count_are_bounded),
        cmocka_unit_test(test_tags_and_weights_are_bounded),
        cmocka_unit_test(test_names_of_services_and_nodes),
        cmocka_unit_test(test_what_is_no_listing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
