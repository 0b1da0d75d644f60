/* SPDX-License-Identifier: Apache-2.0 */
/* Maps: keyed ones are changed entry by entry; the rules of a frontend change as one: the set that
 * is not looked at is filled, then one `set map active.map` makes it the active one. */
#include "plan/plan.h"

#include "model/command_word.h"

#include <inttypes.h>
#include <stdlib.h>

static struct str path_of(const struct plan_input *in, struct plan *p, struct str name)
{
    return arena_printf(&p->arena, STR_FMT "/" STR_FMT, STR_ARG(in->folder), STR_ARG(name));
}

/* The known content; NULL when HAProxy has no such map or it has to be read first. */
static const struct have_map *known(const struct plan_input *in, struct plan *p, struct str path)
{
    const struct have_map *m = map_cache_find(in->maps, path);

    if (!m && map_cache_exists(in->maps, path)) {
        p->waits = true;
        plan_wake(p, in->now_ms);
    }
    return m;
}

static int entry_cmp(const void *pa, const void *pb)
{
    const struct map_entry *a = pa, *b = pb;

    return str_cmp(a->key, b->key);
}

static const struct map_entry *sorted(struct arena *a, const struct map_entry *entries,
                                      size_t count)
{
    struct map_entry *copy = ARENA_ARRAY(a, struct map_entry, count);

    for (size_t i = 0; i < count; i++)
        copy[i] = entries[i];
    if (count)
        qsort(copy, count, sizeof *copy, entry_cmp);
    return copy;
}

static void add_entry(struct plan *p, struct str path, struct str key, struct str value)
{
    plan_push_map(p, REPLY_ADD_MAP, path, "add map " STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(path),
                  STR_ARG(command_word(&p->arena, key)), STR_ARG(command_word(&p->arena, value)));
}

static void set_entry(struct plan *p, struct str path, struct str key, struct str value)
{
    plan_push_map(p, REPLY_SET_MAP, path, "set map " STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(path),
                  STR_ARG(command_word(&p->arena, key)), STR_ARG(command_word(&p->arena, value)));
}

static void del_entry(struct plan *p, struct str path, struct str key)
{
    plan_push_map(p, REPLY_DEL_MAP, path, "del map " STR_FMT " " STR_FMT, STR_ARG(path),
                  STR_ARG(command_word(&p->arena, key)));
}

static bool can_be_sent(struct plan *p, const struct map_file *m, const struct map_entry *entry,
                        bool tell)
{
    struct err e;

    if (command_word_check(entry->key, &e) == 0 && command_word_check(entry->value, &e) == 0)
        return true;
    if (tell)
        *ARENA_PUSH(&p->arena, p->problems.items, p->problems.count) =
            arena_printf(&p->arena, STR_FMT ": %s", STR_ARG(m->name), e.text);
    return false;
}

/* What is wanted, without entries that no command could carry (only bad data has such): to want
 * them would mean to change the map for ever. */
static struct map_file sendable(struct plan *p, const struct map_file *m, bool tell)
{
    struct map_file copy = *m;
    size_t good = 0;

    while (good < m->count && can_be_sent(p, m, &m->entries[good], false))
        good++;
    if (good == m->count)
        return copy;
    copy.entries = ARENA_ARRAY(&p->arena, struct map_entry, m->count);
    copy.count = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (can_be_sent(p, m, &m->entries[i], tell))
            copy.entries[copy.count++] = m->entries[i];
    }
    return copy;
}

/* Which side of the difference of a keyed map: deletions come after everything that they might
 * serve, so that no name is without its value in between. */
enum side { SIDE_PUT, SIDE_DELETE };

/* A key may be in HAProxy's map more than once, by `add map` of somebody: `set` and `del` change
 * all of its entries. */
static size_t next_key(const struct map_entry *h, size_t count, size_t at)
{
    size_t next = at + 1;

    while (next < count && str_eq(h[next].key, h[at].key))
        next++;
    return next;
}

static bool all_say(const struct map_entry *h, size_t from, size_t to, struct str value)
{
    while (from < to && str_eq(h[from].value, value))
        from++;
    return from == to;
}

static void diff_keyed(struct plan *p, struct str path, const struct map_entry *want,
                       size_t want_count, const struct have_map *have, enum side side)
{
    const struct map_entry *w = sorted(&p->arena, want, want_count);
    const struct map_entry *h = sorted(&p->arena, have->entries, have->count);
    size_t i = 0, j = 0;

    while (i < want_count || j < have->count) {
        int c = i == want_count ? 1 : j == have->count ? -1 : str_cmp(w[i].key, h[j].key);
        size_t next = c < 0 ? j : next_key(h, have->count, j);
        if (c < 0 && side == SIDE_PUT)
            add_entry(p, path, w[i].key, w[i].value);
        if (c == 0 && side == SIDE_PUT && !all_say(h, j, next, w[i].value))
            set_entry(p, path, w[i].key, w[i].value);
        if (c > 0 && side == SIDE_DELETE)
            del_entry(p, path, h[j].key);
        i += c <= 0;
        j = next;
    }
}

static void plan_keyed_maps(const struct plan_input *in, struct plan *p, enum side side)
{
    for (size_t i = 0; i < in->want->map_count; i++) {
        struct map_file m = sendable(p, &in->want->maps[i], side == SIDE_PUT);
        struct str path = path_of(in, p, m.name);
        const struct have_map *have = known(in, p, path);
        if (have)
            diff_keyed(p, path, m.entries, m.count, have, side);
    }
}

/* --- rules --- */

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
        w = sorted(&p->arena, w, want->count);
        h = sorted(&p->arena, h, have->count);
    }
    for (size_t i = 0; i < want->count; i++) {
        if (!str_eq(w[i].key, h[i].key) || !str_eq(rank_value(p, w[i].value, set), h[i].value))
            return false;
    }
    return true;
}

static const struct map_entry *ranks_of(struct plan *p, const struct ruleset *r, char set)
{
    struct map_entry *ranks = ARENA_ARRAY(&p->arena, struct map_entry, r->ranks.count);

    for (size_t i = 0; i < r->ranks.count; i++)
        ranks[i] = (struct map_entry){rank_value(p, r->ranks.entries[i].key, set),
                                      r->ranks.entries[i].value};
    return ranks;
}

/* True if the active set says what is wanted; *ready false when a map is not known or missing. */
static bool is_current(const struct plan_input *in, struct plan *p, const struct ruleset *r,
                       char set, bool *ready)
{
    bool same = true;

    for (size_t i = 0; i < r->kind_count; i++) {
        const struct have_map *have = known(in, p, set_path(in, p, r->kinds[i].name, set));
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
    const struct map_entry *want = sorted(&p->arena, ranks_of(p, r, set), r->ranks.count);
    const struct map_entry *h = sorted(&p->arena, have->entries, have->count);
    size_t found = 0;

    for (size_t j = 0; j < have->count && found < r->ranks.count; j = next_key(h, have->count, j)) {
        if (!str_eq(h[j].key, want[found].key))
            continue;
        if (!all_say(h, j, next_key(h, have->count, j), want[found].value))
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
            add_entry(p, path, kind->entries[k].key, rank_value(p, kind->entries[k].value, set));
    }
}

static struct ruleset sendable_rules(struct plan *p, const struct ruleset *r)
{
    struct ruleset copy = *r;

    copy.kinds = ARENA_ARRAY(&p->arena, struct map_file, r->kind_count);
    for (size_t i = 0; i < r->kind_count; i++)
        copy.kinds[i] = sendable(p, &r->kinds[i], true);
    copy.ranks = sendable(p, &r->ranks, true);
    return copy;
}

static void plan_rules(const struct plan_input *in, struct plan *p, const struct ruleset *r)
{
    char set = plan_active_set(in, r->frontend), other = set == 'a' ? 'b' : 'a';
    struct str active_path = path_of(in, p, STR("maps/active.map"));
    struct str rank_path = arena_printf(&p->arena, STR_FMT "/maps/" STR_FMT ".map",
                                        STR_ARG(in->folder), STR_ARG(r->ranks.name));
    const struct have_map *active = known(in, p, active_path);
    const struct have_map *ranks = known(in, p, rank_path);
    bool ready = active && ranks, listed = false, current;

    if (!ready)
        return;
    current = is_current(in, p, r, set, &ready) && ranks_are_current(p, r, ranks, set);
    if (ready && current) /* ranks that no set needs any more */
        diff_keyed(p, rank_path, ranks_of(p, r, set), r->ranks.count, ranks, SIDE_DELETE);
    if (!ready || current)
        return;
    for (size_t i = 0; i < active->count; i++)
        listed = listed || str_eq(active->entries[i].key, r->frontend);
    diff_keyed(p, rank_path, ranks_of(p, r, other), r->ranks.count, ranks, SIDE_PUT);
    fill_set(in, p, r, other);
    if (listed)
        set_entry(p, active_path, r->frontend, other == 'a' ? STR("a") : STR("b"));
    else
        add_entry(p, active_path, r->frontend, other == 'a' ? STR("a") : STR("b"));
}

void plan_maps(const struct plan_input *in, struct plan *p)
{
    plan_keyed_maps(in, p, SIDE_PUT);
    for (size_t i = 0; i < in->want->ruleset_count; i++) {
        struct ruleset r = sendable_rules(p, &in->want->rulesets[i]);
        plan_rules(in, p, &r);
    }
    plan_keyed_maps(in, p, SIDE_DELETE);
}
