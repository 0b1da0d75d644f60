/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/instance.h"

#include <stdlib.h>
#include <string.h>

struct service_read *service_read_new(struct str service)
{
    struct arena a = ARENA_INIT;
    struct service_read *r = ARENA_NEW(&a, struct service_read);

    r->service = arena_str(&a, service);
    r->refs = 1;
    r->arena = a;
    return r;
}

struct service_read *service_read_ref(struct service_read *r)
{
    r->refs++;
    return r;
}

void service_read_unref(struct service_read *r)
{
    if (!r || --r->refs)
        return;
    struct arena a = r->arena; /* it owns `r` as well */
    arena_free(&a);
}

int instance_compare(const void *a, const void *b)
{
    const struct instance *x = a, *y = b;
    int order = str_cmp(x->node, y->node);

    return order ? order : str_cmp(x->id, y->id);
}

void service_read_set(struct service_read *r, const struct instance *items, size_t count)
{
    r->items = ARENA_ARRAY(&r->arena, struct instance, count);
    r->count = count;
    if (!count)
        return;
    memcpy(r->items, items, count * sizeof *items);
    qsort(r->items, count, sizeof *items, instance_compare);
}
