/* SPDX-License-Identifier: Apache-2.0 */
/* One observation out of two: all backends as read some time ago, some of them as read now. */
#include "plan/observed.h"

#include "base/sorted.h"

#include <string.h>

bool have_same_worker(const struct have *a, const struct have *b)
{
    return a->pid == b->pid && a->start_time_s == b->start_time_s;
}

void have_drop_maps(struct have *h)
{
    arena_free(&h->map_arena);
    h->maps = NULL;
    h->map_count = 0;
}

static int compare(const void *name, const void *backend)
{
    return str_cmp(*(const struct str *)name, ((const struct have_backend *)backend)->name);
}

static void take_out(struct have *h, size_t at)
{
    h->server_count -= h->backends[at].count;
    h->backend_count--;
    memmove(&h->backends[at], &h->backends[at + 1], (h->backend_count - at) * sizeof *h->backends);
}

/* Room for one, empty. */
static void put_in(struct have *h, size_t at)
{
    size_t behind = h->backend_count - at;

    (void)ARENA_PUSH(&h->arena, h->backends, h->backend_count);
    memmove(&h->backends[at + 1], &h->backends[at], behind * sizeof *h->backends);
    h->backends[at] = (struct have_backend){0};
}

static void replace(struct have *whole, const struct have *part, struct str name)
{
    struct have_backend *now = have_find_backend(part, name);
    size_t at;
    bool known = sorted_find(&name, whole->backends, whole->backend_count, sizeof *whole->backends,
                             compare, &at);

    if (!known && now)
        put_in(whole, at);
    else if (known && !now)
        take_out(whole, at);
    if (!now)
        return;
    have_keep_stat(now, &whole->backends[at]);
    whole->server_count += now->count - whole->backends[at].count;
    whole->merged_servers += now->count;
    whole->backends[at] = *now;
}

struct have *have_merge(struct have *whole, struct have *part)
{
    for (size_t i = 0; i < part->asked_count; i++)
        replace(whole, part, part->asked[i]);
    whole->version = part->version;
    whole->uptime_s = part->uptime_s;
    whole->stopping = part->stopping;
    have_drop_maps(whole);
    arena_adopt(&whole->arena, &part->arena);
    have_free(part);
    return whole;
}
