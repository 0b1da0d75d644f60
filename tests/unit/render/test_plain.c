/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "render/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct plain probe(struct str template, const struct render_caps *caps)
{
    struct fixture f;
    struct render_input in;
    struct plain out;

    fixture_text(&f, "{'frontends':[],'backends':[]}", caps);
    in = fixture_input(&f, caps);
    if (template.n)
        in.template = (struct file_text){STR("mine.tmpl"), template};
    plain_probe(&in, &out);
    fixture_free(&f);
    return out;
}

static void check_template(const char *path, bool at_runtime, const char *why)
{
    struct arena a = ARENA_INIT;
    struct plain got = probe(fixture_read(&a, path), &fixture_caps_30);

    assert_int_equal(got.at_runtime, at_runtime);
    assert_int_equal(got.spares, at_runtime);
    assert_string_equal(got.why, why);
    arena_free(&a);
}

static void test_shipped_templates_leave_backends_to_the_runtime(void **state)
{
    (void)state;
    check_template("templates/dev.haproxycfg.tmpl", true, "");
    check_template("templates/default.haproxycfg.tmpl", true, "");
    assert_true(probe(STR(""), &fixture_caps_26).at_runtime);
    assert_true(probe(STR(""), &fixture_caps_26).spares);
}

static void test_templates_of_the_predecessor_do_not(void **state)
{
    (void)state;
    check_template("tests/golden/render/predecessor.tmpl", false,
                   "its backends inherit no profile");
    check_template("tests/golden/render/spelled-out.tmpl", false,
                   "its frontends do not look for the proxy that serves a backend");
}

#define DEFAULTS "global\n{{> thalassa.defaults}}\n"
#define FRONTENDS "{{#each frontends}}\nfrontend {{key}}\n    {{frontendHelper this}}\n"
#define BACKENDS "{{#each backends}}\nbackend {{key}} from {{profile}}\n"
#define BODY "    {{backendHelper this from=profile}}\n"
#define SPARES "{{> thalassa.spares}}\n"
#define END "{{/each}}\n"

static void check(const char *template, bool spares, const char *why)
{
    struct plain got = probe(str_z(template), &fixture_caps_30);

    assert_string_equal(got.why, why);
    assert_int_equal(got.at_runtime, *why == 0);
    assert_int_equal(got.spares, spares);
}

static void test_what_a_template_of_ones_own_leaves(void **state)
{
    (void)state;
    check(DEFAULTS FRONTENDS END BACKENDS BODY END SPARES, true, "");
    check(DEFAULTS FRONTENDS END BACKENDS BODY END, false, "");
    check(DEFAULTS FRONTENDS END BACKENDS BODY "    timeout server 1s\n" END SPARES, false,
          "its backends have lines of their own");
    check(DEFAULTS FRONTENDS END BACKENDS
          "{{#if health}}\n    timeout server 1s\n{{/if}}\n" BODY END SPARES,
          false, "its backends have lines of their own");
    check("global\n" FRONTENDS END BACKENDS BODY END, false,
          "it does not write the profiles of its backends");
    check(DEFAULTS FRONTENDS "    default_backend {{backend}}\n" END BACKENDS BODY END, false,
          "its frontends name their backends");
    check(DEFAULTS FRONTENDS "    use_backend x if TRUE\n" END BACKENDS BODY END, false,
          "its frontends name their backends");
    check(DEFAULTS BACKENDS BODY END, false, "it leaves out a frontend");
    check(DEFAULTS FRONTENDS END, false, "it leaves out a backend");
}

static void test_a_template_that_does_not_render_leaves_nothing(void **state)
{
    struct plain got = probe(STR("global\n{{#each x}}"), &fixture_caps_30);

    (void)state;
    assert_false(got.at_runtime);
    assert_false(got.spares);
    assert_non_null(strstr(got.why, "mine.tmpl:2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_templates_leave_backends_to_the_runtime),
        cmocka_unit_test(test_templates_of_the_predecessor_do_not),
        cmocka_unit_test(test_what_a_template_of_ones_own_leaves),
        cmocka_unit_test(test_a_template_that_does_not_render_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
