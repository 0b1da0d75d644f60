/* SPDX-License-Identifier: Apache-2.0 */
/* That HAProxy really ends is shown by tests/e2e/test_danger.py. */
#include "fixture.h"
#include "render/danger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PROFILE "thalassa.http-first"

/* `want`: "NUMBER SECTION; ..." in the order found */
static void check_all(const char *config, bool add_backend, const char *want)
{
    struct arena a = ARENA_INIT;
    struct structure s;
    struct danger_list list;
    struct buf got;

    structure_parse(&a, str_z(config), NULL, &s);
    list = danger_all(&a, &s, add_backend);
    buf_init(&got, 4096);
    buf_add_z(&got, "");
    for (size_t i = 0; i < list.count; i++)
        buf_printf(&got, "%s%zu " STR_FMT, i ? "; " : "",
                   list.items[i].section->numbers[list.items[i].at],
                   STR_ARG(list.items[i].section->name));
    assert_string_equal(got.p, want);
    buf_free(&got);
    arena_free(&a);
}

static void check_defaults(const char *config, const char *want)
{
    struct arena a = ARENA_INIT;
    struct danger_found found;
    struct structure s;
    bool dangerous;

    structure_parse(&a, str_z(config), NULL, &s);
    dangerous = danger_in_defaults(&s, STR(PROFILE), &found);
    assert_int_equal(dangerous, want != NULL);
    if (want)
        assert_string_equal(danger_text(&a, &found).p, want);
    arena_free(&a);
}

#define BY_ADDING ": HAProxy 3.4 ends when a backend is made from it at runtime"
#define BY_CHECK ": HAProxy ends when a server with a check is added at runtime"

static void test_what_kills_when_a_backend_is_added(void **state)
{
    (void)state;
    check_defaults("defaults " PROFILE "\n errorfiles errs 503\n",
                   "\"errorfiles errs 503\" in defaults " PROFILE BY_ADDING);
    check_defaults("defaults base\n http-error status 503 errorfiles errs\n"
                   "defaults middle from base\n mode http\ndefaults " PROFILE " from middle\n",
                   "\"http-error status 503 errorfiles errs\" in defaults base" BY_ADDING);
    check_defaults("defaults " PROFILE "\n http-request cache-use kept if TRUE\n",
                   "\"http-request cache-use kept if TRUE\" in defaults " PROFILE
                   ": HAProxy ends with the first request to a backend that inherits it");
    check_defaults("defaults " PROFILE "\n option httpchk\n option external-check\n",
                   "\"option external-check\" in defaults " PROFILE BY_CHECK);
    check_defaults("defaults base\n option external-check\ndefaults " PROFILE " from base\n",
                   "\"option external-check\" in defaults base" BY_CHECK);
}

static void test_what_is_harmless(void **state)
{
    static const char *const lines[] = {"errorfile 503 /x",
                                        "http-error status 503 errorfile /x",
                                        "errorloc302 503 /x",
                                        "http-request deny deny_status 503 errorfiles errs",
                                        "http-response cache-store kept",
                                        "option external-check\n option httpchk",
                                        "option external-check\n option tcp-check",
                                        "external-check command /bin/true",
                                        "option httplog",
                                        "# errorfiles errs"};

    (void)state;
    check_defaults("", NULL);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "defaults base\ndefaults " PROFILE " from base\n %s\n",
                       lines[i]);
        check_defaults(text, NULL);
    }
    check_defaults("defaults base\n option external-check\ndefaults " PROFILE
                   " from base\n option httpchk\n",
                   NULL);
    check_defaults("defaults other\n errorfiles errs\ndefaults " PROFILE "\n", NULL);
    check_defaults("defaults a from b\n errorfiles e\ndefaults b from " PROFILE
                   "\ndefaults " PROFILE " from b\n",
                   NULL); /* a ring, which HAProxy refuses, has an end */
}

static void test_backends_in_which_no_server_may_be_added(void **state)
{
    static const char config[] =
        "defaults\n option external-check\nbackend one\nbackend two\n option httpchk\n"
        "backend three from named\n option external-check\nbackend four from named\n"
        "defaults named\n mode http\nlisten five\n option external-check\n";
    struct arena a = ARENA_INIT;
    struct structure s;
    struct str_list list;

    (void)state;
    structure_parse(&a, str_z(config), NULL, &s);
    list = danger_backends(&a, &s);
    assert_int_equal(list.count, 2);
    assert_string_equal(arena_str(&a, list.items[0]).p, "one");
    assert_string_equal(arena_str(&a, list.items[1]).p, "three");
    arena_free(&a);
}

static void test_each_line_is_told_once_with_its_number(void **state)
{
    static const char config[] = "# x\ndefaults base\n errorfiles errs\n option external-check\n"
                                 "defaults " PROFILE " from base\n\n"
                                 "defaults thalassa.tcp-first from base\n option tcp-check\n"
                                 "backend a from " PROFILE "\nbackend b from " PROFILE "\n"
                                 "defaults cached\n http-request cache-use c\n"
                                 "frontend f from cached\nlisten l from cached\n";

    (void)state;
    check_all(config, true, "4 base; 3 base; 12 cached");
    check_all(config, false, "4 base; 12 cached");
    check_all("defaults base\n errorfiles errs\nbackend a from base\n", true, "");
    check_all("defaults cached\n http-request cache-use c\n", true, "");
}

static void test_the_shipped_templates_are_safe(void **state)
{
    static const char *const templates[] = {"templates/dev.haproxycfg.tmpl",
                                            "templates/default.haproxycfg.tmpl"};
    struct arena a = ARENA_INIT;
    struct fixture f;

    (void)state;
    fixture_load(&f, fixture_read(&a, "tests/golden/render/desired.json"), &fixture_caps_30);
    for (size_t i = 0; i < 2; i++) {
        struct render_input in = fixture_input(&f, &fixture_caps_30);
        struct rendered out;
        struct err e;

        in.template.text = fixture_read(&a, templates[i]);
        assert_int_equal(render_config(&in, &out, &e), 0);
        check_all(out.config.p, true, "");
        rendered_free(&out);
    }
    fixture_free(&f);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_kills_when_a_backend_is_added),
        cmocka_unit_test(test_what_is_harmless),
        cmocka_unit_test(test_backends_in_which_no_server_may_be_added),
        cmocka_unit_test(test_each_line_is_told_once_with_its_number),
        cmocka_unit_test(test_the_shipped_templates_are_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
