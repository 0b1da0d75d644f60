/* SPDX-License-Identifier: Apache-2.0 */
/* A word of HAProxy's command line (management guide 9.3; measured on 2.6 to 3.4). */
#ifndef THALASSA_MODEL_COMMAND_WORD_H
#define THALASSA_MODEL_COMMAND_WORD_H

#include "base/arena.h"
#include "base/err.h"

/* 0 if the word can be sent; ERR_INVALID for what no escape can carry: nothing at all, control
 * characters, more than LIMIT_VALUE bytes. */
int command_word_check(struct str word, struct err *e);

/* The word as it is sent, in `a`: '\', ';', blank and '#' escaped, and '<', since "<<" would begin
 * a payload. The word must have passed the check. */
struct str command_word(struct arena *a, struct str word);

#endif
