/* SPDX-License-Identifier: Apache-2.0 */
/* Which backends are to be looked at: those that something happened to since they were last found
 * to be as they should. The others need neither be asked of HAProxy nor built nor planned anew, so
 * that the cost of a change is that of what it changes. Whoever is in doubt asks for all. Pure. */
#ifndef THALASSA_PLAN_SCOPE_H
#define THALASSA_PLAN_SCOPE_H

#include "plan/observed.h"

struct scope {
    bool all;           /* every backend, whatever the names say */
    struct str *names;  /* sorted, each once; copies */
    size_t count, room; /* more than SCOPE_NAMES of them become `all` */
    struct arena arena;
};

enum { SCOPE_NAMES = 1000 };

#define SCOPE_NONE ((struct scope){0})
#define SCOPE_ALL ((struct scope){.all = true})

void scope_fini(struct scope *s); /* leaves an empty one */
void scope_add(struct scope *s, struct str name);
void scope_add_all(struct scope *s, const struct scope *other);
/* NULL has every name. */
bool scope_has(const struct scope *s, struct str name);
/* Asking HAProxy about these alone is cheaper than about all, and what piles up of former answers
 * (have_merge) stays within the size of a whole one. */
bool scope_is_small(const struct scope *s, const struct have *have);

#endif
