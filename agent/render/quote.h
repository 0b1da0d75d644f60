/* SPDX-License-Identifier: Apache-2.0 */
/* Quoting by target: a word of the configuration, a line of a map file (a word of the admin
 * socket's command line: model/command_word.h). Text that a target cannot carry is refused, never
 * cut. */
#ifndef THALASSA_RENDER_QUOTE_H
#define THALASSA_RENDER_QUOTE_H

#include "base/buf.h"
#include "base/err.h"

/* One word of the configuration: as it is when every byte is harmless, else in single quotes with
 * a quote as '\''. Control characters are refused. */
int quote_cfg(struct buf *to, struct str word, struct err *e);

/* The patterns of an acl line: "--" (no flags follow), then each blank-separated word, quoted. */
int quote_cfg_patterns(struct buf *to, struct str patterns, struct err *e);

/* A line of the configuration that is written as the operator gave it: only what would end or
 * hide it (control characters) is refused. */
int quote_cfg_raw(struct buf *to, struct str line, struct err *e);

/* A path as an argument of a converter, where ',' and ')' end it and quotes do not help:
 * [A-Za-z0-9_./@:+=-] only. */
int quote_cfg_path(struct buf *to, struct str path, struct err *e);

/* "KEY VALUE\n" of a map file. A key is one word and does not start a comment; a value is not
 * empty and neither starts nor ends with a blank. */
int quote_map_line(struct buf *to, struct str key, struct str value, struct err *e);

#endif
