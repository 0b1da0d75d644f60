/* SPDX-License-Identifier: Apache-2.0 */
/* What a version can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan/capabilities.h"

#include <string.h>

/* The names of what a version can do, as JSON says them. */
static void check(const char *version, const char *json)
{
    struct capabilities c;
    struct json_out o;
    struct buf to;
    struct err e = {0};

    if (capabilities_of(str_z(version), &c, &e))
        fail_msg("%s: %s", version, e.text);
    assert_true(c.known);
    buf_init(&to, 4096);
    json_out_init(&o, &to, false);
    capabilities_put(&o, NULL, &c);
    json_out_fini(&o);
    assert_string_equal(to.p, json);
    buf_free(&to);
}

#define CAN(guid, pool, wait, spop, lua, add)                                                      \
    "{\"guid\":" guid ",\"stats_file\":" guid ",\"pool_keywords\":" pool                           \
    ",\"wait_removable\":" wait ",\"sync_reload\":" wait ",\"cookie_keyword\":" wait               \
    ",\"mode_spop\":" spop ",\"init_state\":" lua ",\"lua_bools\":" lua ",\"add_backend\":" add    \
    "}"

static void test_versions(void **state)
{
    (void)state;
    check("2.6.12-1+deb12u4", CAN("false", "true", "false", "false", "false", "false"));
    check("2.6", CAN("false", "true", "false", "false", "false", "false"));
    check("2.8.5", CAN("false", "true", "false", "false", "false", "false"));
    check("2.9-dev3", CAN("false", "true", "false", "false", "false", "false"));
    check("3.0.11-1~bpo12+1", CAN("true", "false", "true", "false", "false", "false"));
    check("3.1.0", CAN("true", "false", "true", "true", "false", "false"));
    check("3.2.4-98813a1", CAN("true", "false", "true", "true", "true", "false"));
    check("3.4.0", CAN("true", "false", "true", "true", "true", "true"));
    check("3.10.1", CAN("true", "false", "true", "true", "true", "true"));
    check("10.0", CAN("true", "false", "true", "true", "true", "true"));
}

/* As HAProxy writes it, shortened. */
#define HELP                                                                                       \
    "The following commands are valid at this level:\n"                                            \
    "  add map [@<ver>] <map> <key> <val>      : add a map entry\n"                                \
    "  add server <bk>/<srv>                   : create a new server\n"
#define HELP_30                                                                                    \
    HELP "  dump stats-file                         : dump stats for restore\n"                    \
         "  wait {-h|<delay_ms>} cond [args...]     : wait the specified delay or condition\n"
#define HELP_ADD "  add backend <backend>                   : add a new backend\n"
#define HELP_34                                                                                    \
    HELP_30 HELP_ADD "  del backend <backend>                   : delete a backend\n"              \
                     "  publish backend <backend>               : mark backend as ready\n"         \
                     "  unpublish backend <backend>             : remove backend\n"

static void check_learnt(const char *version, const char *help, bool stats_file, bool add_backend)
{
    struct capabilities c;
    struct err e = {0};

    if (capabilities_learn(str_z(version), str_z(help), &c, &e))
        fail_msg("%s", e.text);
    assert_true(c.learnt);
    assert_string_equal(c.version, version);
    assert_int_equal(c.stats_file, stats_file);
    assert_int_equal(c.wait_removable, stats_file);
    assert_int_equal(c.add_backend, add_backend);
}

static void test_a_running_process_tells_more_than_its_version(void **state)
{
    struct capabilities c;
    struct err e;

    (void)state;
    check_learnt("2.6.12", HELP, false, false);
    check_learnt("3.2.4", HELP_30, true, false);
    check_learnt("3.4.7", HELP_34, true, true);
    /* a vendor's build without, one with, one with the first half of it */
    check_learnt("3.4.7", HELP_30, true, false);
    check_learnt("3.2.4", HELP_34, true, true);
    check_learnt("3.4.7", HELP_30 HELP_ADD, true, false);
    /* what no command shows goes by the version */
    assert_int_equal(capabilities_learn(STR("3.4.7"), STR(HELP), &c, &e), 0);
    assert_true(c.guid && c.cookie_keyword && !c.pool_keywords);
    assert_int_equal(capabilities_learn(STR("x"), STR(HELP), &c, &e), -1);
}

static void test_what_is_no_version_or_too_old(void **state)
{
    static const struct {
        const char *version, *words;
    } cases[] = {{"", "not a version"},           {"x.y", "not a version"},
                 {"3", "not a version"},          {"3.", "not a version"},
                 {".4", "not a version"},         {"3,4", "not a version"},
                 {"1001.0", "not a version"},     {"99999999999999999999.1", "not a version"},
                 {"2.5.14", "2.6 is the oldest"}, {"1.8", "2.6 is the oldest"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct capabilities c = {.major = 77};
        struct err e = {0};
        if (capabilities_of(str_z(cases[i].version), &c, &e) == 0)
            fail_msg("%s: is taken", cases[i].version);
        assert_int_equal(e.kind, ERR_INVALID);
        assert_non_null(strstr(e.text, cases[i].words));
        assert_int_equal(c.major, 77); /* untouched */
        assert_false(c.known);
    }
}

static void test_version_in_the_words_of_the_program(void **state)
{
    (void)state;
    assert_true(str_eq(capabilities_version(STR("HAProxy version 2.6.12-1+deb12u4 2026/01/02 - "
                                                "https://haproxy.org/\nStatus: x\n")),
                       STR("2.6.12-1+deb12u4")));
    assert_true(str_eq(capabilities_version(STR("HA-Proxy version 3.4.0")), STR("3.4.0")));
    assert_int_equal(capabilities_version(STR("")).n, 0);
    assert_int_equal(capabilities_version(STR("bash: no such file\nversion 3.4")).n, 0);
    assert_int_equal(capabilities_version(STR("HAProxy version")).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_a_running_process_tells_more_than_its_version),
        cmocka_unit_test(test_what_is_no_version_or_too_old),
        cmocka_unit_test(test_version_in_the_words_of_the_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
