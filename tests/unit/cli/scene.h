/* SPDX-License-Identifier: Apache-2.0 */
/* Options read in surroundings of the test's own. */
#ifndef TEST_CLI_SCENE_H
#define TEST_CLI_SCENE_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "cli/option_table.h"

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

int scene_setup(void **state); /* *state is a struct scene */
int scene_teardown(void **state);

void file_set(const char *path, const char *text);

/* Read options from a command line that is one text, its words parted by blanks; a '~' at the
 * beginning of a word or behind '=' stands for the scratch folder. NULL with s->e. */
struct options *read_line(struct scene *s, const char *line);
struct options *read_ok(struct scene *s, const char *line);
/* The error is one line that has these words. */
void read_fails(struct scene *s, const char *line, const char *words);

/* In the scratch folder; the text lives until the next call but three. */
const char *in(const struct scene *s, const char *name);

#endif
