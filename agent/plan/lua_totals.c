/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/lua_totals.h"

void lua_totals_take(struct lua_totals *t, const struct have *have)
{
    if (!have->lua.read)
        return;
    if (t->pid != have->pid || t->start_time_s != have->start_time_s) {
        t->before.decided += t->last.decided;
        t->before.too_large += t->last.too_large;
        t->pid = have->pid;
        t->start_time_s = have->start_time_s;
    }
    t->last = have->lua;
}

uint64_t lua_totals_decided(const struct lua_totals *t)
{
    return t->before.decided + t->last.decided;
}

uint64_t lua_totals_too_large(const struct lua_totals *t)
{
    return t->before.too_large + t->last.too_large;
}
