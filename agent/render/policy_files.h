/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around the lines of policy_lines.h: sections that a template leaves out, and the
 * files beside the configuration. */
#ifndef THALASSA_RENDER_POLICY_FILES_H
#define THALASSA_RENDER_POLICY_FILES_H

#include "render/config.h"
#include "render/line.h"

/* A text with frontends that ask gets what it does not have itself: a `global` section that loads
 * Lua before it, the agent's backend behind it. */
int policy_complete(const struct line_env *env, struct buf *text, struct err *e);

/* lookups.txt for lua/view.lua, and the Lua files, where Lua is used. In `a`. */
void policy_files(struct arena *a, const struct line_env *env, const struct render_input *in,
                  struct file_list *out);

#endif
