/* SPDX-License-Identifier: Apache-2.0 */
/* Two frontends with all their maps in the simulated HAProxy, and rules that are wanted of them. */
#ifndef THALASSA_TESTS_MAPS_SCENE_H
#define THALASSA_TESTS_MAPS_SCENE_H

#include "world.h"

enum { MAPS_FRONTENDS = 2 };
extern const char *const maps_frontends[MAPS_FRONTENDS]; /* "web", "api" */

/* A world whose HAProxy has started from a configuration with these maps, all empty. */
void maps_begin(struct world *w);

void maps_want_nothing(struct world *w);
/* Add the rules of a frontend, JSON objects parted by commas (single quotes). */
void maps_want_rules(struct world *w, const char *frontend, const char *rules);
/* Add a keyed map: "key value,key value". */
void maps_want(struct world *w, const char *name, const char *text);

/* A map by a format of its name with a text and a set: ("%s.path.%c.map", "web", 'a'). */
struct sim_map *maps_find(struct world *w, const char *format, const char *a, char set)
    __attribute__((format(printf, 2, 0)));
const char *maps_value(const struct sim_map *m, const char *key); /* NULL: not there */
char maps_active_set(struct world *w, const char *frontend);

#endif
