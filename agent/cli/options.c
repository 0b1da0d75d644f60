/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "cli/option_table.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

extern char **environ;

static const char *const commands[COMMAND_COUNT] = {
#define COMMAND(id, name, arguments, help) [COMMAND_##id] = name,
#include "cli/commands.def"
#undef COMMAND
};

/* One `--name value` of the command line. */
struct given {
    enum option_id id;
    const char *value;
};

struct line {
    struct given *given;
    size_t given_count;
    bool has_command;
    struct options_call *call;
    struct arena *arena;
};

const char *command_name(enum command c)
{
    return commands[c];
}

char *options_environment_name(const char *name, char out[64])
{
    size_t n = (size_t)snprintf(out, 64, "THALASSA_");

    for (; *name && n + 2 < 64; name++) {
        bool capital = *name >= 'A' && *name <= 'Z';
        if (capital)
            out[n++] = '_';
        out[n++] = (char)(capital ? *name : *name - 'a' + 'A');
    }
    out[n] = 0;
    return out;
}

bool options_is_flag(const char *word)
{
    return word[0] == '-' && word[1] && !(word[1] >= '0' && word[1] <= '9');
}

static void add_given(struct line *l, enum option_id id, const char *value)
{
    *ARENA_PUSH(l->arena, l->given, l->given_count) = (struct given){id, value};
}

static void add_argument(struct line *l, const char *word)
{
    *ARENA_PUSH(l->arena, l->call->arguments, l->call->argument_count) = word;
}

static int unknown_command(const char *word, struct err *e)
{
    struct buf names;

    buf_init(&names, 400);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        buf_printf(&names, "%s%s", i ? " " : "", commands[i]);
    err_set(e, ERR_INVALID, "command line: unknown command \"%.60s\"; known: " STR_FMT, word,
            STR_ARG(buf_str(&names)));
    buf_free(&names);
    return -1;
}

static int take_word(struct line *l, const char *word, struct err *e)
{
    if (l->has_command && l->call->command == COMMAND_RUN)
        return err_set(e, ERR_INVALID, "command line: \"%.200s\": run takes no arguments", word);
    if (l->has_command) {
        add_argument(l, word);
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(word, commands[i]) == 0) {
            l->call->command = (enum command)i;
            l->has_command = true;
            return 0;
        }
    }
    return unknown_command(word, e);
}

static int unknown_option(struct str word, struct err *e)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *name = option_table[i].name;
        if (word.n == strlen(name) + 2 && strncasecmp(word.p + 2, name, word.n - 2) == 0)
            return err_set(e, ERR_INVALID,
                           "command line: unknown option \"" STR_FMT "\" (--%s is known)",
                           STR_ARG(word), name);
    }
    if (word.n > 200)
        word.n = 200;
    return err_set(e, ERR_INVALID, "command line: unknown option \"" STR_FMT "\"; see --help",
                   STR_ARG(word));
}

/* argv[i] begins with a dash; returns the index of its last word, or -1. */
static int take_option(struct line *l, int argc, char *const *argv, int i, struct err *e)
{
    struct str rest = str_z(argv[i]), word = str_cut(&rest, '=');
    enum option_id id = OPTION_COUNT;

    if (str_starts(word, STR("--")))
        id = option_find((struct str){word.p + 2, word.n - 2});
    if (str_eq_z(word, "--help") || str_eq_z(word, "-h")) {
        l->call->help = true;
        return i;
    }
    if (str_eq_z(word, "--version") && !l->has_command)
        return take_word(l, "version", e) ? -1 : i;
    if (id == OPTION_COUNT && l->has_command && l->call->command != COMMAND_RUN) {
        add_argument(l, argv[i]);
        return i;
    }
    if (id == OPTION_COUNT)
        return unknown_option(word, e);
    if (rest.p || !option_takes_value(id)) {
        add_given(l, id, rest.p ? rest.p : "on");
        return i;
    }
    if (i + 1 == argc || strncmp(argv[i + 1], "--", 2) == 0)
        return err_set(e, ERR_INVALID, "command line: --%s: a value is wanted",
                       option_table[id].name);
    add_given(l, id, argv[i + 1]);
    return i + 1;
}

static int read_line(struct line *l, int argc, char *const *argv, struct err *e)
{
    bool words_only = false;

    for (int i = 1; i < argc; i++) {
        if (!words_only && strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (words_only || !options_is_flag(argv[i])) {
            if (take_word(l, argv[i], e))
                return -1;
        } else {
            i = take_option(l, argc, argv, i, e);
            if (i < 0)
                return -1;
        }
    }
    return 0;
}

static int set_defaults(struct options *o, struct err *e)
{
    const struct option_source source = {ORIGIN_DEFAULT, NULL, 0};

    for (int i = 0; i < OPTION_COUNT; i++) {
        if (option_set(o, (enum option_id)i, option_table[i].preset, &source, e))
            return -1;
    }
    return 0;
}

static int read_environment(struct options *o, const struct options_world *world, struct err *e)
{
    const struct option_source source = {ORIGIN_ENVIRONMENT, NULL, 0};

    for (int i = 0; i < OPTION_COUNT; i++) {
        char name[64];
        const char *value =
            options_world_get(world, options_environment_name(option_table[i].name, name));
        if (value && option_set(o, (enum option_id)i, value, &source, e))
            return -1;
    }
    return 0;
}

static int read_default_file(struct options *o, const char *path, struct err *e)
{
    struct err why;

    if (!path || options_read_file(o, path, &why) == 0 || why.kind == ERR_NOT_FOUND)
        return 0;
    if (e)
        *e = why;
    return -1;
}

/* Strongest first, so that a weaker origin cannot move --config. */
static int read_all(struct options *o, const struct line *l, const struct options_world *world,
                    struct err *e)
{
    const struct option_source source = {ORIGIN_COMMAND_LINE, NULL, 0};

    for (size_t i = 0; i < l->given_count; i++) {
        if (option_set(o, l->given[i].id, l->given[i].value, &source, e))
            return -1;
    }
    if (read_environment(o, world, e))
        return -1;
    if (!*o->config)
        return read_default_file(o, world->default_config, e);
    return options_read_file(o, o->config, e) ? err_wrap(e, "--config") : 0;
}

struct options *options_read_in(const struct options_world *world, int argc, char *const *argv,
                                struct options_call *call, struct err *e)
{
    struct options *o = calloc(1, sizeof *o);
    struct line l = {.call = call};

    if (!o)
        abort();
    *call = (struct options_call){.command = COMMAND_RUN};
    arena_init(&o->arena);
    o->shippedTemplates = "";
    l.arena = &o->arena;
    if (set_defaults(o, e) || read_line(&l, argc, argv, e))
        goto failed;
    if (call->help || call->command == COMMAND_HELP)
        return o;
    if (read_all(o, &l, world, e) || options_complete(o, world, call->command, e))
        goto failed;
    return o;
failed:
    options_free(o);
    return NULL;
}

struct options *options_read(int argc, char *const *argv, struct options_call *call, struct err *e)
{
    char folder[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
    struct options_world world = {environ, "/etc/thalassa/thalassa.conf", NULL,
                                  (unsigned)geteuid()};

    while (n > 0 && folder[n - 1] != '/')
        n--;
    if (n > 1) {
        folder[n - 1] = 0;
        world.program_folder = folder;
    }
    return options_read_in(&world, argc, argv, call, e);
}

void options_free(struct options *o)
{
    if (!o)
        return;
    arena_free(&o->arena);
    free(o);
}
