/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/scope.h"

#include "base/sorted.h"

#include <string.h>

enum { FEW_NAMES = 16, FEW_SERVERS = 500 };

void scope_fini(struct scope *s)
{
    arena_free(&s->arena);
    *s = SCOPE_NONE;
}

static int compare(const void *name, const void *item)
{
    return str_cmp(*(const struct str *)name, *(const struct str *)item);
}

static bool find(const struct scope *s, struct str name, size_t *at)
{
    return sorted_find(&name, s->names, s->count, sizeof *s->names, compare, at);
}

static void become_all(struct scope *s)
{
    scope_fini(s);
    s->all = true;
}

static void make_room(struct scope *s)
{
    struct str *more;

    if (s->count < s->room)
        return;
    s->room = s->room ? s->room * 2 : 8;
    more = ARENA_ARRAY(&s->arena, struct str, s->room);
    if (s->count)
        memcpy(more, s->names, s->count * sizeof *more);
    s->names = more;
}

void scope_add(struct scope *s, struct str name)
{
    size_t at;

    if (s->all || find(s, name, &at))
        return;
    if (s->count == SCOPE_NAMES) {
        become_all(s);
        return;
    }
    make_room(s);
    memmove(&s->names[at + 1], &s->names[at], (s->count - at) * sizeof *s->names);
    s->names[at] = arena_str(&s->arena, name);
    s->count++;
}

void scope_add_all(struct scope *s, const struct scope *other)
{
    if (other->all)
        become_all(s);
    for (size_t i = 0; i < other->count; i++)
        scope_add(s, other->names[i]);
}

bool scope_has(const struct scope *s, struct str name)
{
    size_t at;

    return !s || s->all || find(s, name, &at);
}

bool scope_is_small(const struct scope *s, const struct have *have)
{
    size_t servers = have->merged_servers;

    if (s->all || (s->count > FEW_NAMES && s->count * 4 > have->backend_count))
        return false;
    for (size_t i = 0; i < s->count; i++) {
        const struct have_backend *b = have_find_backend(have, s->names[i]);
        servers += b ? b->count : 0;
    }
    return servers <= have->server_count + FEW_SERVERS;
}
