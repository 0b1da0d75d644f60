/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "catalog/summary.h"
#include "reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static char told[256]; /* backends of which on_pool told, in order */

static void on_pool(void *ctx, struct str backend)
{
    struct catalog *const *c = ctx;

    assert_non_null(catalog_view(*c, backend)); /* whole when it tells */
    snprintf(told + strlen(told), sizeof told - strlen(told), STR_FMT " ", STR_ARG(backend));
}

static struct catalog *the_catalog;

static struct catalog *new_catalog(void)
{
    the_catalog = catalog_new(
        &(struct catalog_options){.pool = {50, true}, .on_pool = on_pool, .ctx = &the_catalog});
    *told = 0;
    return the_catalog;
}

static const char *told_since(void)
{
    static char copy[sizeof told];

    memcpy(copy, told, sizeof told);
    *told = 0;
    return copy;
}

static struct subscription sub(const char *backend, const char *service, const char *version)
{
    return (struct subscription){str_z(backend), str_z(service), str_z(version)};
}

static bool feed(struct catalog *c, const char *service, const char *words, enum read_trust trust)
{
    struct service_read *r = reading_of(service, words);
    struct evidence e = {.trust = trust, .disturbed = trust == READ_DOUBTFUL, .index = 42};
    bool confirm;

    str_copy(e.server, sizeof e.server, STR("server-1"));
    confirm = catalog_read(c, r, &e);
    service_read_unref(r);
    return confirm;
}

static const char *text_of(struct catalog *c, const char *backend)
{
    const struct pool_view *v = catalog_view(c, str_z(backend));

    return v ? view_text(v) : "none";
}

static void test_a_reading_reaches_every_backend_of_its_service(void **state)
{
    struct catalog *c = new_catalog();
    struct subscription subs[] = {sub("live", "web", "1.0.0"), sub("next", "web", "2.0.0"),
                                  sub("other", "api", "1.0.0")};

    (void)state;
    catalog_set_subscriptions(c, subs, 3);
    assert_string_equal(told_since(), "");
    assert_string_equal(text_of(c, "live"), "unknown");
    assert_int_equal(catalog_members(c, STR("live"))->count, 0);
    assert_false(feed(c, "web", "10.0.0.1:80 10.0.0.2:80@2.0.0", READ_DOUBTFUL));
    assert_string_equal(told_since(), "live next ");
    assert_string_equal(text_of(c, "live"), "10.0.0.1:80:p:1");
    assert_string_equal(text_of(c, "next"), "10.0.0.2:80:p:1");
    assert_string_equal(text_of(c, "other"), "unknown");
    assert_string_equal(text_of(c, "nobody"), "none");
    assert_false(feed(c, "web", "10.0.0.1:80 10.0.0.2:80@2.0.0", READ_UNBROKEN));
    assert_false(feed(c, "unheard", "10.0.0.1:80", READ_UNBROKEN));
    assert_string_equal(told_since(), "");
    assert_true(feed(c, "web", "10.0.0.2:80@2.0.0", READ_UNBROKEN));
    assert_string_equal(told_since(), "live ");
    catalog_free(c);
}

static void test_a_switch_starts_from_the_last_reading(void **state)
{
    struct catalog *c = new_catalog();
    struct subscription s = sub("live", "web", "1.0.0");

    (void)state;
    catalog_set_subscriptions(c, &s, 1);
    feed(c, "web", "10.0.0.1:80 10.0.0.2:80@2.0.0 10.0.0.3:80@2.0.0!c", READ_DOUBTFUL);
    told_since();
    assert_int_equal(catalog_version_passing(c, STR("web"), STR("2.0.0")), 1);
    assert_int_equal(catalog_version_passing(c, STR("web"), STR("3.0.0")), 0);
    assert_int_equal(catalog_version_passing(c, STR("api"), STR("1.0.0")), -1);
    s = sub("live", "web", "2.0.0");
    catalog_set_subscriptions(c, &s, 1);
    assert_string_equal(told_since(), "live ");
    assert_string_equal(text_of(c, "live"), "10.0.0.2:80:p:1 10.0.0.3:80:c:1");
    catalog_set_subscriptions(c, &s, 1); /* the same again */
    assert_string_equal(told_since(), "");
    s = sub("live", "api", "2.0.0"); /* never read: nobody, not yet */
    catalog_set_subscriptions(c, &s, 1);
    assert_string_equal(text_of(c, "live"), "unknown");
    catalog_free(c);
}

static void test_services_and_hosts_are_named_once(void **state)
{
    struct catalog *c = new_catalog();
    struct arena a = ARENA_INIT;
    struct subscription subs[] = {sub("a", "web", "1.0.0"), sub("b", "web", "2.0.0"),
                                  sub("c", "api", "1.0.0")};
    struct catalog_service *services;
    size_t count;
    struct str_list hosts;

    (void)state;
    catalog_set_subscriptions(c, subs, 3);
    feed(c, "web", "h.example:80 h.example:81 10.0.0.1:80 h.example:80@2.0.0 b.example:1@2.0.0",
         READ_DOUBTFUL);
    services = catalog_services(c, &a, &count);
    assert_int_equal(count, 2);
    assert_true(str_eq_z(services[0].name, "api") && services[0].index == 0);
    assert_true(str_eq_z(services[1].name, "web") && services[1].index == 42);
    assert_string_equal(services[1].server, "server-1");
    hosts = catalog_hosts(c, &a);
    assert_int_equal(hosts.count, 2);
    assert_true(str_eq_z(hosts.items[0], "b.example") && str_eq_z(hosts.items[1], "h.example"));
    catalog_set_subscriptions(c, subs + 2, 1);
    (void)catalog_services(c, &a, &count);
    assert_int_equal(count, 1);
    arena_free(&a);
    catalog_free(c);
}

static void test_names_are_applied_to_all(void **state)
{
    struct catalog *c = new_catalog();
    struct subscription subs[] = {sub("a", "web", "1.0.0"), sub("b", "web", "2.0.0")};
    struct resolved known = {STR("h.example"), STR("10.7.7.7"), STR_NONE};

    (void)state;
    catalog_set_subscriptions(c, subs, 2);
    feed(c, "web", "h.example:80", READ_DOUBTFUL);
    told_since();
    catalog_set_names(c, &(struct name_table){&known, 1});
    assert_string_equal(told_since(), "a ");
    assert_true(str_eq_z(catalog_members(c, STR("a"))->items[0].address, "10.7.7.7"));
    feed(c, "web", "h.example:80 h.example:81", READ_UNBROKEN); /* newcomers know it at once */
    assert_true(str_eq_z(catalog_members(c, STR("a"))->items[1].address, "10.7.7.7"));
    catalog_free(c);
}

static void test_accepting_a_loss(void **state)
{
    struct catalog *c = new_catalog();
    struct subscription s = sub("live", "web", "1.0.0");

    (void)state;
    catalog_set_subscriptions(c, &s, 1);
    feed(c, "web", "10.0.0.1:80 10.0.0.2:80", READ_DOUBTFUL);
    assert_true(feed(c, "web", "", READ_UNBROKEN));
    told_since();
    assert_int_equal(catalog_accept(c, STR("nobody")), 0);
    assert_int_equal(catalog_accept(c, STR("live")), 2);
    assert_string_equal(told_since(), "live ");
    assert_int_equal(catalog_accept(c, STR("live")), 0);
    assert_string_equal(told_since(), "");
    catalog_free(c);
}

static struct json *exported(struct catalog *c, const char *backend, struct arena *a)
{
    struct buf b;
    struct json_out o;
    struct json *root = NULL;
    struct err e;

    buf_init(&b, 1 << 20);
    json_out_init(&o, &b, false);
    catalog_export(c, str_z(backend), &o, NULL);
    json_out_fini(&o);
    assert_int_equal(json_parse(a, buf_str(&b), JSON_MAX_DEPTH, &root, &e), 0);
    buf_free(&b);
    return root;
}

static void test_members_survive_a_restart(void **state)
{
    struct catalog *c = new_catalog();
    struct arena a = ARENA_INIT;
    struct subscription s = sub("live", "web", "1.0.0");
    struct err e = {.kind = ERR_NONE};
    struct catalog_service *services;
    size_t count;

    (void)state;
    catalog_set_subscriptions(c, &s, 1);
    feed(c, "web", "10.0.0.1:80 10.0.0.2:80!w", READ_DOUBTFUL);
    struct json *saved = exported(c, "live", &a);
    assert_int_equal(exported(c, "nobody", &a)->type, JSON_NULL);
    catalog_free(c);
    c = new_catalog();
    catalog_set_subscriptions(c, &s, 1);
    assert_int_equal(catalog_import(c, STR("live"), saved, &e), 0);
    assert_string_equal(text_of(c, "live"), "10.0.0.1:80:p:1 10.0.0.2:80:w:1");
    services = catalog_services(c, &a, &count);
    assert_int_equal(services[0].index, 42);
    assert_string_equal(services[0].server, "server-1");
    assert_int_equal(catalog_version_passing(c, STR("web"), STR("1.0.0")), -1); /* not read yet */
    assert_true(feed(c, "web", "", READ_DOUBTFUL)); /* an empty registry takes nobody away */
    assert_string_equal(text_of(c, "live"),
                        "10.0.0.1:80:p:1~unconfirmed 10.0.0.2:80:w:1~unconfirmed");
    catalog_free(c);
    arena_free(&a);
}

static void test_state_that_cannot_be_read(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{\"pool\":1}",
        "{\"pool\":{\"service\":\"web\",\"version\":\"1.0.0\",\"members\":[7]}}",
        "{\"pool\":{},\"index\":-1}",
        "{\"pool\":{},\"server\":[]}",
    };
    struct catalog *c = new_catalog();
    struct subscription s = sub("live", "web", "1.0.0");

    (void)state;
    catalog_set_subscriptions(c, &s, 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena a = ARENA_INIT;
        struct json *root;
        struct err e = {.kind = ERR_NONE};
        assert_int_equal(json_parse(&a, str_z(texts[i]), 32, &root, &e), 0);
        if (catalog_import(c, STR("live"), root, &e) != -1)
            fail_msg("taken: %s", texts[i]);
        assert_non_null(strstr(e.text, "live"));
        assert_int_equal(catalog_import(c, STR("nobody"), root, &e), 0);
        arena_free(&a);
    }
    assert_string_equal(text_of(c, "live"), "unknown");
    catalog_free(c);
}

static void test_summary_counts_versions_and_health(void **state)
{
    struct arena a = ARENA_INIT;
    struct service_read *r = reading_of("web", "a:1 b:1!w c:1@2.0 d:1@2.0!m e:1@!c f:1");
    struct service_summary s;
    struct buf b;
    struct json_out o;

    (void)state;
    service_summarise(&a, r, &s);
    buf_init(&b, 4096);
    json_out_init(&o, &b, false);
    service_summary_put(&o, NULL, &s);
    json_out_fini(&o);
    assert_string_equal(
        b.p, "{\"name\":\"web\",\"versions\":["
             "{\"version\":\"\",\"instances\":1,\"passing\":0,\"warning\":0,\"critical\":1,"
             "\"maintenance\":0},"
             "{\"version\":\"1.0.0\",\"instances\":3,\"passing\":2,\"warning\":1,\"critical\":0,"
             "\"maintenance\":0},"
             "{\"version\":\"2.0\",\"instances\":2,\"passing\":1,\"warning\":0,\"critical\":0,"
             "\"maintenance\":1}]}");
    buf_free(&b);
    service_read_unref(r);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reading_reaches_every_backend_of_its_service),
        cmocka_unit_test(test_a_switch_starts_from_the_last_reading),
        cmocka_unit_test(test_services_and_hosts_are_named_once),
        cmocka_unit_test(test_names_are_applied_to_all),
        cmocka_unit_test(test_accepting_a_loss),
        cmocka_unit_test(test_members_survive_a_restart),
        cmocka_unit_test(test_state_that_cannot_be_read),
        cmocka_unit_test(test_summary_counts_versions_and_health),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
