/* SPDX-License-Identifier: Apache-2.0 */
/* The helpers of templates. Their lines are parted by newlines and indented by four blanks from the
 * second on, so a tag stands after four blanks:
 *
 *   {{frontendHelper this}}               the body of a frontend
 *   {{backendHelper this}}                the body of a backend; from=profile leaves out the lines
 *                                         that the section inherits
 *   {{profileHelper this}}                the body of a named defaults, for one of `profiles`
 *   {{spareHelper this}}                  the body of a backend, for one of a profile's `spares`
 *   {{aclRule this}}                      acl and use_backend lines of one rule
 *   {{agentsHelper this}}                 the body of backend `agents`, where there is one
 *   {{luaHelper this}}                    lines of `global`, where `lua` is used
 *
 * A configuration whose frontends need the last two gets them anyway (policy_files.h). */
#ifndef THALASSA_RENDER_HELPERS_H
#define THALASSA_RENDER_HELPERS_H

#include "model/desired.h"
#include "render/line.h"
#include "render/profile.h"
#include "render/template.h"

struct helpers_ctx {
    struct line_env line;
    const struct desired *desired;
    const struct profile_list *profiles;
    /* parsed partials by name, for helpers_partial */
    const struct str *partial_names;
    struct template *const *partials;
    size_t partial_count;
};

extern const struct template_helper helpers_table[]; /* ctx: struct helpers_ctx */

const struct template *helpers_partial(void *ctx, struct str name);

#endif
