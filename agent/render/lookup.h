/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a frontend that find the backend: rules by maps, then the default, then splits and
 * policies, then the proxy that serves it now. The variables, all of the transaction:
 *
 *   g   which set of rule maps is active, a or b      r   rank of the rule that hit
 *   be  operator's name of the backend                px  proxy that serves it, set if it is known
 *
 * A name that no map knows leaves px unset, and without default_backend that is a 503. */
#ifndef THALASSA_RENDER_LOOKUP_H
#define THALASSA_RENDER_LOOKUP_H

#include "model/desired.h"
#include "render/line.h"

/* The set-var lines; `rules` is NULL for a tcp frontend, which has only the default. */
void lookup_lines(struct line_out *o, const struct ruleset *rules);

/* The use_backend lines: a rule that hit or a policy, the operator's own, the default. Only the
 * last is needed when there are no `rules` or no `own`. */
void lookup_use_lines(struct line_out *o, const struct ruleset *rules, const struct str_list *own);

/* "acl ..." and "use_backend ..." for one rule, for templates that place them by themselves. */
void lookup_acl_lines(struct line_out *o, const struct rule *rule);

/* A line that lookup_lines writes for one kind of rule: it may be there without a rule. */
bool lookup_is_line(struct str line);

#endif
