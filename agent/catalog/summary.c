/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/summary.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct instance *x = *(const struct instance *const *)a;
    const struct instance *y = *(const struct instance *const *)b;

    return str_cmp(x->version, y->version);
}

void service_summarise(struct arena *a, const struct service_read *read,
                       struct service_summary *out)
{
    const struct instance **order = ARENA_ARRAY(a, const struct instance *, read->count);

    *out = (struct service_summary){.service = arena_str(a, read->service)};
    for (size_t i = 0; i < read->count; i++)
        order[i] = &read->items[i];
    if (read->count)
        qsort(order, read->count, sizeof *order, compare);
    for (size_t i = 0; i < read->count; i++) {
        if (!i || compare(&order[i - 1], &order[i]))
            *ARENA_PUSH(a, out->versions, out->count) =
                (struct version_count){.version = arena_str(a, order[i]->version)};
        out->versions[out->count - 1].by_status[order[i]->status]++;
        out->ambiguous |= order[i]->ambiguous;
    }
}

static void put_version(struct json_out *o, const struct version_count *v)
{
    int64_t all = 0;

    json_open_object(o, NULL);
    json_put_str(o, "version", v->version);
    for (unsigned s = MEMBER_PASSING; s <= MEMBER_MAINTENANCE; s++)
        all += (int64_t)v->by_status[s];
    json_put_int(o, "instances", all);
    for (unsigned s = MEMBER_PASSING; s <= MEMBER_MAINTENANCE; s++)
        json_put_int(o, member_status_name((enum member_status)s), (int64_t)v->by_status[s]);
    json_close_object(o);
}

void service_summary_put(struct json_out *o, const char *key, const struct service_summary *s)
{
    json_open_object(o, key);
    json_put_str(o, "name", s->service);
    json_open_array(o, "versions");
    for (size_t i = 0; i < s->count; i++)
        put_version(o, &s->versions[i]);
    json_close_array(o);
    if (s->ambiguous)
        json_put_z(o, "warning", "an instance has tags of two versions: the first one counts");
    json_close_object(o);
}
