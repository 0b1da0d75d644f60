/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy_maps.h"

#include "policy/line.h"

static void add(struct arena *a, struct map_file *map, struct str key, struct str value)
{
    *ARENA_PUSH(a, map->entries, map->count) =
        (struct map_entry){arena_str(a, key), arena_str(a, value)};
}

static void note(struct desired *d, struct str_list *problems, const struct err *e)
{
    *ARENA_PUSH(&d->arena, problems->items, problems->count) =
        arena_printf(&d->arena, "%s", e->text);
}

static void add_names(struct desired *d, const struct objects *o, struct str frontend,
                      struct str_list *problems)
{
    struct buf text;
    struct err e;

    buf_init(&text, POLICY_LINE_BYTES);
    if (policy_names((const struct policy *const *)o->policies, o->policy_count, frontend, &text,
                     &e))
        note(d, problems, &e);
    else if (text.n)
        add(&d->arena, &d->policy_names, frontend, buf_str(&text));
    buf_free(&text);
}

static void add_line(struct desired *d, const struct policy *p, struct str_list *problems)
{
    struct buf text;
    struct err e;

    buf_init(&text, POLICY_LINE_BYTES);
    if (policy_line(p, &text, &e))
        note(d, problems, &e);
    else
        add(&d->arena, &d->policy_lines, p->name, buf_str(&text));
    buf_free(&text);
}

void policy_maps_build(struct desired *d, const struct objects *o, struct str_list *problems)
{
    for (size_t i = 0; o->policy_count && i < o->frontend_count; i++)
        add_names(d, o, o->frontends[i]->name, problems);
    for (size_t i = 0; i < o->policy_count; i++) {
        if (o->policies[i]->enabled)
            add_line(d, o->policies[i], problems);
    }
}
