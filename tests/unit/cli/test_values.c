/* SPDX-License-Identifier: Apache-2.0 */
/* Values of every type, and what is said of bad ones. */
#include "scene.h"

#include <stdio.h>
#include <string.h>

static void check_file(struct scene *s, const char *text, const char *words)
{
    char wanted[200];

    file_set(s->config, text);
    (void)snprintf(wanted, sizeof wanted, "%s%s", s->config, words);
    read_fails(s, "", wanted);
}

static void test_errors_in_the_file_name_its_line(void **state)
{
    struct scene *s = *state;

    check_file(s, "\n\nport = http\n",
               ":3: port: a number from 1 to 65535 wanted, this is \"http\"");
    check_file(s, "label = x\nprot = 1\n", ":2: no such option 'prot'");
    check_file(s, "config = x\n", ":1: config: not to be set in the file itself");
    check_file(s, "label = \"x\n", ":");
    check_file(s, "label\n", ":");
    check_file(s, "label = {a, b}\n", ":1: ");
    check_file(s, "drift = x\nport = y\n", ":1: drift: repair|report wanted, this is \"x\"");
    check_file(s, "label = \"a\tb\"\n", ":1: label: has a control character");
}

static void test_a_binary_file_is_refused(void **state)
{
    struct scene *s = *state;
    FILE *f = fopen(s->config, "wb");

    assert_int_equal(fwrite("port = 1\0port = x", 1, 17, f), 17);
    assert_int_equal(fclose(f), 0);
    read_fails(s, "", "NUL");
}

static void test_bad_values_name_source_option_and_value(void **state)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"--port 0", "command line: --port: a number from 1 to 65535 wanted, this is \"0\""},
        {"--port 65536", "--port"},
        {"--port -1", "--port"},
        {"--port 80x", "--port"},
        {"--port=", "--port: a number from 1 to 65535 wanted, this is \"\""},
        {"--port", "command line: --port: a value is wanted"},
        {"--label --debug", "command line: --label: a value is wanted"},
        {"--host=", "--host: must not be empty"},
        {"--debug=maybe", "--debug: on or off wanted, this is \"maybe\""},
        {"--panic 2", "--panic: on or off wanted"},
        {"--drainTimeout 30", "--drainTimeout: a time such as 500ms, 30s or 5m wanted"},
        {"--drainTimeout s", "--drainTimeout: a time"},
        {"--drainTimeout 1h", "--drainTimeout: a time"},
        {"--drainTimeout 2000m", "--drainTimeout: 0s to 1440m wanted"},
        {"--drainTimeout 18446744073709551615m", "--drainTimeout: 0s to 1440m wanted"},
        {"--statsInterval 99ms", "--statsInterval: 100ms to 60m wanted"},
        {"--maxShrink 101%", "--maxShrink: a number from 0 to 100 wanted, this is \"101%\""},
        {"--maxShrink %", "--maxShrink"},
        {"--minHealthy 1001", "--minHealthy: a number from 0 to 1000 wanted"},
        {"--activityEntries 99", "--activityEntries: a number from 100 to"},
        {"--addState up", "--addState: ready|checked wanted, this is \"up\""},
        {"--haproxyStats 127.0.0.1", "--haproxyStats: ADDRESS:PORT or off wanted"},
        {"--spoeListen 127.0.0.1", "--spoeListen: ADDRESS:PORT, an absolute path or off wanted"},
        {"--spoeListen spoe.sock", "--spoeListen: ADDRESS:PORT, an absolute path or off wanted"},
        {"--spoeThreads 65", "--spoeThreads: a number from 1 to 64 wanted"},
        {"--haproxyStats :80", "--haproxyStats"},
        {"--haproxyStats 1.2.3.4:0", "--haproxyStats"},
        {"--prot 80", "command line: unknown option \"--prot\"; see --help"},
        {"--haproxycfgpath x", "unknown option \"--haproxycfgpath\" (--haproxyCfgPath is known)"},
        {"--haproxyCfg x", "unknown option \"--haproxyCfg\""}, /* no abbreviations */
        {"-d", "unknown option \"-d\""},
        {"run --json", "unknown option \"--json\""},
        {"run now", "\"now\": run takes no arguments"},
        {"frobnicate", "unknown command \"frobnicate\"; known: run check render plan status "
                       "frontends backends members services switch splits split policies policy "
                       "drain maint ready "
                       "weight activity apply help version"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        read_fails(*state, cases[i].line, cases[i].words);
}

static void test_bad_values_of_the_environment(void **state)
{
    struct scene *s = *state;
    char longer[5000];

    s->environment[0] = "THALASSA_HAPROXY_START=maybe";
    read_fails(s, "", "environment: THALASSA_HAPROXY_START: auto|never wanted, this is \"maybe\"");
    options_free(read_ok(s, "--haproxyStart never")); /* nobody asks for it */
    s->environment[0] = "THALASSA_LABEL=a\nb";
    read_fails(s, "", "environment: THALASSA_LABEL: has a control character");
    memset(longer, 'x', sizeof longer - 1);
    memcpy(longer, "THALASSA_LABEL=", 15);
    longer[sizeof longer - 1] = 0;
    s->environment[0] = longer;
    read_fails(s, "", "environment: THALASSA_LABEL: longer than 4095 bytes");
    s->environment[0] = "THALASSA_NO_SUCH=1";
    s->environment[1] = "THALASSA_LABEL="; /* empty: not set */
    options_free(read_ok(s, ""));
}

static void test_values_of_every_type(void **state)
{
    struct options *o =
        read_ok(*state, "--drainTimeout 1500ms --statsInterval 2m --maxShrink 7 --panic no "
                        "--addState checked --sudo --haproxyStats [::1]:9 --allowedHosts a,,b "
                        "--apiSocket off --statsInterval 60s --minHealthy 0");

    assert_int_equal(o->drainTimeout, 1500);
    assert_int_equal(o->statsInterval, 60000); /* the last one counts */
    assert_int_equal(o->maxShrink, 7);
    assert_int_equal(o->addState, ADD_STATE_CHECKED);
    assert_false(o->panic);
    assert_true(o->sudo);
    assert_string_equal(o->haproxyStats, "[::1]:9");
    assert_int_equal(o->allowedHosts.count, 2);
    assert_string_equal(o->apiSocket, "");
    assert_int_equal(o->minHealthy, 0);
    options_free(o);
    o = read_ok(*state, "--haproxyStats off");
    assert_string_equal(o->haproxyStats, "");
    options_free(o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_errors_in_the_file_name_its_line),
        TEST(test_a_binary_file_is_refused),
        TEST(test_bad_values_name_source_option_and_value),
        TEST(test_bad_values_of_the_environment),
        TEST(test_values_of_every_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
