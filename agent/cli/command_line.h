/* SPDX-License-Identifier: Apache-2.0 */
/* What every subcommand shares: its words and flags, read in one place, and how it answers. */
#ifndef THALASSA_CLI_COMMAND_LINE_H
#define THALASSA_CLI_COMMAND_LINE_H

#include "cli/client.h"
#include "cli/options.h"

enum { COMMAND_WELL, COMMAND_NO, COMMAND_MISUSED }; /* exit statuses */

enum command_flag {
#define COMMAND_FLAG(id, name, value) FLAG_##id,
#include "cli/command_flags.def"
#undef COMMAND_FLAG
    COMMAND_FLAG_COUNT
};

struct command_line;

struct command_row {
    enum command id;
    unsigned flags;                     /* 1U << FLAG_...: those it takes */
    int (*run)(struct command_line *c); /* exit status */
    size_t least, most;                 /* words */
};

struct command_line {
    const struct options *options;
    const struct command_row *row;
    const char **words; /* in argv */
    size_t word_count;
    const char *flags[COMMAND_FLAG_COUNT]; /* NULL: not given; "" without a value */
    int64_t wait_ms;                       /* --wait */
    struct arena arena;
};

/* Read what stood behind the subcommand. 0, or COMMAND_MISUSED when one line on stderr said what is
 * wrong. *c needs command_close in either case. */
int command_open(struct command_line *c, const struct options *options,
                 const struct options_call *call, const struct command_row *row);
void command_close(struct command_line *c);

/* The time that was given with a flag. 0, or COMMAND_MISUSED. */
int command_read_time(const struct command_line *c, enum command_flag flag, int64_t min_ms,
                      int64_t max_ms, int64_t *ms);

/* "thalassa: switch: ..." on stderr, one line, safe for a terminal. Return COMMAND_NO and
 * COMMAND_MISUSED. */
int command_fail(const struct command_line *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int command_misuse(const struct command_line *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same of an error: its field before, its detail behind the text, and before it all `about`
 * (what the agent refused; NULL: nothing) when it was the agent that refused. */
int command_fail_err(const struct command_line *c, const struct err *e, const char *about);
void command_warn(const struct command_line *c, struct str text);

/* Pure: "field: text (detail)" on one line, without saying anything twice. */
void command_put_err(struct buf *out, const struct err *e);

/* Text to stdout. Exit status. */
int command_print(const struct command_line *c, const struct buf *text);

/* Is stdout a terminal that can be written to at any place? That should see colours? */
bool command_has_terminal(void);
bool command_has_colours(void);
int64_t command_now_ms(void); /* wall clock */

#endif
