/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of a desired state by name; its lists are sorted. NULL: no such. */
#ifndef THALASSA_RENDER_FIND_H
#define THALASSA_RENDER_FIND_H

#include "model/desired.h"

const struct frontend *find_frontend(const struct desired *d, struct str name);
const struct desired_backend *find_backend(const struct desired *d, struct str name);
const struct ruleset *find_ruleset(const struct desired *d, struct str frontend);

#endif
