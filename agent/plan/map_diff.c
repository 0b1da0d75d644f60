/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/map_diff.h"

#include "model/command_word.h"

#include <stdlib.h>

struct str map_path(const struct plan_input *in, struct plan *p, struct str name)
{
    return arena_printf(&p->arena, STR_FMT "/" STR_FMT, STR_ARG(in->folder), STR_ARG(name));
}

const struct have_map *map_known(const struct plan_input *in, struct plan *p, struct str path)
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

const struct map_entry *map_sorted(struct arena *a, const struct map_entry *entries, size_t count)
{
    struct map_entry *copy;
    size_t ordered = 1;

    while (ordered < count && entry_cmp(&entries[ordered - 1], &entries[ordered]) <= 0)
        ordered++;
    if (ordered >= count)
        return entries;
    copy = ARENA_ARRAY(a, struct map_entry, count);
    for (size_t i = 0; i < count; i++)
        copy[i] = entries[i];
    qsort(copy, count, sizeof *copy, entry_cmp);
    return copy;
}

const struct map_entry *map_have_sorted(struct arena *a, const struct have_map *have)
{
    return have->by_key ? have->by_key : map_sorted(a, have->entries, have->count);
}

bool map_says(struct arena *a, const struct map_file *want, const struct have_map *have)
{
    const struct map_entry *w, *h;

    if (want->count != have->count || want->ordered)
        return false;
    w = map_sorted(a, want->entries, want->count);
    h = map_have_sorted(a, have);
    for (size_t i = 0; i < want->count; i++) {
        if (!str_eq(w[i].key, h[i].key) || !str_eq(w[i].value, h[i].value))
            return false;
    }
    return true;
}

void map_wait_for(const struct plan_input *in, struct plan *p, struct str backend)
{
    const struct desired_backend *b = plan_find_backend(in->want, backend);

    p->waits = p->keeps_routes = true;
    plan_wake(p, in->now_ms + in->poll_ms);
    if (b)
        scope_add(&p->restless, b->proxy);
}

void map_add_entry(struct plan *p, struct str path, struct str key, struct str value)
{
    plan_push_map(p, REPLY_ADD_MAP, path, "add map " STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(path),
                  STR_ARG(command_word(&p->arena, key)), STR_ARG(command_word(&p->arena, value)));
}

void map_set_entry(struct plan *p, struct str path, struct str key, struct str value)
{
    plan_push_map(p, REPLY_SET_MAP, path, "set map " STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(path),
                  STR_ARG(command_word(&p->arena, key)), STR_ARG(command_word(&p->arena, value)));
}

static void del_entry(struct plan *p, struct str path, struct str key)
{
    plan_push_map(p, REPLY_DEL_MAP, path, "del map " STR_FMT " " STR_FMT, STR_ARG(path),
                  STR_ARG(command_word(&p->arena, key)));
}

const struct map_entry *map_entry_of(const struct map_entry *entries, size_t count, struct str key)
{
    struct map_entry wanted = {.key = key};

    return count ? bsearch(&wanted, entries, count, sizeof wanted, entry_cmp) : NULL;
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

struct map_file map_sendable(struct plan *p, const struct map_file *m, bool tell)
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

size_t map_next_key(const struct map_entry *h, size_t count, size_t at)
{
    size_t next = at + 1;

    while (next < count && str_eq(h[next].key, h[at].key))
        next++;
    return next;
}

bool map_all_say(const struct map_entry *h, size_t from, size_t to, struct str value)
{
    while (from < to && str_eq(h[from].value, value))
        from++;
    return from == to;
}

void map_diff(struct plan *p, struct str path, const struct map_entry *want, size_t want_count,
              const struct have_map *have, enum map_side side)
{
    const struct map_entry *w = map_sorted(&p->arena, want, want_count);
    const struct map_entry *h = map_have_sorted(&p->arena, have);
    size_t i = 0, j = 0;

    while (i < want_count || j < have->count) {
        int c = i == want_count ? 1 : j == have->count ? -1 : str_cmp(w[i].key, h[j].key);
        size_t next = c < 0 ? j : map_next_key(h, have->count, j);
        if (c < 0 && side == MAP_PUT)
            map_add_entry(p, path, w[i].key, w[i].value);
        if (c == 0 && side == MAP_PUT && !map_all_say(h, j, next, w[i].value))
            map_set_entry(p, path, w[i].key, w[i].value);
        if (c > 0 && side == MAP_DELETE)
            del_entry(p, path, h[j].key);
        i += c <= 0;
        j = next;
    }
}
