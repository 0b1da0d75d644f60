/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the agent and its subcommands (options.def): the command line wins over the
 * environment, that over the configuration file, that over the defaults.
 *
 * Environment: THALASSA_ and the option's name in capitals, with '_' before each capital letter of
 * it: --haproxySocketPath is THALASSA_HAPROXY_SOCKET_PATH. Variables that name no option are not
 * looked at. The file has lines such as: haproxySocketPath = "/run/haproxy/admin.sock". */
#ifndef THALASSA_CLI_OPTIONS_H
#define THALASSA_CLI_OPTIONS_H

#include "base/buf.h"
#include "base/err.h"
#include "model/object.h"

#include <stdio.h>

enum option_id {
#define OPTION(field, name, type, preset, section, placeholder, min, max, help) OPTION_##field,
#include "cli/options.def"
    OPTION_COUNT
};

enum option_choice {
#define CHOICE(option, id, word) id,
#include "cli/options.def"
    OPTION_CHOICE_COUNT
};

enum option_section {
#define OPTION_SECTION(id, title) OPTION_SECTION_##id,
#include "cli/options.def"
    OPTION_SECTION_COUNT
};

/* Where a value came from. */
enum option_origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_ENVIRONMENT, ORIGIN_COMMAND_LINE };

/* Types of options, and what they are in struct options. */
enum option_type {
    OPTION_STRING,   /* text without control characters */
    OPTION_PATH,     /* made absolute; "" when not given and without default */
    OPTION_LISTEN,   /* ADDRESS:PORT; "off" becomes "" */
    OPTION_PLACE,    /* the same, or the absolute path of a unix socket */
    OPTION_PORT,     /* 1 to 65535 */
    OPTION_INTEGER,  /* min to max */
    OPTION_PERCENT,  /* 0 to 100, '%' may follow */
    OPTION_DURATION, /* number with ms, s or m; in milliseconds */
    OPTION_FLAG,     /* --name alone, or --name=off */
    OPTION_SWITCH,   /* on or off, told as a value */
    OPTION_CHOICE,   /* one of the words of CHOICE */
    OPTION_LIST,     /* parted by commas or blanks; repeated options of one origin add up */
    OPTION_NAMES     /* a list of at most max names (model/names.h) */
};
typedef const char *option_c_STRING;
typedef const char *option_c_PATH;
typedef const char *option_c_LISTEN;
typedef const char *option_c_PLACE;
typedef unsigned option_c_PORT;
typedef unsigned option_c_INTEGER;
typedef unsigned option_c_PERCENT;
typedef int64_t option_c_DURATION;
typedef bool option_c_FLAG;
typedef bool option_c_SWITCH;
typedef enum option_choice option_c_CHOICE;
typedef struct str_list option_c_LIST;
typedef struct str_list option_c_NAMES;

/* Never a NULL string; texts lie in `arena`. */
struct options {
#define OPTION(field, name, type, preset, section, placeholder, min, max, help)                    \
    option_c_##type field;
#include "cli/options.def"
    enum option_origin origin[OPTION_COUNT];
    const char
        *shippedTemplates; /* folder of the templates that come with Thalassa; "": not found */
    struct arena arena;
};

enum command {
#define COMMAND(id, name, arguments, help) COMMAND_##id,
#include "cli/commands.def"
#undef COMMAND
    COMMAND_COUNT
};

/* What was asked for. The arguments point into argv. */
struct options_call {
    bool help; /* print help and end; the options are the defaults */
    enum command command;
    /* What stood behind the subcommand and is no option of the agent, in its order; what begins
     * with dashes among it is for the subcommand to know or to refuse. Empty for COMMAND_RUN. */
    const char **arguments;
    size_t argument_count;
};

/* Surroundings, so that tests can have their own. */
struct options_world {
    char *const *environment;   /* NAME=VALUE, ends with NULL */
    const char *default_config; /* read if it is there */
    const char *program_folder; /* where this program lies: shipped templates are looked for from
                                 * there; NULL: not known */
    unsigned uid;
};

/* Read everything and complete it: a folder for a file, defaults that depend on others, the place
 * of the template. NULL with ERR_INVALID (ERR_NOT_FOUND for a file): one line that names source,
 * option and value. */
struct options *options_read(int argc, char *const *argv, struct options_call *call, struct err *e);
struct options *options_read_in(const struct options_world *world, int argc, char *const *argv,
                                struct options_call *call, struct err *e);
void options_free(struct options *o); /* NULL is fine */

const char *command_name(enum command c);

/* Does this word of the command line name an option? "-" is standard input, "-5" a number. */
bool options_is_flag(const char *word);

/* THALASSA_HAPROXY_SOCKET_PATH of "haproxySocketPath", into out. Returns out. */
char *options_environment_name(const char *name, char out[64]);

/* Texts made from the tables: for a terminal of 80 columns; conf/thalassa.conf; a page. */
void options_put_help(struct buf *out);
void options_put_command_help(struct buf *out, enum command command);
void options_put_conf(struct buf *out);
void options_put_markdown(struct buf *out);

/* Exit status: 0, or 1 when it could not be written. */
int options_print_help(FILE *to);
/* `help`, `help COMMAND`; 2 when there is no such command. */
int options_print_help_of(const struct options_call *call, FILE *to);

#endif
