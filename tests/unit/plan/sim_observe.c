/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulated HAProxy shows of itself. */
#include "sim.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct have_server *)a)->name, ((const struct have_server *)b)->name);
}

static int by_backend(const void *a, const void *b)
{
    return str_cmp(((const struct have_backend *)a)->name, ((const struct have_backend *)b)->name);
}

static int by_path(const void *a, const void *b)
{
    return str_cmp(((const struct have_map *)a)->path, ((const struct have_map *)b)->path);
}

static void observe_backend(struct have *h, struct have_backend *to, const struct sim_backend *b)
{
    to->name = arena_str(&h->arena, str_z(b->name));
    to->unpublished = b->unpublished;
    to->servers = ARENA_ARRAY(&h->arena, struct have_server, b->count);
    to->count = b->count;
    for (size_t i = 0; i < b->count; i++) {
        const struct sim_server *v = &b->servers[i];
        to->servers[i] = (struct have_server){
            .name = arena_str(&h->arena, str_z(v->name)),
            .address = arena_str(&h->arena, str_z(v->address)),
            .port = (uint16_t)v->port,
            .op = v->maint || v->check == HAVE_CHECK_FAILED ? HAVE_STOPPED : HAVE_RUNNING,
            .admin = (v->maint ? HAVE_MAINT : 0u) | (v->drain ? HAVE_DRAIN : 0u),
            .uweight = v->weight,
            .check_result = v->check,
            .check_state = HAVE_CHECK_CONFIGURED | (v->health ? HAVE_CHECK_ENABLED : 0u),
            .used_conn = v->sessions,
            .idle_conn = v->idle,
        };
    }
    qsort(to->servers, to->count, sizeof *to->servers, by_name);
}

struct have *sim_observe(const struct sim *s, bool with_map_entries)
{
    struct have *h = have_new();

    h->backends = ARENA_ARRAY(&h->arena, struct have_backend, s->backend_count);
    h->backend_count = s->backend_count;
    for (size_t i = 0; i < s->backend_count; i++)
        observe_backend(h, &h->backends[i], &s->backends[i]);
    qsort(h->backends, h->backend_count, sizeof *h->backends, by_backend);
    h->maps = ARENA_ARRAY(&h->arena, struct have_map, s->map_count);
    h->map_count = s->map_count;
    for (size_t i = 0; i < s->map_count; i++) {
        const struct sim_map *m = &s->maps[i];
        h->maps[i] = (struct have_map){.path = arena_str(&h->arena, str_z(m->path)),
                                       .entry_count = m->count,
                                       .read = with_map_entries,
                                       .count = m->count};
        h->maps[i].entries = ARENA_ARRAY(&h->arena, struct map_entry, m->count);
        for (size_t k = 0; k < m->count; k++)
            h->maps[i].entries[k] =
                (struct map_entry){arena_str(&h->arena, str_z(m->entries[k].key)),
                                   arena_str(&h->arena, str_z(m->entries[k].value))};
    }
    qsort(h->maps, h->map_count, sizeof *h->maps, by_path);
    return h;
}
