/* SPDX-License-Identifier: Apache-2.0 */
/* What Lua has counted in all workers that this agent has seen. Pure. */
#ifndef THALASSA_PLAN_LUA_TOTALS_H
#define THALASSA_PLAN_LUA_TOTALS_H

#include "plan/observed.h"

/* Zero at the start. */
struct lua_totals {
    int64_t pid, start_time_s;    /* of the worker that was read last; 0: of none */
    struct have_lua last, before; /* of that one; of those before it */
};

/* An observation of any worker; one without these counters changes nothing. */
void lua_totals_take(struct lua_totals *t, const struct have *have);

uint64_t lua_totals_decided(const struct lua_totals *t);
uint64_t lua_totals_too_large(const struct lua_totals *t);

#endif
