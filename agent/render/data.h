/* SPDX-License-Identifier: Apache-2.0 */
/* The data of a template: the predecessor's names (haproxySocketPath, frontends, backends with
 * their members, each with the API's fields), and ours:
 *
 *   haproxyDir, haproxyMasterSocketPath, haproxyPidPath, generation, stateFile,
 *   statsFile (null when the version has none), statsBind (null unless wanted)
 *   agents (name of the SPOE agent's backend, null without one), modeSpop and lua (null or a text)
 *   profiles: [{name, mode, spares: [{name, mode, profile}]}]
 *                                  the named defaults that backends inherit, and the backends that
 *                                  stand by for those to come (none from HAProxy 3.4 on)
 *   backends[]: profile            the name of its profile
 *   backends[].members[]: server, endpoint, args   name, "ADDR:PORT" and the rest of its line */
#ifndef THALASSA_RENDER_DATA_H
#define THALASSA_RENDER_DATA_H

#include "render/config.h"
#include "render/line.h"
#include "render/profile.h"

/* Builds the whole tree in `a`. -1 only when it is larger than a configuration may be. */
int data_build(struct arena *a, const struct render_input *in, const struct line_env *line,
               const struct profile_list *profiles, struct json **out, struct err *e);

#endif
