/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of the sections that stand for frontends and backends. They are whole: a template that
 * inherits nothing can use them. */
#ifndef THALASSA_RENDER_SECTION_H
#define THALASSA_RENDER_SECTION_H

#include "model/desired.h"
#include "render/line.h"

/* guid, bind, mode, keep-alive, log format, natives, lookups, use_backend. `rules` is the
 * frontend's ruleset, NULL for tcp. */
int section_frontend(const struct line_env *env, const struct frontend *f,
                     const struct ruleset *rules, struct buf *to, struct err *e);

/* guid, the profile's lines (only mode when the section inherits the others), cookie, natives,
 * servers. */
int section_backend(const struct line_env *env, const struct desired_backend *b, bool inherits,
                    struct buf *to, struct err *e);

/* The same for a backend that stands by: `mode` is its profile's. */
int section_spare(const struct line_env *env, struct str name, struct str mode, struct buf *to,
                  struct err *e);

#endif
