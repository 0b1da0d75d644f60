/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a reply with their numbers, and the error that names one. */
#ifndef THALASSA_PLAN_LINES_H
#define THALASSA_PLAN_LINES_H

#include "base/err.h"
#include "base/str.h"

struct lines {
    const char *command; /* such as "show info": what the text answers */
    struct str rest;
    struct str line; /* the present one */
    unsigned number; /* of it, from 1 */
};

struct lines lines_of(const char *command, struct str text);

/* Next line that is not empty; false at the end. */
bool lines_next(struct lines *l);

/* -1 with `show info: line 3: WHY: "the line"`, control characters shown as '?'. */
int lines_fail(const struct lines *l, const char *why, struct err *e);

#endif
