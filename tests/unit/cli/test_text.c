/* SPDX-License-Identifier: Apache-2.0 */
/* Texts made from the table. */
#include "scene.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void test_help_of_one_command(void **state)
{
    struct buf text;

    (void)state;
    for (int c = 0; c < COMMAND_COUNT; c++) {
        char usage[60];
        buf_init(&text, 4096);
        options_put_command_help(&text, (enum command)c);
        (void)snprintf(usage, sizeof usage, "Usage: thalassa %s", command_name((enum command)c));
        assert_true(str_starts(buf_str(&text), str_z(usage)));
        buf_free(&text);
    }
    buf_init(&text, 4096);
    options_put_command_help(&text, COMMAND_MEMBERS);
    assert_string_equal(
        text.p, "Usage: thalassa members BACKEND\n\nmembers of a backend\n\n"
                "Asks the agent at --apiSocket, else at --host and --port. --json prints JSON.\n"
                "Exit status: 0, 1 when it failed, 2 when it was not understood.\n");
    buf_free(&text);
}

static const char shipped[] = THALASSA_SOURCE_DIR "/conf/thalassa.conf";

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
        if (row->type == OPTION_STRING || row->type == OPTION_PATH || row->type == OPTION_LISTEN ||
            row->type == OPTION_PLACE)
            assert_string_equal(*option_text(before, id), *option_text(after, id));
        else if (row->type == OPTION_DURATION)
            assert_memory_equal((char *)before + row->offset, (char *)after + row->offset, 8);
        else if (row->type != OPTION_LIST && row->type != OPTION_NAMES)
            assert_memory_equal((char *)before + row->offset, (char *)after + row->offset, 1);
    }
    options_free(before);
    options_free(after);
    buf_free(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_environment_names),
        TEST(test_the_table_is_sound),
        TEST(test_secrets_come_from_files),
        TEST(test_every_text_lists_every_option),
        TEST(test_help_fits_a_terminal),
        TEST(test_help_of_one_command),
        TEST(test_the_shipped_configuration_is_the_table),
        TEST(test_the_shipped_configuration_says_the_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
