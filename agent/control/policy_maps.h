/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as the entries of the two maps that HAProxy has of them (policy/line.h). Pure. */
#ifndef THALASSA_CONTROL_POLICY_MAPS_H
#define THALASSA_CONTROL_POLICY_MAPS_H

#include "control/objects.h"
#include "model/desired.h"

/* Fills d->policy_names and d->policy_lines, in d's arena; what does not fit (change.h refuses it)
 * is left out with a text in *problems. */
void policy_maps_build(struct desired *d, const struct objects *o, struct str_list *problems);

#endif
