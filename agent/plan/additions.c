/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/additions.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool is_closed(const struct pool *b)
{
    const struct str_list *closed = b->in->closed;

    return closed && closed->count &&
           bsearch(&b->name, closed->items, closed->count, sizeof *closed->items, by_name);
}

static size_t count_additions(const struct pool *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->want->server_count; i++)
        n += !b->want->servers[i].leaving && !have_find_server(b->have, b->want->servers[i].name);
    return n;
}

/* HAProxy adds servers one by one, slower the more a backend has: past a point a reload is quicker,
 * where the operator allows one. */
bool additions_by_reload(struct plan *p, const struct pool *b)
{
    bool closed = is_closed(b);
    size_t additions = closed || b->in->bulk_reload ? count_additions(b) : 0;

    if (additions == 0)
        return false;
    if (closed)
        plan_reason(p, b->want->object->name, "members",
                    "`option external-check`: HAProxy would end if a server was added at runtime");
    else if (additions > BULK_ADDITIONS)
        plan_reason(p, b->want->object->name, "members",
                    "%zu members come at once, and --bulkReload is on", additions);
    return closed || additions > BULK_ADDITIONS;
}
