/* SPDX-License-Identifier: Apache-2.0 */
/* The difference of two contents of a map, as commands. Shared by the parts of the planner that
 * change maps; not for others. */
#ifndef THALASSA_PLAN_MAP_DIFF_H
#define THALASSA_PLAN_MAP_DIFF_H

#include "plan/plan.h"

/* FOLDER/NAME */
struct str map_path(const struct plan_input *in, struct plan *p, struct str name);
/* The known content; NULL when HAProxy has no such map or it has to be read first: then the plan
 * waits. */
const struct have_map *map_known(const struct plan_input *in, struct plan *p, struct str path);
/* A copy sorted by key. */
const struct map_entry *map_sorted(struct arena *a, const struct map_entry *entries, size_t count);
const struct map_entry *map_have_sorted(struct arena *a, const struct have_map *have);

/* How much the two have in common at both ends. All entries of a key are on one side. */
struct map_ends map_common(struct arena *a, const struct map_file *want,
                           const struct have_map *have);
/* Both without that, so that a difference costs what differs. With nothing left HAProxy's map says
 * what is wanted, and no more. */
void map_narrow(struct arena *a, struct map_file *want, struct have_map *have,
                struct map_ends ends);
/* The entry of the key among sorted ones; NULL when absent. */
const struct map_entry *map_entry_of(const struct map_entry *entries, size_t count, struct str key);
/* What is wanted, without entries that no command could carry (only bad data has such): to want
 * them would mean to change the map for ever. `tell`: they are problems of the plan. */
struct map_file map_sendable(struct plan *p, const struct map_file *m, bool tell);

/* What leads to a backend that is coming (plan_backend_is_coming) changes in a later plan. */
void map_wait_for(const struct plan_input *in, struct plan *p, struct str backend);

/* NULL when it is too long to be sent. */
struct plan_op *map_add_entry(struct plan *p, struct str path, struct str key, struct str value);
struct plan_op *map_set_entry(struct plan *p, struct str path, struct str key, struct str value);

/* Which side of the difference of a keyed map: deletions come after everything that they might
 * serve, so that no name is without its value in between. An entry that no command could carry
 * (only bad data has such) is a problem of the plan and left out. */
enum map_side { MAP_PUT, MAP_DELETE };
void map_diff(struct plan *p, struct str path, const struct map_file *want,
              const struct have_map *have, enum map_side side);
/* The deletions, save for those of keys that stay. */
typedef bool map_key_stays(const struct plan_input *in, const struct plan *p, struct str key);
void map_delete(const struct plan_input *in, struct plan *p, struct str path,
                const struct map_file *want, const struct have_map *have, map_key_stays *stays);

/* A key may be in HAProxy's map more than once, by `add map` of somebody: `set` and `del` change
 * all of its entries. The first entry of the next key, and whether those between say the value. */
size_t map_next_key(const struct map_entry *h, size_t count, size_t at);
bool map_all_say(const struct map_entry *h, size_t from, size_t to, struct str value);

#endif
