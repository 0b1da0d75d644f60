/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "render/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static const char small[] =
    "{'frontends':[{'key':'web','bind':'*:80','backend':'live','natives':['maxconn 10']},"
    "              {'key':'db','bind':'*:90','backend':'dbs','mode':'tcp'}],"
    " 'backends':[{'key':'live','type':'static','members':[]},"
    "             {'key':'dbs','type':'static','mode':'tcp'}],"
    " 'members':{'live':[{'host':'10.0.0.1','port':80,'address':'10.0.0.1'}]}}";

static struct render_input input(struct fixture *f, const char *template)
{
    struct render_input in;

    fixture_text(f, small, &fixture_caps_26);
    in = fixture_input(f, &fixture_caps_26);
    if (template)
        in.template = (struct file_text){STR("mine.tmpl"), str_z(template)};
    return in;
}

/* Renders with `template`; *out is freed by the caller. */
static void render(const char *template, struct rendered *out)
{
    struct fixture f;
    struct render_input in = input(&f, template);
    struct err e = {0};

    if (render_config(&in, out, &e))
        fail_msg("%s", e.text);
    fixture_free(&f);
}

static void check_fails(const struct render_input *in, enum err_kind kind, const char *text)
{
    struct rendered out;
    struct err e = {0};

    assert_int_equal(render_config(in, &out, &e), -1);
    assert_int_equal(e.kind, kind);
    if (!strstr(e.text, text))
        fail_msg("\"%s\" is not in \"%s\"", text, e.text);
    rendered_free(&out);
}

static void check_template_fails(const char *template, const char *text)
{
    struct fixture f;
    struct render_input in = input(&f, template);

    check_fails(&in, ERR_INVALID, text);
    fixture_free(&f);
}

static void test_each_line_knows_its_object(void **state)
{
    static const char *const want[] = {
        "template",     "template", "template", "frontend/web", "frontend/web", "backend/live",
        "backend/live", "template", "template", "backend/dbs",  "template",     "template"};
    struct rendered out;

    (void)state;
    render("global\n    # frontend db\n\n"
           "frontend web # ours\n    acl x src 1\n  backend live from p\n    balance first\n"
           "backend mine\n    server s 1:1\nbackend dbs\nfrontend nosuch\n    bind :1",
           &out);
    assert_int_equal(out.line_count, 13); /* behind the last newline is an empty one */
    for (size_t i = 0; i < 12; i++)
        assert_true(str_eq_z(rendered_object(&out, i + 1), want[i]));
    assert_true(str_eq_z(rendered_object(&out, 0), "template"));
    assert_true(str_eq_z(rendered_object(&out, 99), "template"));
    rendered_free(&out);
}

static void test_last_line_ends(void **state)
{
    struct rendered out;

    (void)state;
    render("global", &out);
    assert_string_equal(out.config.p, "global\n");
    rendered_free(&out);
    render("global\n", &out);
    assert_string_equal(out.config.p, "global\n");
    rendered_free(&out);
}

static void test_data_of_the_template(void **state)
{
    struct rendered out;

    (void)state;
    render("{{haproxySocketPath}} {{haproxyDir}} {{haproxyPidPath}} {{generation}} "
           "{{#if statsFile}}stats{{else}}none{{/if}} {{#if statsBind}}bind{{/if}}|"
           "{{#each frontends}}{{id}} {{_type}} {{key}} {{name}} {{bind}} {{backend}} {{mode}} "
           "{{keepalive}} {{natives.length}};{{/each}}|"
           "{{#each backends}}{{key}} {{type}} {{profile}}:{{#each members}} {{server}} "
           "{{endpoint}} {{host}} {{port}} {{weight}} {{{args}}}{{/each}};{{/each}}|"
           "{{#each profiles}}{{name}} {{mode}}:{{#each spares}} {{name}}={{profile}}{{/each}};"
           "{{/each}}\n",
           &out);
    assert_string_equal(
        out.config.p,
        "/var/lib/thalassa/admin.sock /var/lib/thalassa /var/lib/thalassa/haproxy.pid 17 none |"
        "frontend/db frontend db db *:90 dbs tcp default 0;"
        "frontend/web frontend web web *:80 live http default 1;|"
        "dbs static thalassa.tcp-roundrobin:;"
        "live static thalassa.http-roundrobin: live_10.0.0.1:80 10.0.0.1:80 10.0.0.1 80 1 "
        "check inter 2000ms rise 2 fall 3 pool-max-conn 100 pool-purge-delay 5s;|"
        "thalassa.http-roundrobin http: thalassa.http-roundrobin.1=thalassa.http-roundrobin "
        "thalassa.http-roundrobin.2=thalassa.http-roundrobin;"
        "thalassa.http-roundrobin-get10 http: "
        "thalassa.http-roundrobin-get10.1=thalassa.http-roundrobin-get10 "
        "thalassa.http-roundrobin-get10.2=thalassa.http-roundrobin-get10;"
        "thalassa.http-roundrobin-get11 http: "
        "thalassa.http-roundrobin-get11.1=thalassa.http-roundrobin-get11 "
        "thalassa.http-roundrobin-get11.2=thalassa.http-roundrobin-get11;"
        "thalassa.tcp-roundrobin tcp: thalassa.tcp-roundrobin.1=thalassa.tcp-roundrobin "
        "thalassa.tcp-roundrobin.2=thalassa.tcp-roundrobin;\n");
    rendered_free(&out);
}

static void test_faults_of_a_template_are_named(void **state)
{
    (void)state;
    check_template_fails("global\n{{#each x}}", "mine.tmpl:2");
    check_template_fails("{{frontendHelper}}", "wants one argument");
    check_template_fails("{{frontendHelper haproxyDir}}", "wants one argument");
    check_template_fails("{{#each backends}}{{frontendHelper this}}{{/each}}", "is no frontend");
    check_template_fails("{{#each frontends}}{{backendHelper this}}{{/each}}", "is no backend");
    check_template_fails("{{#each backends}}{{backendHelper this from=mode}}{{/each}}", "from=");
    check_template_fails("{{#each backends}}{{profileHelper this}}{{/each}}", "is no profile");
    check_template_fails("{{#each backends}}{{aclRule this}}{{/each}}", "is no rule");
}

static void test_a_partial_that_is_broken_is_named(void **state)
{
    struct fixture f;
    struct render_input in = input(&f, "global\n{{> p}}\n");
    struct file_text partials[65];

    (void)state;
    for (size_t i = 0; i < 65; i++)
        partials[i] = (struct file_text){STR("p"), STR("{{#if x}}")};
    in.partials = partials;
    in.partial_count = 1;
    check_fails(&in, ERR_INVALID, "p:1:1");
    in.partial_count = 65;
    check_fails(&in, ERR_INVALID, "more than 64");
    fixture_free(&f);
}

static void test_folder_that_would_end_an_argument_is_refused(void **state)
{
    struct fixture f;
    struct render_input in = input(&f, NULL);

    (void)state;
    in.paths.haproxy_dir = STR("/var/lib/a,b");
    check_fails(&in, ERR_INVALID, "/var/lib/a,b");
    fixture_free(&f);
}

/* What validation missed must not become a line: the same text, put into the objects by hand. */
static void test_text_from_outside_never_becomes_a_line(void **state)
{
    struct fixture f;
    struct render_input in = input(&f, NULL);
    struct frontend *web = f.desired.frontends[1];
    struct backend *live = f.desired.objects[0];

    (void)state;
    assert_true(str_eq_z(web->name, "web"));
    web->natives.items[0] = STR("maxconn 1\nbackend evil");
    check_fails(&in, ERR_INVALID, "frontend web");
    web->natives.items[0] = STR("maxconn 1");
    web->bind_params = STR("name x\n");
    check_fails(&in, ERR_INVALID, "frontend web");
    web->bind_params = STR("");
    f.desired.backends[1].servers[0].args = STR("check\nserver evil 1.1.1.1:1");
    check_fails(&in, ERR_INVALID, "backend live");
    f.desired.backends[1].servers[0].args = STR("check");
    live->host = STR("evil\nname");
    check_fails(&in, ERR_INVALID, "control character");
    live->host = STR("");
    fixture_free(&f);
}

static void test_generation_alone_changes_no_byte(void **state)
{
    struct fixture f;
    struct render_input in = input(&f, NULL);
    struct rendered one, two;
    struct err e = {0};

    (void)state;
    assert_int_equal(render_config(&in, &one, &e), 0);
    f.desired.generation++;
    assert_int_equal(render_config(&in, &two, &e), 0);
    assert_true(str_eq(one.config, two.config));
    rendered_free(&one);
    rendered_free(&two);
    fixture_free(&f);
}

static void test_two_frontends_for_one_file_are_refused(void **state)
{
    struct fixture f;
    struct render_input in;

    (void)state;
    fixture_text(&f,
                 "{'frontends':[{'key':'web','bind':'*:80','backend':'x','rules':[{'operation':"
                 "'hdr_dom','header':'path','value':'v','backend':'x'}]},"
                 "{'key':'web.hdr_dom','bind':'*:81','backend':'x'}],'backends':[]}",
                 &fixture_caps_26);
    in = fixture_input(&f, &fixture_caps_26);
    check_fails(&in, ERR_CONFLICT, "maps/web.hdr_dom.path.a.map");
    fixture_free(&f);
}

static void test_profile_names(void **state)
{
    struct arena a = ARENA_INIT;

    (void)state;
    assert_string_equal(profile_name(&a, (struct profile){.balance = BALANCE_URI}).p,
                        "thalassa.http-uri");
    assert_string_equal(profile_name(&a, (struct profile){.mode = MODE_TCP,
                                                          .balance = BALANCE_LEASTCONN,
                                                          .http_check = true,
                                                          .method = HEALTH_OPTIONS,
                                                          .http_1_1 = true})
                            .p,
                        "thalassa.tcp-leastconn-options11");
    arena_free(&a);
}

/* A backend of 10,000 servers: about 0.2 s in a release build; the bound is for
 * sanitizers on a busy machine. */
static void test_ten_thousand_servers_are_rendered_in_time(void **state)
{
    enum { SERVERS = 10000 };
    struct fixture f;
    struct render_input in = input(&f, NULL);
    struct desired_backend *live = &f.desired.backends[1];
    struct timespec start, end;
    struct rendered out;
    struct err e = {0};
    double seconds;

    (void)state;
    live->servers = ARENA_ARRAY(&f.arena, struct desired_server, SERVERS);
    live->server_count = SERVERS;
    for (unsigned i = 0; i < SERVERS; i++) {
        live->servers[i] = (struct desired_server){
            .name = arena_printf(&f.arena, "live_10.0.%u.%u:80", i / 250, i % 250),
            .address = arena_printf(&f.arena, "10.0.%u.%u", i / 250, i % 250),
            .port = 80,
            .weight = 1,
            .args = STR("check inter 2000ms rise 2 fall 3")};
    }
    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_int_equal(render_config(&in, &out, &e), 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    print_message("10,000 servers: %.3f s, %zu bytes\n", seconds, out.config.n);
    assert_true(seconds < 5);
    rendered_free(&out);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_line_knows_its_object),
        cmocka_unit_test(test_last_line_ends),
        cmocka_unit_test(test_data_of_the_template),
        cmocka_unit_test(test_faults_of_a_template_are_named),
        cmocka_unit_test(test_a_partial_that_is_broken_is_named),
        cmocka_unit_test(test_folder_that_would_end_an_argument_is_refused),
        cmocka_unit_test(test_text_from_outside_never_becomes_a_line),
        cmocka_unit_test(test_generation_alone_changes_no_byte),
        cmocka_unit_test(test_two_frontends_for_one_file_are_refused),
        cmocka_unit_test(test_profile_names),
        cmocka_unit_test(test_ten_thousand_servers_are_rendered_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
