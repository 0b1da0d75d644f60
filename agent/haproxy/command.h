/* SPDX-License-Identifier: Apache-2.0 */
/* What may be sent as one line to HAProxy's command line. Pure. */
#ifndef THALASSA_HAPROXY_COMMAND_H
#define THALASSA_HAPROXY_COMMAND_H

#include "base/err.h"
#include "base/str.h"

/* 0 if `text` is exactly one command of at most `max` bytes: not empty, no control characters, no
 * unescaped ';' (a second command), no last word with "<<" (a payload would follow), no unfinished
 * escape. Else -1 with ERR_INVALID. */
int command_check(struct str text, size_t max, struct err *e);

/* The reply may be any text (show ..., get ...), not one of the short answers to a change. */
bool command_reads(struct str text);

#endif
