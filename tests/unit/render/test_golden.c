/* SPDX-License-Identifier: Apache-2.0 */
/* A representative desired state gives, byte for byte, the files of tests/golden/render. With
 * THALASSA_GOLDEN=write in the environment they are written anew instead, and the tests fail. */
#include "fixture.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FILE_BYTES = 1 << 22 };

static void write_golden(const char *path, struct str text)
{
    struct err e = {0};
    char folder[512];

    str_copy(folder, sizeof folder, str_z(path));
    *strrchr(folder, '/') = 0;
    if (file_make_folder(folder, 0755, &e) || file_write_atomic(path, text, 0644, &e))
        fail_msg("%s", e.text);
}

/* True if the file is as wanted. */
static bool compare(const char *set, struct str name, struct str text)
{
    struct err e = {0};
    struct buf want;
    char path[512];
    bool same;

    (void)snprintf(path, sizeof path, "%s/tests/golden/render/%s/" STR_FMT, THALASSA_SOURCE_DIR,
                   set, STR_ARG(name));
    if (getenv("THALASSA_GOLDEN")) {
        write_golden(path, text);
        return false;
    }
    buf_init(&want, FILE_BYTES);
    if (file_read(path, &want, &e))
        print_error("%s\n", e.text);
    same = str_eq(buf_str(&want), text);
    if (!same)
        print_error("%s: differs; now it is:\n" STR_FMT "\n", path, STR_ARG(text));
    buf_free(&want);
    return same;
}

/* Who decides by policies. */
enum asked { NOBODY, AGENT, AGENT_AND_LUA };

static void check_set(const char *set, const struct render_caps *caps, unsigned spares,
                      enum asked asked, const char *template)
{
    static const struct file_text lua = {{"lua/thalassa.lua", 16}, {"-- as installed\n", 16}};
    struct arena a = ARENA_INIT;
    struct fixture f;
    struct render_input in;
    struct str cookies[] = {STR("uid"), STR("session")};
    struct rendered out;
    struct err e = {0};
    bool same;

    fixture_load(&f, fixture_read(&a, "tests/golden/render/desired.json"), caps);
    in = fixture_input(&f, caps);
    in.spares = spares;
    in.sticky_cookies = (struct str_list){cookies, 2};
    in.stats_bind = STR("127.0.0.1:8009");
    in.spoe_listen = asked ? STR("127.0.0.1:10001") : STR("");
    in.spoe_template =
        (struct file_text){STR("spoe.conf.tmpl"), fixture_read(&a, "templates/spoe.conf.tmpl")};
    in.lua_files = &lua;
    in.lua_count = asked == AGENT_AND_LUA;
    in.template = (struct file_text){str_z(template), fixture_read(&a, template)};
    if (render_config(&in, &out, &e))
        fail_msg("%s: %s", e.field, e.text);
    same = compare(set, STR("haproxy.cfg"), out.config);
    for (size_t i = 0; i < out.files.count; i++)
        same = compare(set, out.files.items[i].name, out.files.items[i].text) && same;
    assert_true(same);
    rendered_free(&out);
    fixture_free(&f);
    arena_free(&a);
}

static void test_files_for_haproxy_2_6(void **state)
{
    (void)state;
    check_set("2.6", &fixture_caps_26, 2, AGENT_AND_LUA, "templates/dev.haproxycfg.tmpl");
}

static void test_files_for_haproxy_3_4(void **state)
{
    (void)state;
    check_set("3.4", &fixture_caps_34, 0, AGENT_AND_LUA, "templates/dev.haproxycfg.tmpl");
}

/* As HAProxy 3.0 and 3.2 get it: spares that have a guid. */
static void test_default_template(void **state)
{
    (void)state;
    check_set("default", &fixture_caps_30, 1, NOBODY, "templates/default.haproxycfg.tmpl");
}

/* The predecessor's names and helpers, in a template that inherits nothing of ours. */
static void test_template_of_the_predecessor(void **state)
{
    (void)state;
    check_set("predecessor", &fixture_caps_26, 2, AGENT_AND_LUA,
              "tests/golden/render/predecessor.tmpl");
}

/* Lines put together from the data, rules as acl lines. */
static void test_template_with_spelled_out_lines(void **state)
{
    (void)state;
    check_set("spelled-out", &fixture_caps_26, 2, AGENT, "tests/golden/render/spelled-out.tmpl");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_for_haproxy_2_6),
        cmocka_unit_test(test_files_for_haproxy_3_4),
        cmocka_unit_test(test_default_template),
        cmocka_unit_test(test_template_of_the_predecessor),
        cmocka_unit_test(test_template_with_spelled_out_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
