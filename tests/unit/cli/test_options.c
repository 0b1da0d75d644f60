/* SPDX-License-Identifier: Apache-2.0 */
/* Which value counts, and what is completed. */
#include "scene.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_the_defaults_are_those_of_the_design(void **state)
{
    struct scene *s = *state;
    struct options *o = read_ok(s, "");

    assert_int_equal(s->call.command, COMMAND_RUN);
    assert_false(s->call.help);
    assert_string_equal(o->host, "127.0.0.1");
    assert_int_equal(o->port, 10000);
    assert_string_equal(o->serviceReg, "127.0.0.1");
    assert_int_equal(o->serviceRegPort, 8500);
    assert_string_equal(o->haproxySocketPath, "/tmp/haproxy.status.sock");
    assert_string_equal(o->haproxyPidPath, "/var/run/haproxy.pid");
    assert_string_equal(o->haproxyCfgPath, "/etc/haproxy/haproxy.cfg");
    assert_string_equal(o->haproxyDir, "/etc/haproxy/thalassa.d");
    assert_string_equal(o->dbPath, "/var/lib/thalassa");
    assert_string_equal(o->apiSocket, "/run/thalassa/api.sock");
    assert_string_equal(o->persistence, "");
    assert_int_equal(o->drainTimeout, 30000);
    assert_int_equal(o->statsInterval, 2000);
    assert_string_equal(o->haproxyStats, "");
    assert_int_equal(o->maxShrink, 50);
    assert_int_equal(o->minHealthy, 1);
    assert_int_equal(o->haproxyStart, HAPROXY_START_AUTO);
    assert_int_equal(o->addState, ADD_STATE_READY);
    assert_int_equal(o->drift, DRIFT_REPAIR);
    assert_true(o->panic);
    assert_false(o->debug || o->sudo || o->insecure || o->adopt);
    assert_int_equal(o->allowedHosts.count, 0);
    assert_string_equal(o->templateFile + strlen(s->folder),
                        "/build/release/bin/../../../templates/default.haproxycfg.tmpl");
    options_free(o);
}

static void test_the_command_of_the_predecessor_runs_as_it_stands(void **state)
{
    struct scene *s = *state;
    struct options *o = read_ok(s, "--haproxyCfgPath ~/haproxy.cfg --debug --persistence "
                                   "~/thalassa.json --templateFile dev.haproxycfg.tmpl "
                                   "--haproxyPidPath ~/ --label myapp-dev");

    assert_int_equal(s->call.command, COMMAND_RUN);
    assert_string_equal(o->haproxyCfgPath, in(s, "haproxy.cfg"));
    assert_true(o->debug);
    assert_string_equal(o->persistence, in(s, "thalassa.json"));
    assert_non_null(strstr(o->templateFile, "/templates/dev.haproxycfg.tmpl"));
    assert_string_equal(o->haproxyPidPath, in(s, "haproxy.pid"));
    assert_string_equal(o->label, "myapp-dev");
    assert_string_equal(o->haproxyDir, in(s, "thalassa.d"));
    assert_string_equal(o->haproxyMasterSocketPath, in(s, "thalassa.d/master.sock"));
    options_free(o);
}

static void test_both_spellings_of_a_value(void **state)
{
    struct options *o = read_ok(*state, "--port=81 --host ::1 --label=a=b --debug=off "
                                        "--panic off --persistence=");

    assert_int_equal(o->port, 81);
    assert_string_equal(o->host, "::1");
    assert_string_equal(o->label, "a=b");
    assert_false(o->debug);
    assert_false(o->panic);
    assert_int_equal(o->origin[OPTION_port], ORIGIN_COMMAND_LINE);
    assert_int_equal(o->origin[OPTION_serviceReg], ORIGIN_DEFAULT);
    options_free(o);
}

static void test_the_stronger_origin_wins(void **state)
{
    struct scene *s = *state;
    struct options *o;

    file_set(s->config, "port = 1\nlabel = \"file\"\nlocation = file\nallowedHosts = \"f1 f2\"\n");
    s->environment[0] = "THALASSA_LABEL=environment";
    s->environment[1] = "THALASSA_LOCATION=environment";
    s->environment[2] = "THALASSA_ALLOWED_HOSTS=e1";
    o = read_ok(s, "--location line --allowedHosts a --allowedHosts b,c");
    assert_int_equal(o->port, 1);
    assert_string_equal(o->label, "environment");
    assert_string_equal(o->location, "line");
    assert_int_equal(o->allowedHosts.count, 3); /* added up, but not to what is weaker */
    assert_true(str_eq_z(o->allowedHosts.items[0], "a"));
    assert_true(str_eq_z(o->allowedHosts.items[2], "c"));
    assert_int_equal(o->origin[OPTION_port], ORIGIN_FILE);
    assert_int_equal(o->origin[OPTION_label], ORIGIN_ENVIRONMENT);
    options_free(o);
}

static void test_the_file_that_config_names_is_read_instead(void **state)
{
    struct scene *s = *state;
    struct options *o;

    file_set(s->config, "port = 1\n");
    file_set(in(s, "other.conf"), "label = 'other'\n");
    o = read_ok(s, "--config ~/other.conf");
    assert_int_equal(o->port, 10000);
    assert_string_equal(o->label, "other");
    options_free(o);
    char variable[200];
    (void)snprintf(variable, sizeof variable, "THALASSA_CONFIG=%s", in(s, "other.conf"));
    s->environment[0] = variable;
    o = read_ok(s, "status");
    assert_string_equal(o->label, "other");
    options_free(o);
    read_fails(s, "--config ~/nowhere.conf", "nowhere.conf: No such file");
    read_fails(s, "--config ~/templates", "templates: Is a directory");
}

static void test_an_empty_file_and_one_of_comments_are_fine(void **state)
{
    struct scene *s = *state;

    file_set(s->config, "");
    options_free(read_ok(s, ""));
    file_set(s->config, "# port = 1\n\n// label\n/* host */\n");
    options_free(read_ok(s, ""));
}

static void test_a_file_that_cannot_be_read_is_an_error(void **state)
{
    struct scene *s = *state;

    assert_int_equal(mkdir(s->config, 0700), 0);
    read_fails(s, "", s->config);
}

static void test_subcommands_get_their_arguments(void **state)
{
    static const char *const wanted[] = {"live", "1.2.0", "--wait", "5s", "--json", "-x", "--port"};
    struct scene *s = *state;
    struct options *o =
        read_ok(s, "--port 81 switch live 1.2.0 --wait 5s --host ::1 --json -x -- --port");

    assert_int_equal(s->call.command, COMMAND_SWITCH);
    assert_string_equal(command_name(s->call.command), "switch");
    assert_int_equal(o->port, 81);
    assert_string_equal(o->host, "::1");
    assert_int_equal(s->call.argument_count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(s->call.arguments[i], wanted[i]);
    options_free(o);
}

static void test_every_command_is_known(void **state)
{
    struct scene *s = *state;

    for (int c = 0; c < COMMAND_COUNT; c++) {
        struct options *o = read_ok(s, command_name((enum command)c));
        assert_int_equal(s->call.command, c);
        options_free(o);
    }
}

static void test_help_is_given_whatever_the_file_says(void **state)
{
    struct scene *s = *state;
    static const char *const lines[] = {"--help", "-h", "status --help",
                                        "--help --config /nowhere"};

    file_set(s->config, "what is this");
    for (size_t i = 0; i < 4; i++) {
        struct options *o = read_ok(s, lines[i]);
        assert_true(s->call.help);
        options_free(o);
    }
    s->world.default_config = NULL;
    options_free(read_ok(s, "--version"));
    assert_false(s->call.help);
    assert_int_equal(s->call.command, COMMAND_VERSION);
}

static void test_folders_stand_for_files_in_them(void **state)
{
    struct scene *s = *state;
    struct options *o = read_ok(s, "--persistence ~/templates --haproxyPidPath ~/new/");

    assert_string_equal(o->persistence, in(s, "templates/thalassa.json"));
    assert_string_equal(o->haproxyPidPath, in(s, "new/haproxy.pid"));
    options_free(o);
}

static void test_relative_paths_become_absolute(void **state)
{
    struct scene *s = *state;
    char here[256];
    struct options *o;

    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(s->folder), 0);
    o = read_ok(s, "--haproxyCfgPath h.cfg --templateFile ./templates/dev.haproxycfg.tmpl");
    assert_string_equal(o->haproxyCfgPath, in(s, "h.cfg"));
    assert_string_equal(o->haproxyDir, in(s, "thalassa.d"));
    assert_string_equal(o->templateFile, "./templates/dev.haproxycfg.tmpl");
    options_free(o);
    assert_int_equal(chdir(here), 0);
}

static void test_the_store_of_a_user_lies_in_the_state_folder(void **state)
{
    struct scene *s = *state;
    struct options *o;

    s->world.uid = 1000;
    read_fails(s, "status", "--dbPath is wanted");
    s->environment[0] = "HOME=/home/u";
    o = read_ok(s, "status");
    assert_string_equal(o->dbPath, "/home/u/.local/state/thalassa");
    assert_string_equal(o->apiSocket, "/home/u/.local/state/thalassa/api.sock");
    options_free(o);
    s->environment[1] = "XDG_STATE_HOME=/s";
    o = read_ok(s, "status");
    assert_string_equal(o->dbPath, "/s/thalassa");
    options_free(o);
    o = read_ok(s, "status --dbPath ~/db");
    assert_string_equal(o->apiSocket, in(s, "db/api.sock"));
    options_free(o);
}

static void test_templates_are_found_or_named(void **state)
{
    struct scene *s = *state;
    struct options *o;

    read_fails(s, "--templateFile nosuch.tmpl", "no template \"nosuch.tmpl\" in /usr/");
    read_fails(s, "--templateFile ~/nosuch.tmpl", "nosuch.tmpl: there is no such file");
    options_free(read_ok(s, "status --templateFile nosuch.tmpl")); /* does not need it */
    assert_int_equal(file_make_folder(in(s, "bin"), 0755, NULL), 0);
    assert_int_equal(file_make_folder(in(s, "share/thalassa/templates"), 0755, NULL), 0);
    file_set(in(s, "share/thalassa/templates/own.tmpl"), "x");
    (void)snprintf(s->program, sizeof s->program, "%s/bin", s->folder);
    o = read_ok(s, "--templateFile own.tmpl");
    assert_non_null(strstr(o->templateFile, "/bin/../share/thalassa/templates/own.tmpl"));
    options_free(o);
}

static void test_the_shipped_templates_are_found_from_this_build(void **state)
{
    struct options_call call;
    struct err e;
    char *argv[] = {(char *)"thalassa", (char *)"render", (char *)"--templateFile",
                    (char *)THALASSA_SOURCE_DIR "/templates/dev.haproxycfg.tmpl"};
    struct options *o = options_read(4, argv, &call, &e);

    (void)state;
    if (!o)
        fail_msg("%s", e.text);
    options_free(o);
}

/* Fields that are no words of C are named like their option, and every row is complete. */

/* A password on the command line would be there for everybody to see. */

/* With THALASSA_GOLDEN=write in the environment it is written anew instead, and the test fails. */

/* Taking out every '#' before an option changes nothing. */

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_defaults_are_those_of_the_design),
        TEST(test_the_command_of_the_predecessor_runs_as_it_stands),
        TEST(test_both_spellings_of_a_value),
        TEST(test_the_stronger_origin_wins),
        TEST(test_the_file_that_config_names_is_read_instead),
        TEST(test_an_empty_file_and_one_of_comments_are_fine),
        TEST(test_a_file_that_cannot_be_read_is_an_error),
        TEST(test_subcommands_get_their_arguments),
        TEST(test_every_command_is_known),
        TEST(test_help_is_given_whatever_the_file_says),
        TEST(test_folders_stand_for_files_in_them),
        TEST(test_relative_paths_become_absolute),
        TEST(test_the_store_of_a_user_lies_in_the_state_folder),
        TEST(test_templates_are_found_or_named),
        TEST(test_the_shipped_templates_are_found_from_this_build),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
