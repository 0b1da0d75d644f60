/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "render/structure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* "object field; object field" */
static void check_diff_of(const char *have, const char *want, const struct str_list *ours,
                          const struct desired *objects, const char *reasons)
{
    struct arena a = ARENA_INIT;
    struct structure h, w;
    struct reasons got;
    struct buf text;

    structure_parse(&a, str_z(have), ours, &h);
    structure_parse(&a, str_z(want), ours, &w);
    got = structure_diff(&a, &h, &w, objects);
    buf_init(&text, 4096);
    buf_add_z(&text, "");
    for (size_t i = 0; i < got.count; i++) {
        buf_printf(&text, "%s" STR_FMT " " STR_FMT, i ? "; " : "", STR_ARG(got.items[i].object),
                   STR_ARG(got.items[i].field));
        assert_true(got.items[i].why.n > 0);
    }
    assert_string_equal(text.p, reasons);
    buf_free(&text);
    arena_free(&a);
}

static void check_diff(const char *have, const char *want, const char *reasons)
{
    check_diff_of(have, want, NULL, NULL, reasons);
}

static void test_what_makes_no_difference(void **state)
{
    (void)state;
    check_diff("", "", "");
    check_diff("# generation 1\nglobal\n  maxconn 1 # x\n\nfrontend a\nbackend b\n server s 1:1\n",
               "global\r\n\tmaxconn   1\nbackend b\nfrontend a\n", "");
    check_diff("defaults thalassa.http-first\n balance first\nbackend b from p\n",
               "defaults thalassa.http-uri\n balance uri\nbackend b from p\n", "");
    check_diff("frontend a\n http-request set-var(txn.r,ifgt) req.hdr(x),map_dom_int(/x) if y\n",
               "frontend a\n", "");
}

static void test_fields_of_a_frontend(void **state)
{
    static const char have[] = "frontend a from p\n bind :1\n mode http\n acl x src 1\n deny\n";

    (void)state;
    check_diff(have, "frontend a from p\n bind :2\n mode http\n acl x src 1\n deny\n",
               "frontend/a bind");
    check_diff(have, "frontend a from q\n bind :1\n mode tcp\n acl x src 1\n deny\n",
               "frontend/a profile; frontend/a mode");
    check_diff(have,
               "frontend a from p\n bind :1\n mode http\n option httpclose\n acl x src 1\n deny\n",
               "frontend/a keepalive");
    check_diff(have, "frontend a from p\n bind :1\n mode http\n acl x src 2\n deny\n",
               "frontend/a natives");
    check_diff(have, "frontend a from p\n bind :1\n mode http\n deny\n acl x src 1\n",
               "frontend/a natives");
    check_diff(have, "frontend a from p\n bind :1\n acl x src 1\n mode http\n deny\n",
               "frontend/a natives");
    check_diff("frontend a\n", "frontend a\n http-request set-var(txn.r,ifgt) req.hdr(x)\n",
               "frontend/a rules");
    check_diff("frontend a\n", "frontend a\n http-request set-var(txn.px) x\n",
               "frontend/a template");
    check_diff("frontend a\n", "frontend a\n option httpclosed\n", "frontend/a natives");
}

static void test_fields_of_a_backend(void **state)
{
    (void)state;
    check_diff("backend b from p\n mode http\n", "backend b from q\n mode http\n",
               "backend/b profile");
    check_diff("backend b\n balance first\n option httpchk\n cookie A\n timeout server 1s\n",
               "backend b\n balance uri\n hash-type consistent\n cookie B\n timeout server 2s\n",
               "backend/b balance; backend/b health; backend/b cookie; backend/b natives");
}

static void test_created_and_deleted(void **state)
{
    (void)state;
    check_diff("backend b\nfrontend a\n", "backend c\nfrontend a\nlisten l\n",
               "backend/b deleted; backend/c created; template listen l");
}

static void test_sections_of_the_template(void **state)
{
    (void)state;
    check_diff("global\n maxconn 1\n", "global\n maxconn 2\n", "template global");
    check_diff("defaults thalassa.base\n retries 1\n", "defaults thalassa.base\n retries 2\n",
               "template defaults thalassa.base");
    check_diff("defaults x from a\n", "defaults x from b\n", "template defaults x");
    check_diff("resolvers r\n", "", "template resolvers r");
    check_diff("global\n a\nglobal\n b\n", "global\n a\n b\n", "");
    check_diff("listen l\n server s 1:1\n", "listen l\n server s 1:2\n", "template listen l");
}

/* `names` are objects of ours, parted by blanks. */
static void check_diff_runtime(const char *have, const char *want, const char *names,
                               const char *reasons)
{
    struct desired_backend backends[4];
    struct backend objects[4];
    struct desired d = {.backends = backends};
    struct str rest = str_z(names), name;

    while ((name = str_word(&rest)).n) {
        objects[d.backend_count] = (struct backend){.name = name};
        backends[d.backend_count] = (struct desired_backend){.object = &objects[d.backend_count]};
        d.backend_count++;
    }
    check_diff_of(have, want, NULL, &d, reasons);
}

#define FIRST "from thalassa.http-first"

static void test_plain_backends_are_changed_at_runtime(void **state)
{
    static const char plain[] = "backend b " FIRST "\n guid be:b\n mode http\n server s 1:1\n";

    (void)state;
    check_diff_runtime("", plain, "b", "");
    check_diff_runtime(plain, "", "", "");
    check_diff_runtime(plain, "backend b from thalassa.tcp-uri\n mode tcp\n", "b", "");
    check_diff_runtime(plain, "backend b " FIRST "\n", "b", "");
    check_diff(plain, "", "backend/b deleted");
    check_diff("", plain, "backend/b created");
    check_diff(plain, "backend b from thalassa.tcp-uri\n guid be:b\n mode tcp\n",
               "backend/b profile; backend/b mode");
}

static void test_other_backends_need_a_reload(void **state)
{
    static const char *const more[] = {" cookie SRV insert\n", " timeout server 1s\n",
                                       " balance uri\n", " http-request deny\n"};
    static const char plain[] = "backend b " FIRST "\n mode http\n";

    (void)state;
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "%s%s", plain, more[i]);
        check_diff_runtime("", text, "b", "backend/b created");
        check_diff_runtime(text, "", "", "backend/b deleted");
        check_diff_runtime(text, text, "b", "");
    }
    check_diff_runtime(plain, "backend b " FIRST "\n mode http\n cookie A\n", "b",
                       "backend/b cookie");
    check_diff_runtime("backend b " FIRST "\n mode http\n deny\n", plain, "b", "backend/b natives");
    check_diff_runtime("", "backend b\n mode http\n", "b", "backend/b created");
    check_diff_runtime("", "backend b from thalassa.plain\n", "b", "backend/b created");
    check_diff_runtime("", "listen b " FIRST "\n", "b", "template listen b");
    /* the template's own, in a profile of ours */
    check_diff_runtime("", "backend mine " FIRST "\n server s 1:1\n", "b", "backend/mine created");
}

static void test_spares_are_never_a_reason(void **state)
{
    (void)state;
    check_diff("", "backend thalassa.http-first.1 " FIRST "\n guid be:x\n mode http\n", "");
    check_diff("backend thalassa.http-first.12 " FIRST "\n mode http\n", "", "");
    check_diff("", "backend thalassa.http-first.1 " FIRST "\n timeout server 1s\n",
               "backend/thalassa.http-first.1 created");
    check_diff("", "backend thalassa.http-first.1 from thalassa.http-uri\n",
               "backend/thalassa.http-first.1 created");
    check_diff("", "backend thalassa.agents.1 from thalassa.agents\n",
               "backend/thalassa.agents.1 created");
}

static void test_a_profile_with_other_lines_is_a_reason(void **state)
{
    (void)state;
    check_diff_runtime("defaults thalassa.http-first\n balance first\n",
                       "defaults thalassa.http-first\n balance first\n retries 1\n", "",
                       "template defaults thalassa.http-first");
}

static void test_sections_are_found_by_name(void **state)
{
    struct arena a = ARENA_INIT;
    struct structure s;

    (void)state;
    structure_parse(&a, STR("global\nbackend a\nfrontend a\nbackend b from p\n"), NULL, &s);
    assert_true(str_eq_z(structure_find(&s, STR("backend"), STR("b"))->from, "p"));
    assert_non_null(structure_find(&s, STR("frontend"), STR("a")));
    assert_null(structure_find(&s, STR("frontend"), STR("b")));
    structure_parse(&a, STR(""), NULL, &s);
    assert_null(structure_find(&s, STR("global"), STR("")));
    arena_free(&a);
}

/* Unnamed defaults hold for the sections behind them. */
static void test_another_place_of_defaults_is_told(void **state)
{
    (void)state;
    check_diff("defaults\n a\ndefaults\n b\nfrontend f\n",
               "defaults\n a\nfrontend f\ndefaults\n b\n", "frontend/f profile");
}

static void test_servers_of_others_are_structure(void **state)
{
    struct str names[] = {STR("live")};
    struct str_list ours = {names, 1};

    (void)state;
    check_diff_of("backend live\n server a 1:1\nbackend mine\n server a 1:1\n",
                  "backend live\n server b 1:2\nbackend mine\n server b 1:2\n", &ours, NULL,
                  "backend/mine template");
}

static void test_quotes_and_comments_are_read_as_haproxy_does(void **state)
{
    (void)state;
    check_diff("frontend a\n acl x path '/a#b' \"c # d\" e\\#f # comment\n",
               "frontend a\n acl x path '/a#b' \"c # d\" e\\#f\n", "");
    check_diff("frontend a\n acl x path '/a#b'\n", "frontend a\n acl x path '/a#c'\n",
               "frontend/a natives");
    check_diff("frontend a\n acl x path 'a  b'\n", "frontend a\n acl x path 'a b'\n",
               "frontend/a natives");
    check_diff("frontend a\n acl x path 'a\\' b'\n", "frontend a\n acl x path 'a\\' c'\n",
               "frontend/a natives");
}

/* What was rendered is read back as it was meant. */
static void test_servers_are_read_back(void **state)
{
    struct arena a = ARENA_INIT;
    struct fixture f;
    struct render_input in;
    struct rendered out;
    struct structure_servers got;
    struct err e = {0};
    size_t at = 0;

    (void)state;
    fixture_load(&f, fixture_read(&a, "tests/golden/render/desired.json"), &fixture_caps_30);
    in = fixture_input(&f, &fixture_caps_30);
    assert_int_equal(render_config(&in, &out, &e), 0);
    got = structure_servers(&a, out.config);
    for (size_t i = 0; i < f.desired.backend_count; i++) {
        const struct desired_backend *b = &f.desired.backends[i];
        for (size_t k = 0; k < b->server_count; k++, at++) {
            assert_true(at < got.count);
            assert_true(str_eq(got.items[at].backend, b->object->name));
            assert_true(str_eq(got.items[at].name, b->servers[k].name));
            assert_int_equal(got.items[at].weight, b->servers[k].weight);
            assert_true(str_eq(got.items[at].args, b->servers[k].args));
        }
    }
    assert_int_equal(at, got.count);
    assert_int_equal(at, 13);
    rendered_free(&out);
    fixture_free(&f);
    arena_free(&a);
}

static void test_servers_written_by_others_are_read(void **state)
{
    struct arena a = ARENA_INIT;
    struct structure_servers got = structure_servers(
        &a, STR("backend b\n server s1 '10.0.0.1:80' check  inter 1s # x\n server broken\n"
                "listen l\n server no 1:1\nbackend c\n server s2 [::1]:80 weight 300 check\n"));

    (void)state;
    assert_int_equal(got.count, 2);
    assert_true(str_eq_z(got.items[0].address, "10.0.0.1:80"));
    assert_true(str_eq_z(got.items[0].args, "check inter 1s"));
    assert_int_equal(got.items[0].weight, 1);
    assert_true(str_eq_z(got.items[1].backend, "c"));
    assert_true(str_eq_z(got.items[1].args, "weight 300 check"));
    arena_free(&a);
}

static void test_structure_survives_being_printed(void **state)
{
    static const char text[] = "defaults\n a 'b c'\nbackend x\n d\ndefaults\n e\nfrontend f\n g\n"
                               "defaults p from q\n h\nlisten l from p\nglobal\n i\n";
    struct arena a = ARENA_INIT;
    struct structure once, again;
    struct buf printed;

    (void)state;
    buf_init(&printed, 4096);
    structure_parse(&a, str_z(text), NULL, &once);
    structure_print(&printed, &once);
    structure_parse(&a, buf_str(&printed), NULL, &again);
    assert_int_equal(once.count, 7);
    assert_int_equal(structure_diff(&a, &once, &again, NULL).count, 0);
    check_diff(text, printed.p, "");
    buf_free(&printed);
    arena_free(&a);
}

/* Any bytes: no crash, no reading past the end (sanitizers watch), and no difference to itself. */
static void test_any_bytes_are_taken(void **state)
{
    static const char alphabet[] = "\n\n  \t'\"\\#abfrontend backend server defaults";
    char text[257];
    unsigned seed = 7;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t n = (size_t)(round % 256);
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        text[n] = 0;
        check_diff(text, text, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_makes_no_difference),
        cmocka_unit_test(test_fields_of_a_frontend),
        cmocka_unit_test(test_fields_of_a_backend),
        cmocka_unit_test(test_created_and_deleted),
        cmocka_unit_test(test_sections_of_the_template),
        cmocka_unit_test(test_plain_backends_are_changed_at_runtime),
        cmocka_unit_test(test_other_backends_need_a_reload),
        cmocka_unit_test(test_spares_are_never_a_reason),
        cmocka_unit_test(test_a_profile_with_other_lines_is_a_reason),
        cmocka_unit_test(test_sections_are_found_by_name),
        cmocka_unit_test(test_another_place_of_defaults_is_told),
        cmocka_unit_test(test_servers_of_others_are_structure),
        cmocka_unit_test(test_quotes_and_comments_are_read_as_haproxy_does),
        cmocka_unit_test(test_servers_are_read_back),
        cmocka_unit_test(test_servers_written_by_others_are_read),
        cmocka_unit_test(test_structure_survives_being_printed),
        cmocka_unit_test(test_any_bytes_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
