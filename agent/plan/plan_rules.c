/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a frontend: the set that is not looked at is filled, then one `set map active.map`
 * makes it the active one. */
#include "plan/map_diff.h"

#include <inttypes.h>
#include <stdlib.h>

char plan_active_set(const struct plan_input *in, struct str frontend)
{
    struct arena a = ARENA_INIT;
    struct str path = arena_printf(&a, STR_FMT "/maps/active.map", STR_ARG(in->folder));
    const struct have_map *m = map_cache_find(in->maps, path);
    char set = 'a';
    size_t i = 0;

    while (m && i < m->count && !str_eq(m->entries[i].key, frontend))
        i++; /* of several entries HAProxy takes the first */
    if (m && i < m->count && str_eq(m->entries[i].value, STR("b")))
        set = 'b';
    arena_free(&a);
    return set;
}

static struct str set_path(const struct plan_input *in, struct plan *p, struct str kind, char set)
{
    return arena_printf(&p->arena, STR_FMT "/maps/" STR_FMT ".%c.map", STR_ARG(in->folder),
                        STR_ARG(kind), set);
}

static struct str rank_value(struct plan *p, struct str rank, char set)
{
    uint64_t n = 0;

    if (set == 'a' || str_u64(rank, &n))
        return rank;
    return arena_printf(&p->arena, "%" PRIu64, n + RULES_SET_B);
}

static bool same_kind(struct plan *p, const struct map_file *want, const struct have_map *have,
                      char set)
{
    const struct map_entry *w = want->entries, *h = have->entries;

    if (want->count != have->count)
        return false;
    if (!want->ordered) {
        w = map_sorted(&p->arena, w, want->count);
        h = map_have_sorted(&p->arena, have);
    }
    for (size_t i = 0; i < want->count; i++) {
        if (!str_eq(w[i].key, h[i].key) || !str_eq(rank_value(p, w[i].value, set), h[i].value))
            return false;
    }
    return true;
}

static struct map_file ranks_of(struct plan *p, const struct ruleset *r, char set)
{
    struct map_file ranks = {.name = r->ranks.name, .count = r->ranks.count};

    ranks.entries = ARENA_ARRAY(&p->arena, struct map_entry, r->ranks.count);
    for (size_t i = 0; i < r->ranks.count; i++)
        ranks.entries[i] = (struct map_entry){rank_value(p, r->ranks.entries[i].key, set),
                                              r->ranks.entries[i].value};
    return ranks;
}

/* True if the active set says what is wanted; *ready false when a map is not known or missing. */
static bool is_current(const struct plan_input *in, struct plan *p, const struct ruleset *r,
                       char set, bool *ready)
{
    bool same = true;

    for (size_t i = 0; i < r->kind_count; i++) {
        const struct have_map *have = map_known(in, p, set_path(in, p, r->kinds[i].name, set));
        if (!have) {
            *ready = false;
            return true;
        }
        same = same && same_kind(p, &r->kinds[i], have, set);
    }
    return same;
}

/* Ranks that nobody wants do no harm: they are taken away later. */
static bool ranks_are_current(struct plan *p, const struct ruleset *r, const struct have_map *have,
                              char set)
{
    struct map_file wanted = ranks_of(p, r, set);
    const struct map_entry *want = map_sorted(&p->arena, wanted.entries, wanted.count);
    const struct map_entry *h = map_have_sorted(&p->arena, have);
    size_t found = 0;

    for (size_t j = 0; j < have->count && found < r->ranks.count;
         j = map_next_key(h, have->count, j)) {
        if (!str_eq(h[j].key, want[found].key))
            continue;
        if (!map_all_say(h, j, map_next_key(h, have->count, j), want[found].value))
            return false;
        found++;
    }
    return found == r->ranks.count;
}

static void fill_set(const struct plan_input *in, struct plan *p, const struct ruleset *r, char set)
{
    for (size_t i = 0; i < r->kind_count; i++) {
        const struct map_file *kind = &r->kinds[i];
        struct str path = set_path(in, p, kind->name, set);
        plan_push_map(p, REPLY_CLEAR_MAP, path, "clear map " STR_FMT, STR_ARG(path));
        for (size_t k = 0; k < kind->count; k++)
            (void)map_add_entry(p, path, kind->entries[k].key,
                                rank_value(p, kind->entries[k].value, set));
    }
}

static struct ruleset sendable_rules(struct plan *p, const struct ruleset *r)
{
    struct ruleset copy = *r;

    copy.kinds = ARENA_ARRAY(&p->arena, struct map_file, r->kind_count);
    for (size_t i = 0; i < r->kind_count; i++)
        copy.kinds[i] = map_sendable(p, &r->kinds[i], true);
    copy.ranks = map_sendable(p, &r->ranks, true);
    return copy;
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool has_value(const struct have_map *map, struct str value)
{
    for (size_t i = 0; i < map->count; i++) {
        if (str_eq(map->entries[i].value, value))
            return true;
    }
    return false;
}

/* A rule leads to a backend that none led to before, and that is still coming. */
static bool is_early(const struct plan_input *in, struct plan *p, const struct ruleset *r,
                     const struct have_map *ranks)
{
    struct str *names = ARENA_ARRAY(&p->arena, struct str, r->ranks.count);

    for (size_t i = 0; i < r->ranks.count; i++)
        names[i] = r->ranks.entries[i].value;
    if (r->ranks.count)
        qsort(names, r->ranks.count, sizeof *names, by_text);
    for (size_t i = 0; i < r->ranks.count; i++) {
        if ((i && str_eq(names[i], names[i - 1])) || has_value(ranks, names[i]) ||
            !plan_backend_is_coming(in, names[i]))
            continue;
        map_wait_for(in, p, names[i]);
        return true;
    }
    return false;
}

static void plan_ruleset(const struct plan_input *in, struct plan *p, const struct ruleset *r)
{
    char set = plan_active_set(in, r->frontend), other = set == 'a' ? 'b' : 'a';
    struct str active_path = map_path(in, p, STR("maps/active.map"));
    struct str rank_path = arena_printf(&p->arena, STR_FMT "/maps/" STR_FMT ".map",
                                        STR_ARG(in->folder), STR_ARG(r->ranks.name));
    const struct have_map *active = map_known(in, p, active_path);
    const struct have_map *ranks = map_known(in, p, rank_path);
    bool ready = active && ranks, listed = false, current;
    struct map_file wanted;

    if (!ready)
        return;
    current = is_current(in, p, r, set, &ready) && ranks_are_current(p, r, ranks, set);
    wanted = ranks_of(p, r, ready && current ? set : other);
    if (ready && current) /* ranks that no set needs any more */
        map_diff(p, rank_path, &wanted, ranks, MAP_DELETE);
    if (!ready || current || is_early(in, p, r, ranks))
        return;
    for (size_t i = 0; i < active->count; i++)
        listed = listed || str_eq(active->entries[i].key, r->frontend);
    map_diff(p, rank_path, &wanted, ranks, MAP_PUT);
    fill_set(in, p, r, other);
    if (listed)
        (void)map_set_entry(p, active_path, r->frontend, other == 'a' ? STR("a") : STR("b"));
    else
        (void)map_add_entry(p, active_path, r->frontend, other == 'a' ? STR("a") : STR("b"));
}

void plan_rules(const struct plan_input *in, struct plan *p)
{
    for (size_t i = 0; i < in->want->ruleset_count; i++) {
        struct ruleset r = sendable_rules(p, &in->want->rulesets[i]);
        plan_ruleset(in, p, &r);
    }
}
