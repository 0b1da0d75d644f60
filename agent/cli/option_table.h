/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the options: the table as data, and how one value is taken. */
#ifndef THALASSA_CLI_OPTION_TABLE_H
#define THALASSA_CLI_OPTION_TABLE_H

#include "cli/options.h"

struct option_row {
    const char *name;
    enum option_type type;
    const char *preset;
    enum option_section section;
    const char *placeholder;
    int64_t min, max;
    const char *help;
    size_t offset; /* in struct options */
};

extern const struct option_row option_table[OPTION_COUNT];
extern const char *const option_section_titles[OPTION_SECTION_COUNT];

/* Index of the option with this name; OPTION_COUNT when there is none. */
enum option_id option_find(struct str name);
bool option_takes_value(enum option_id id); /* all but flags */

/* "auto|never" of an option of type CHOICE, else the placeholder of the table. */
void option_put_placeholder(struct buf *out, enum option_id id);

/* A place that values come from, for messages. */
struct option_source {
    enum option_origin origin;
    const char *file; /* ORIGIN_FILE */
    int line;
};

/* Set an option from text, unless a stronger origin has set it. Error: one line with source,
 * option and value. */
int option_set(struct options *o, enum option_id id, const char *text,
               const struct option_source *source, struct err *e);

/* "500ms", "30s", "5m", "0" from min to max; an error says what is wanted. */
int option_read_duration(struct str text, int64_t min_ms, int64_t max_ms, int64_t *ms,
                         struct err *e);

/* Text of an option whose type is STRING, PATH or LISTEN. */
const char **option_text(struct options *o, enum option_id id);

/* options_file.c: read the configuration file. */
int options_read_file(struct options *o, const char *path, struct err *e);

/* options_paths.c: the options that depend on others. */
int options_complete(struct options *o, const struct options_world *world, enum command command,
                     struct err *e);
/* Value of a variable; NULL when it is not there or empty. */
const char *options_world_get(const struct options_world *world, const char *name);

#endif
