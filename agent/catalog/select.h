/* SPDX-License-Identifier: Apache-2.0 */
/* One reading of a service -> the members of a backend that subscribes to a version of it.
 *
 * status    worst of the instance's and its node's checks; no check at all: passing
 * weight    passing: Weights.Passing; warning: Weights.Warning; critical or in maintenance:
 *           Weights.Passing, which counts when it serves in a panic
 * scaling   when a weight that an instance can have passes 256, all are scaled by the same factor,
 *           so that proportions stay; nothing but 0 becomes 0. Health does not move the factor.
 * unusable  a port outside 1..65535, an address that is no address, a name not resolved: the
 *           member is kept and shown with its reason, and never used
 * merged    instances with the same host and port are one member: the best status wins, then the
 *           order of (node, id)
 * panic     no usable member that passes or warns with a weight: usable critical ones serve (those
 *           in maintenance do not), and a warning one of weight 0 gets 1
 * order     host, then port */
#ifndef THALASSA_CATALOG_SELECT_H
#define THALASSA_CATALOG_SELECT_H

#include "catalog/instance.h"

/* What host names resolve to; sorted by host. `address` is empty when `problem` says why. */
struct resolved {
    struct str host, address, problem;
};
struct name_table {
    const struct resolved *items;
    size_t count;
};
const struct resolved *name_table_find(const struct name_table *names, struct str host);

/* A member before scaling: `member.weight` is not set yet. */
struct candidate {
    struct member member;
    unsigned weight_passing, weight_warning;
};
struct candidate_list {
    struct candidate *items;
    size_t count;
};

/* Order of host, then port: identity of a member within its backend. */
int candidate_compare(const void *a, const void *b);

/* Instances of `version`, merged and sorted; everything copied into `a`. */
void select_candidates(struct arena *a, const struct service_read *read, struct str version,
                       const struct name_table *names, int64_t now_ms, struct candidate_list *out);

/* Fill `address` or `unusable` of a member whose host is a name and whose port is good; others, and
 * names that the table does not know, are left alone. Texts are copied into `a`. */
void member_resolve(struct arena *a, struct member *m, const struct name_table *names);

/* Weights and panic. The items of `out` are in `a`, their texts stay where the candidates' are.
 * With `may_panic` false nobody but passing and warning members serves. Returns whether it is a
 * panic: then a usable MEMBER_CRITICAL of the list is to serve. */
bool select_members(struct arena *a, const struct candidate_list *candidates, bool may_panic,
                    struct member_list *out);

/* May this member take requests, given that flag? */
bool member_serves(const struct member *m, bool panic);

#endif
