/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/file.h"
#include "cli/option_table.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS_MAX = 32 };

/* A scratch folder that has templates beside the "program", and what the program is called with. */
struct scene {
    char folder[64];
    char config[96]; /* the default configuration file; not there unless a test writes it */
    char program[96];
    const char *environment[WORDS_MAX];
    struct options_world world;
    struct options_call call;
    struct err e;
};

static void file_set(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    char path[128];

    (void)snprintf(s->folder, sizeof s->folder, "/tmp/thalassa-options-XXXXXX");
    if (!mkdtemp(s->folder))
        return -1;
    (void)snprintf(s->config, sizeof s->config, "%s/thalassa.conf", s->folder);
    (void)snprintf(s->program, sizeof s->program, "%s/build/release/bin", s->folder);
    (void)snprintf(path, sizeof path, "%s/templates", s->folder);
    if (file_make_folder(s->program, 0755, NULL) || file_make_folder(path, 0755, NULL))
        return -1;
    (void)snprintf(path, sizeof path, "%s/templates/default.haproxycfg.tmpl", s->folder);
    file_set(path, "x");
    (void)snprintf(path, sizeof path, "%s/templates/dev.haproxycfg.tmpl", s->folder);
    file_set(path, "x");
    s->world = (struct options_world){(char *const *)s->environment, s->config, s->program, 0};
    *state = s;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct scene *s = *state;

    (void)nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
    return 0;
}

/* Read options from a command line that is one text, its words parted by blanks; a '~' at the
 * beginning of a word or behind '=' stands for the scratch folder. */
static struct options *read_line(struct scene *s, const char *line)
{
    static struct arena arena;
    struct str rest = str_z(line), word;
    char *argv[WORDS_MAX] = {(char *)"thalassa"};
    int argc = 1;
    struct options *o;

    while ((word = str_word(&rest)).n) {
        size_t at;
        assert_true(argc < WORDS_MAX - 1);
        if (str_find(word, '~', &at))
            word = arena_printf(&arena, "%.*s%s%.*s", (int)at, word.p, s->folder,
                                (int)(word.n - at - 1), word.p + at + 1);
        argv[argc++] = (char *)arena_str(&arena, word).p;
    }
    o = options_read_in(&s->world, argc, argv, &s->call, &s->e);
    if (o && s->call.argument_count == 0)
        arena_free(&arena); /* else the arguments point there, until the next call */
    return o;
}

static struct options *read_ok(struct scene *s, const char *line)
{
    struct options *o = read_line(s, line);

    if (!o)
        fail_msg("%s: %s", line, s->e.text);
    return o;
}

static void read_fails(struct scene *s, const char *line, const char *words)
{
    struct options *o = read_line(s, line);

    options_free(o);
    assert_null(o);
    if (!strstr(s->e.text, words) || strchr(s->e.text, '\n'))
        fail_msg("%s: said: %s", line, s->e.text);
}

/* In the scratch folder; the text lives until the next call but three. */
static const char *in(const struct scene *s, const char *name)
{
    static char paths[4][160];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    (void)snprintf(path, sizeof paths[0], "%s/%s", s->folder, name);
    return path;
}

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
    assert_string_equal(o->spoeListen, "127.0.0.1:10001");
    assert_int_equal(o->drainTimeout, 30000);
    assert_int_equal(o->statsInterval, 2000);
    assert_int_equal(o->statsRetention, 300000);
    assert_int_equal(o->warmup, 0);
    assert_int_equal(o->maxShrink, 50);
    assert_int_equal(o->minHealthy, 1);
    assert_int_equal(o->spareBackends, 4);
    assert_int_equal(o->spoeThreads, 1);
    assert_int_equal(o->haproxyStart, HAPROXY_START_AUTO);
    assert_int_equal(o->addState, ADD_STATE_READY);
    assert_int_equal(o->drift, DRIFT_REPAIR);
    assert_true(o->panic);
    assert_false(o->bulkReload || o->debug || o->sudo || o->insecure || o->adopt);
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

static void test_a_file_that_cannot_be_read_is_an_error(void **state)
{
    struct scene *s = *state;

    assert_int_equal(mkdir(s->config, 0700), 0);
    read_fails(s, "", s->config);
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
        {"--spoeThreads 65", "--spoeThreads: a number from 1 to 64 wanted"},
        {"--spareBackends 65", "--spareBackends: a number from 0 to 64"},
        {"--addState up", "--addState: ready|checked wanted, this is \"up\""},
        {"--spoeListen 127.0.0.1", "--spoeListen: ADDRESS:PORT or off wanted"},
        {"--spoeListen :80", "--spoeListen"},
        {"--spoeListen 1.2.3.4:0", "--spoeListen"},
        {"--prot 80", "command line: unknown option \"--prot\"; see --help"},
        {"--haproxycfgpath x", "unknown option \"--haproxycfgpath\" (--haproxyCfgPath is known)"},
        {"--haproxyCfg x", "unknown option \"--haproxyCfg\""}, /* no abbreviations */
        {"-d", "unknown option \"-d\""},
        {"run --json", "unknown option \"--json\""},
        {"run now", "\"now\": run takes no arguments"},
        {"frobnicate", "unknown command \"frobnicate\"; known: run check render plan status "
                       "frontends backends members services switch drain maint ready weight split "
                       "policy activity apply"},
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
        read_ok(*state, "--drainTimeout 1500ms --warmup 2m --statsRetention 60s --maxShrink 7 "
                        "--addState checked --bulkReload yes --spoeListen [::1]:9 "
                        "--stickyCookies a,,b --apiSocket off --warmup 0 --minHealthy 0");

    assert_int_equal(o->drainTimeout, 1500);
    assert_int_equal(o->warmup, 0); /* the last one counts */
    assert_int_equal(o->statsRetention, 60000);
    assert_int_equal(o->maxShrink, 7);
    assert_int_equal(o->addState, ADD_STATE_CHECKED);
    assert_true(o->bulkReload);
    assert_string_equal(o->spoeListen, "[::1]:9");
    assert_int_equal(o->stickyCookies.count, 2);
    assert_string_equal(o->apiSocket, "");
    assert_int_equal(o->minHealthy, 0);
    options_free(o);
    o = read_ok(*state, "--spoeListen off");
    assert_string_equal(o->spoeListen, "");
    options_free(o);
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

static void test_environment_names(void **state)
{
    static const char *const names[][2] = {
        {"haproxySocketPath", "THALASSA_HAPROXY_SOCKET_PATH"},
        {"dbPath", "THALASSA_DB_PATH"},
        {"port", "THALASSA_PORT"},
        {"serviceRegCa", "THALASSA_SERVICE_REG_CA"},
    };
    char name[64];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(options_environment_name(names[i][0], name), names[i][1]);
}

/* Fields that are no words of C are named like their option, and every row is complete. */
static void test_the_table_is_sound(void **state)
{
    static const char *const fields[OPTION_COUNT] = {
#define OPTION(field, name, type, preset, section, placeholder, min, max, help)                    \
    [OPTION_##field] = #field,
#include "cli/options.def"
    };

    (void)state;
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_table[i];
        struct buf placeholder;
        buf_init(&placeholder, 256);
        option_put_placeholder(&placeholder, (enum option_id)i);
        assert_int_equal(option_find(str_z(row->name)), i);
        assert_int_equal(strncmp(row->name, fields[i], strlen(row->name)), 0);
        assert_int_equal(placeholder.n > 0, option_takes_value((enum option_id)i));
        assert_true(row->help[strlen(row->help) - 1] == '.');
        assert_true(strlen(row->name) < 32);
        assert_true(row->type != OPTION_FLAG || strcmp(row->preset, "off") == 0);
        buf_free(&placeholder);
    }
}

/* A password on the command line would be there for everybody to see. */
static void test_secrets_come_from_files(void **state)
{
    (void)state;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (strstr(option_table[i].name, "oken") || strstr(option_table[i].name, "ecret") ||
            strstr(option_table[i].name, "assword"))
            assert_non_null(strstr(option_table[i].name, "File"));
    }
}

static void check_lists_all(void (*put)(struct buf *), const char *before, bool config)
{
    struct buf text;

    buf_init(&text, 1u << 20);
    put(&text);
    assert_false(buf_failed(&text));
    for (int i = 0; i < OPTION_COUNT; i++) {
        char words[80];
        (void)snprintf(words, sizeof words, "%s%s", before, option_table[i].name);
        if (!strstr(text.p, words) != (i == OPTION_config && !config))
            fail_msg("%s", words);
    }
    buf_free(&text);
}

static void test_every_text_lists_every_option(void **state)
{
    (void)state;
    check_lists_all(options_put_help, "\n  --", true);
    check_lists_all(options_put_conf, "\n#", false);
    check_lists_all(options_put_markdown, "\n| `--", true);
}

static void test_help_fits_a_terminal(void **state)
{
    struct buf text;
    struct str rest, line;

    (void)state;
    buf_init(&text, 1u << 20);
    options_put_help(&text);
    rest = buf_str(&text);
    while (rest.p) {
        line = str_cut(&rest, '\n');
        if (line.n > 80 || str_ends(line, STR(" ")))
            fail_msg(STR_FMT, STR_ARG(line));
    }
    for (int c = 0; c < COMMAND_COUNT; c++) {
        char words[40];
        (void)snprintf(words, sizeof words, "\n  %s", command_name((enum command)c));
        assert_non_null(strstr(text.p, words));
    }
    assert_non_null(strstr(text.p, "[/tmp/haproxy.status.sock]"));
    buf_free(&text);
}

static const char shipped[] = THALASSA_SOURCE_DIR "/conf/thalassa.conf";

/* With THALASSA_GOLDEN=write in the environment it is written anew instead, and the test fails. */
static void test_the_shipped_configuration_is_the_table(void **state)
{
    struct buf wanted, found;
    struct err e;

    (void)state;
    buf_init(&wanted, 1u << 20);
    buf_init(&found, 1u << 20);
    options_put_conf(&wanted);
    if (getenv("THALASSA_GOLDEN")) {
        file_set(shipped, wanted.p);
        fail_msg("%s written", shipped);
    }
    if (file_read(shipped, &found, &e))
        fail_msg("%s", e.text);
    assert_string_equal(found.p, wanted.p);
    buf_free(&wanted);
    buf_free(&found);
}

/* Taking out every '#' before an option changes nothing. */
static void test_the_shipped_configuration_says_the_defaults(void **state)
{
    struct scene *s = *state;
    struct buf text;
    struct options *before, *after;

    buf_init(&text, 1u << 20);
    options_put_conf(&text);
    for (char *p = text.p; (p = strstr(p, "\n#")); p++) {
        if (p[2] != ' ' && p[2] != '#')
            p[1] = ' ';
    }
    before = read_ok(s, "");
    file_set(s->config, text.p);
    after = read_ok(s, "");
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_table[i];
        enum option_id id = (enum option_id)i;
        if (i != OPTION_config)
            assert_int_equal(after->origin[i], ORIGIN_FILE);
        if (row->type == OPTION_STRING || row->type == OPTION_PATH || row->type == OPTION_LISTEN)
            assert_string_equal(*option_text(before, id), *option_text(after, id));
        else if (row->type == OPTION_DURATION)
            assert_memory_equal((char *)before + row->offset, (char *)after + row->offset, 8);
        else if (row->type != OPTION_LIST)
            assert_memory_equal((char *)before + row->offset, (char *)after + row->offset, 1);
    }
    options_free(before);
    options_free(after);
    buf_free(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_defaults_are_those_of_the_design),
        TEST(test_the_command_of_the_predecessor_runs_as_it_stands),
        TEST(test_both_spellings_of_a_value),
        TEST(test_the_stronger_origin_wins),
        TEST(test_the_file_that_config_names_is_read_instead),
        TEST(test_an_empty_file_and_one_of_comments_are_fine),
        TEST(test_errors_in_the_file_name_its_line),
        TEST(test_a_file_that_cannot_be_read_is_an_error),
        TEST(test_a_binary_file_is_refused),
        TEST(test_bad_values_name_source_option_and_value),
        TEST(test_bad_values_of_the_environment),
        TEST(test_values_of_every_type),
        TEST(test_subcommands_get_their_arguments),
        TEST(test_every_command_is_known),
        TEST(test_help_is_given_whatever_the_file_says),
        TEST(test_folders_stand_for_files_in_them),
        TEST(test_relative_paths_become_absolute),
        TEST(test_the_store_of_a_user_lies_in_the_state_folder),
        TEST(test_templates_are_found_or_named),
        TEST(test_the_shipped_templates_are_found_from_this_build),
        TEST(test_environment_names),
        TEST(test_the_table_is_sound),
        TEST(test_secrets_come_from_files),
        TEST(test_every_text_lists_every_option),
        TEST(test_help_fits_a_terminal),
        TEST(test_the_shipped_configuration_is_the_table),
        TEST(test_the_shipped_configuration_says_the_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
