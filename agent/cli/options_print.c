/* SPDX-License-Identifier: Apache-2.0 */
/* What people read about the options, made from the tables. */
#include "cli/option_table.h"

#include <string.h>

enum { COLUMNS = 80, LEFT = 32, COMMAND_LEFT = 36, TEXT_MAX = 128 * 1024 };

static const struct {
    const char *name, *arguments, *help;
} commands[] = {
#define COMMAND(id, name, arguments, help) {name, arguments, help},
#include "cli/commands.def"
#undef COMMAND
};

/* `text` broken between words at COLUMNS. The line so far is `column` long; each further one begins
 * with `before`. Ends the last line. */
static void put_wrapped(struct buf *out, struct str text, size_t column, const char *before)
{
    struct str word;
    bool first = true;

    while ((word = str_word(&text)).n) {
        if (!first && column + 1 + word.n > COLUMNS) {
            buf_printf(out, "\n%s", before);
            column = strlen(before);
            first = true;
        }
        if (!first)
            buf_add_char(out, ' ');
        column += word.n + !first;
        buf_add_str(out, word);
        first = false;
    }
    buf_add_char(out, '\n');
}

static void put_blanks(struct buf *out, size_t n)
{
    while (n--)
        buf_add_char(out, ' ');
}

/* Two columns: `left` (the line already has it), and `text` from column `at` on. */
static void put_beside(struct buf *out, size_t left, size_t at, struct str text)
{
    char before[COMMAND_LEFT + 1];

    memset(before, ' ', sizeof before);
    before[at] = 0;
    if (left + 2 > at) {
        buf_add_char(out, '\n');
        left = 0;
    }
    put_blanks(out, at - left);
    put_wrapped(out, text, at, before);
}

/* The help line, with the default behind it. */
static struct str help_text(struct arena *a, enum option_id id)
{
    const struct option_row *row = &option_table[id];

    if (!*row->preset || row->type == OPTION_FLAG)
        return str_z(row->help);
    return arena_printf(a, "%s [%s]", row->help, row->preset);
}

static void put_option(struct buf *out, enum option_id id)
{
    struct arena a = ARENA_INIT;
    size_t begin = out->n;

    buf_printf(out, "  --%s", option_table[id].name);
    if (option_takes_value(id)) {
        buf_add_char(out, ' ');
        option_put_placeholder(out, id);
    }
    put_beside(out, out->n - begin, LEFT, help_text(&a, id));
    arena_free(&a);
}

static void put_section(struct buf *out, enum option_section section)
{
    buf_printf(out, "\n%s:\n", option_section_titles[section]);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (option_table[i].section == section)
            put_option(out, (enum option_id)i);
    }
}

static void put_commands(struct buf *out)
{
    buf_add_z(out, "\nCommands:\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t begin = out->n;
        buf_printf(out, "  %s%s%s", commands[i].name, *commands[i].arguments ? " " : "",
                   commands[i].arguments);
        put_beside(out, out->n - begin, COMMAND_LEFT, str_z(commands[i].help));
    }
    put_wrapped(
        out,
        STR("All but run, check, render, help and version speak to a running agent. --json behind "
            "a command prints JSON. Exit status: 0, 1 when it failed, 2 when it was not "
            "understood."),
        0, "");
}

void options_put_command_help(struct buf *out, enum command command)
{
    bool local = command == COMMAND_RUN || command == COMMAND_HELP || command == COMMAND_VERSION ||
                 command == COMMAND_CHECK || command == COMMAND_RENDER;

    buf_printf(out, "Usage: thalassa %s%s%s\n\n", commands[command].name,
               *commands[command].arguments ? " " : "", commands[command].arguments);
    put_wrapped(out, str_z(commands[command].help), 0, "");
    if (local)
        return;
    buf_add_char(out, '\n');
    put_wrapped(out,
                STR("Asks the agent at --apiSocket, else at --host and --port. --json prints JSON. "
                    "Exit status: 0, 1 when it failed, 2 when it was not understood."),
                0, "");
}

void options_put_help(struct buf *out)
{
    buf_add_z(out, "Usage: thalassa [OPTION...] [COMMAND [ARGUMENT...]]\n\n"
                   "Keeps HAProxy in step with the service registry.\n");
    put_commands(out);
    for (int i = 0; i < OPTION_SECTION_COUNT; i++)
        put_section(out, (enum option_section)i);
    buf_add_z(out, "\nOther:\n"
                   "  --help                        Print this.\n"
                   "  --version                     Print the version.\n\n");
    put_wrapped(
        out,
        STR("In the environment --haproxySocketPath is THALASSA_HAPROXY_SOCKET_PATH, in the "
            "configuration file haproxySocketPath = \"...\". The command line wins over the "
            "environment, the environment over the file. Times are 500ms, 30s or 5m."),
        0, "");
}

static void put_conf_option(struct buf *out, enum option_id id)
{
    const struct option_row *row = &option_table[id];

    buf_add_z(out, "\n# ");
    put_wrapped(out, str_z(row->help), 2, "# ");
    if (row->type == OPTION_CHOICE || row->type == OPTION_SWITCH || row->type == OPTION_FLAG) {
        buf_add_z(out, "# ");
        if (row->type == OPTION_FLAG)
            buf_add_z(out, "on|off");
        else
            option_put_placeholder(out, id);
        buf_add_char(out, '\n');
    }
    buf_printf(out, "#%s = \"%s\"\n", row->name, row->preset);
}

void options_put_conf(struct buf *out)
{
    buf_add_z(
        out, "# SPDX-License-Identifier: Apache-2.0\n"
             "# Thalassa's configuration: every option, with its default. What the environment or\n"
             "# the command line says wins over this file. Times are 500ms, 30s or 5m.\n");
    for (int section = 0; section < OPTION_SECTION_COUNT; section++) {
        buf_printf(out, "\n\n## %s\n", option_section_titles[section]);
        for (int i = 0; i < OPTION_COUNT; i++) {
            if ((int)option_table[i].section == section && i != OPTION_config)
                put_conf_option(out, (enum option_id)i);
        }
    }
}

static void put_cell(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
}

static void put_markdown_option(struct buf *out, enum option_id id)
{
    const struct option_row *row = &option_table[id];
    char variable[64];
    struct buf placeholder;

    buf_init(&placeholder, 256);
    option_put_placeholder(&placeholder, id);
    buf_printf(out, "| `--%s%s", row->name, option_takes_value(id) ? " " : "");
    put_cell(out, buf_str(&placeholder).p);
    buf_printf(out, "` | %s%s%s | `%s` | ", *row->preset ? "`" : "", row->preset,
               *row->preset ? "`" : "", options_environment_name(row->name, variable));
    put_cell(out, row->help);
    buf_add_z(out, " |\n");
    buf_free(&placeholder);
}

void options_put_markdown(struct buf *out)
{
    buf_add_z(out, "# Options\n\nThe command line wins over the environment, the environment over "
                   "the file.\n");
    for (int section = 0; section < OPTION_SECTION_COUNT; section++) {
        buf_printf(out, "\n## %s\n\n| option | default | environment | |\n|---|---|---|---|\n",
                   option_section_titles[section]);
        for (int i = 0; i < OPTION_COUNT; i++) {
            if ((int)option_table[i].section == section)
                put_markdown_option(out, (enum option_id)i);
        }
    }
}

static int print(struct buf *text, FILE *to)
{
    bool failed = buf_failed(text) || fwrite(text->p, 1, text->n, to) != text->n || fflush(to) != 0;

    buf_free(text);
    return failed ? 1 : 0;
}

int options_print_help(FILE *to)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    options_put_help(&text);
    return print(&text, to);
}

int options_print_help_of(const struct options_call *call, FILE *to)
{
    struct buf text;
    size_t i = 0;

    if (call->argument_count == 0)
        return options_print_help(to);
    while (i < COMMAND_COUNT && strcmp(call->arguments[0], commands[i].name) != 0)
        i++;
    if (i == COMMAND_COUNT || call->argument_count > 1) {
        (void)fprintf(stderr, "thalassa: help: the name of one command wanted; see --help\n");
        return 2;
    }
    buf_init(&text, TEXT_MAX);
    options_put_command_help(&text, (enum command)i);
    return print(&text, to);
}
