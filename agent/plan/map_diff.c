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

struct lists {
    const struct map_entry *w, *h; /* sorted */
    size_t w_count, h_count;
    struct map_ends ends;
};

static bool same_entry(const struct map_entry *a, const struct map_entry *b)
{
    return str_eq(a->key, b->key) && str_eq(a->value, b->value);
}

static bool shares_key(const struct map_entry *list, size_t count, size_t at)
{
    return at > 0 && at < count && str_eq(list[at - 1].key, list[at].key);
}

static size_t least_count(const struct lists *l)
{
    return l->w_count < l->h_count ? l->w_count : l->h_count;
}

static void find_head(struct lists *l)
{
    size_t most = least_count(l), n = 0;

    while (n < most && same_entry(&l->w[n], &l->h[n]))
        n++;
    while (shares_key(l->w, l->w_count, n) || shares_key(l->h, l->h_count, n))
        n--;
    l->ends.head = n;
}

static void find_tail(struct lists *l)
{
    size_t most = least_count(l) - l->ends.head, n = 0;

    while (n < most && same_entry(&l->w[l->w_count - n - 1], &l->h[l->h_count - n - 1]))
        n++;
    while (shares_key(l->w, l->w_count, l->w_count - n) ||
           shares_key(l->h, l->h_count, l->h_count - n))
        n--;
    l->ends.tail = n;
}

struct map_ends map_common(struct arena *a, const struct map_file *want,
                           const struct have_map *have)
{
    struct lists l = {want->entries, map_have_sorted(a, have), want->count, have->count, {0, 0}};

    find_head(&l);
    find_tail(&l);
    return l.ends;
}

void map_narrow(struct arena *a, struct map_file *want, struct have_map *have, struct map_ends ends)
{
    have->by_key = map_have_sorted(a, have);
    have->entries = NULL;
    have->count -= ends.head + ends.tail;
    want->count -= ends.head + ends.tail;
    if (ends.head == 0)
        return; /* there may be no entries at all */
    want->entries += ends.head;
    have->by_key += ends.head;
}

void map_wait_for(const struct plan_input *in, struct plan *p, struct str backend)
{
    const struct desired_backend *b = plan_find_backend(in->want, backend);

    p->waits = p->keeps_routes = true;
    plan_wake(p, in->now_ms + in->poll_ms);
    if (b)
        scope_add(&p->restless, b->proxy);
}

struct plan_op *map_add_entry(struct plan *p, struct str path, struct str key, struct str value)
{
    return plan_push_map(p, REPLY_ADD_MAP, path, "add map " STR_FMT " " STR_FMT " " STR_FMT,
                         STR_ARG(path), STR_ARG(command_word(&p->arena, key)),
                         STR_ARG(command_word(&p->arena, value)));
}

struct plan_op *map_set_entry(struct plan *p, struct str path, struct str key, struct str value)
{
    return plan_push_map(p, REPLY_SET_MAP, path, "set map " STR_FMT " " STR_FMT " " STR_FMT,
                         STR_ARG(path), STR_ARG(command_word(&p->arena, key)),
                         STR_ARG(command_word(&p->arena, value)));
}

static struct plan_op *del_entry(struct plan *p, struct str path, struct str key)
{
    return plan_push_map(p, REPLY_DEL_MAP, path, "del map " STR_FMT " " STR_FMT, STR_ARG(path),
                         STR_ARG(command_word(&p->arena, key)));
}

/* The map will be known without being read again (map_cache_note). */
static void note_entry(struct plan *p, struct plan_op *op, struct str key, struct str value)
{
    if (op)
        op->entry = (struct map_entry){arena_str(&p->arena, key), arena_str(&p->arena, value)};
}

const struct map_entry *map_entry_of(const struct map_entry *entries, size_t count, struct str key)
{
    struct map_entry wanted = {.key = key};

    return count ? bsearch(&wanted, entries, count, sizeof wanted, entry_cmp) : NULL;
}

static bool can_be_sent(struct plan *p, struct str map, const struct map_entry *entry, bool tell)
{
    struct err e;

    if (command_word_check(entry->key, &e) == 0 && command_word_check(entry->value, &e) == 0)
        return true;
    if (tell)
        *ARENA_PUSH(&p->arena, p->problems.items, p->problems.count) =
            arena_printf(&p->arena, STR_FMT ": %s", STR_ARG(map), e.text);
    return false;
}

struct map_file map_sendable(struct plan *p, const struct map_file *m, bool tell)
{
    struct map_file copy = *m;
    size_t good = 0;

    while (good < m->count && can_be_sent(p, m->name, &m->entries[good], false))
        good++;
    if (good == m->count)
        return copy;
    copy.entries = ARENA_ARRAY(&p->arena, struct map_entry, m->count);
    copy.count = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (can_be_sent(p, m->name, &m->entries[i], tell))
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

static void put_entry(struct plan *p, struct str path, const struct map_file *want,
                      const struct map_entry *w, bool is_there)
{
    struct plan_op *op;

    if (!can_be_sent(p, want->name, w, true))
        return;
    op = is_there ? map_set_entry(p, path, w->key, w->value)
                  : map_add_entry(p, path, w->key, w->value);
    note_entry(p, op, w->key, w->value);
}

static void put_entries(struct plan *p, struct str path, const struct map_file *want,
                        const struct have_map *have)
{
    const struct map_entry *w = map_sorted(&p->arena, want->entries, want->count);
    const struct map_entry *h = map_have_sorted(&p->arena, have);
    size_t j = 0;

    for (size_t i = 0; i < want->count; i++) {
        size_t next;
        while (j < have->count && str_cmp(h[j].key, w[i].key) < 0)
            j++;
        next = j;
        while (next < have->count && str_eq(h[next].key, w[i].key))
            next++;
        if (next == j || !map_all_say(h, j, next, w[i].value))
            put_entry(p, path, want, &w[i], next > j);
        j = next;
    }
}

void map_delete(const struct plan_input *in, struct plan *p, struct str path,
                const struct map_file *want, const struct have_map *have, map_key_stays *stays)
{
    const struct map_entry *w = map_sorted(&p->arena, want->entries, want->count);
    const struct map_entry *h = map_have_sorted(&p->arena, have);
    size_t i = 0;

    for (size_t j = 0; j < have->count; j = map_next_key(h, have->count, j)) {
        while (i < want->count && str_cmp(w[i].key, h[j].key) < 0)
            i++;
        if ((i < want->count && str_eq(w[i].key, h[j].key)) || (stays && stays(in, p, h[j].key)))
            continue;
        note_entry(p, del_entry(p, path, h[j].key), h[j].key, STR(""));
    }
}

void map_diff(struct plan *p, struct str path, const struct map_file *want,
              const struct have_map *have, enum map_side side)
{
    if (side == MAP_PUT)
        put_entries(p, path, want, have);
    else
        map_delete(NULL, p, path, want, have, NULL);
}
