/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of HAProxy's maps as last read. Observations read few maps each time: the others stay
 * as they were, unless their number of entries says that somebody changed them. */
#ifndef THALASSA_PLAN_MAP_CACHE_H
#define THALASSA_PLAN_MAP_CACHE_H

#include "plan/observed.h"
#include "plan/replies.h"

struct map_cache;

struct map_cache *map_cache_new(void);
void map_cache_free(struct map_cache *c);
void map_cache_clear(struct map_cache *c); /* another worker: nothing is known */

/* Take what an observation says: maps that it read replace what was known, maps that are gone are
 * dropped, and those whose count differs from what is known become stale. */
void map_cache_update(struct map_cache *c, const struct have *have);

/* A map that exists in HAProxy and whose content is known; NULL otherwise. */
const struct have_map *map_cache_find(const struct map_cache *c, struct str path);
/* True if HAProxy has it, known or not. */
bool map_cache_exists(const struct map_cache *c, struct str path);

/* Commands that change the map are about to be sent: it is not known until they are answered, and
 * to be read again unless HAProxy takes each of them. */
void map_cache_sending(struct map_cache *c, struct str path);
/* One of them was answered, in their order. `entry` without a key: it is not told what becomes of
 * the map. */
void map_cache_note(struct map_cache *c, struct str path, enum reply_op kind,
                    const struct map_entry *entry, bool taken);
/* No more answers will come. `all`: there was one for each command. */
void map_cache_sent(struct map_cache *c, bool all);

size_t map_cache_count(const struct map_cache *c); /* of maps */

/* Paths under `prefix` to read next: all stale ones; and, in turn, the small ones that serve all
 * frontends and some others, so that a change by hand that keeps the count is seen. At most `max`.
 * Allocated in `a`. */
enum map_cache_which { MAP_CACHE_STALE, MAP_CACHE_IN_TURN };
size_t map_cache_due(struct map_cache *c, struct str prefix, enum map_cache_which which,
                     struct arena *a, struct str *paths, size_t max);

#endif
