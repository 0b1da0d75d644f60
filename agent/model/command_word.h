/* SPDX-License-Identifier: Apache-2.0 */
/* A word of HAProxy's command line (management guide 9.3; measured on 2.6 to 3.4). */
#ifndef THALASSA_MODEL_COMMAND_WORD_H
#define THALASSA_MODEL_COMMAND_WORD_H

#include "base/arena.h"
#include "base/err.h"

/* 0 if the word can be sent; ERR_INVALID for what no escape can carry: nothing at all, control
 * characters, more than COMMAND_WORD_BYTES as it is sent. A whole command has to fit into HAProxy's
 * buffer of 16 kB, with the path of a map and a key beside the longest value. */
enum { COMMAND_WORD_BYTES = 12 * 1024 };
int command_word_check(struct str word, struct err *e);

/* The word as it is sent, in `a`: '\', ';', blank and '#' escaped, and '<', since "<<" would begin
 * a payload. The word must have passed the check. */
struct str command_word(struct arena *a, struct str word);

#endif
