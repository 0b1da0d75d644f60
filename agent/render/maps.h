/* SPDX-License-Identifier: Apache-2.0 */
/* The map files that the configuration looks things up in. Two forms of the same content: entries
 * (compared with the running HAProxy) and files (read by the next one). */
#ifndef THALASSA_RENDER_MAPS_H
#define THALASSA_RENDER_MAPS_H

#include "base/err.h"
#include "model/desired.h"

struct file_text {
    struct str name; /* relative to the haproxy folder: "maps/default.map" */
    struct str text;
};

struct file_list {
    struct file_text *items; /* sorted by name */
    size_t count;
};

/* Which set of a frontend's rule maps is looked up: 'a' or 'b'. Absent: 'a'. */
struct active_set {
    struct str frontend;
    char set;
};

/* Fill d->maps, in the order in which entries are to be added (removed in the other one), in d's
 * arena; d->at_rest is known:
 *   default   frontend -> operator's name of its backend (http and tcp)
 *   proxies   operator's name -> the proxy that serves it (desired_backend.proxy); total
 *   host, uri proxy -> Host header of its servers, URI of its health check
 *   splits    operator's name -> "SHARE/OTHER/STICKY" (model/split.h)
 *   policies, policy-lines  as desired.h has them */
void maps_build(struct desired *d);
bool maps_equal(const struct desired *a, const struct desired *b); /* what maps_build filled */

/* The name of a rule map's file, relative to the haproxy folder: "maps/web.path_beg.a.map". `kind`
 * as in ruleset.kinds. */
struct str maps_rule_file(struct arena *a, struct str kind, char set);
/* "maps/web.rank.map" */
struct str maps_rank_file(struct arena *a, struct str frontend);

/* 'a' or 'b' */
char maps_active(const struct active_set *sets, size_t count, struct str frontend);

/* Append a map's file text; each value that is a rank (of `values` or `keys`, as told) is raised by
 * `offset`. ERR_INVALID when an entry cannot stand in a map file. */
enum maps_ranks { MAPS_NO_RANKS, MAPS_RANK_KEYS, MAPS_RANK_VALUES };
int maps_text(struct buf *to, const struct map_file *map, enum maps_ranks ranks, unsigned offset,
              struct err *e);

/* All map files as a HAProxy that starts from them needs them: every backend served by the proxy
 * of its own name, each frontend's rules in its active set, the other set empty. */
int maps_files(struct arena *a, const struct desired *d, const struct active_set *sets,
               size_t set_count, struct file_list *out, struct err *e);

#endif
